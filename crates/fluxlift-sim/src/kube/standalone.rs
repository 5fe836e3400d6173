//! A cluster without machines: for tests of what talks to the API alone.

use std::net::SocketAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use rand::RngCore;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SerialNumber,
};
use thiserror::Error;

use super::ClusterPki;
use crate::World;

/// A certificate that could not be made.
#[derive(Debug, Error)]
#[error("the {what} of a standalone cluster could not be made")]
pub struct StandaloneError {
    what: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

fn failed<E: std::error::Error + Send + Sync + 'static>(what: &'static str) -> impl Fn(E) -> StandaloneError {
    move |source| StandaloneError { what, source: Box::new(source) }
}

/// A certificate authority of a cluster, with its key.
pub struct Authority {
    params: CertificateParams,
    key: KeyPair,
    /// The certificate, as PEM.
    pub pem: String,
}

/// A certificate with its key, as PEM.
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

impl Authority {
    /// A new authority.
    ///
    /// # Errors
    /// When its certificate can't be made.
    pub fn new(random: &mut impl RngCore, now: Timestamp) -> Result<Self, StandaloneError> {
        let key = key(random)?;
        let mut params = params(random, "kubernetes", now, SignedDuration::from_hours(24 * 3650));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let pem = params.self_signed(&key).map_err(failed("authority"))?.pem();
        Ok(Self { params, key, pem })
    }

    /// A certificate for a server that answers at these names and addresses.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn server(&self, random: &mut impl RngCore, names: &[String], now: Timestamp) -> Result<Pair, StandaloneError> {
        let mut params = CertificateParams::new(names).map_err(failed("server certificate"))?;
        let base = self::params(random, "kube-apiserver", now, SignedDuration::from_hours(24 * 365));
        params.distinguished_name = base.distinguished_name;
        (params.not_before, params.not_after) = (base.not_before, base.not_after);
        params.serial_number = base.serial_number;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(random, params, "server certificate")
    }

    /// A certificate for a client that lasts so long.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn client(
        &self,
        random: &mut impl RngCore,
        user: &str,
        group: &str,
        now: Timestamp,
        lasts: SignedDuration,
    ) -> Result<Pair, StandaloneError> {
        let mut params = params(random, user, now, lasts);
        params.distinguished_name.push(DnType::OrganizationName, group);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(random, params, "client certificate")
    }

    fn sign(
        &self,
        random: &mut impl RngCore,
        params: CertificateParams,
        what: &'static str,
    ) -> Result<Pair, StandaloneError> {
        let key = key(random)?;
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(&key, &issuer).map_err(failed(what))?;
        Ok(Pair { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

fn params(random: &mut impl RngCore, name: &str, now: Timestamp, lasts: SignedDuration) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let mut serial = [0_u8; 8];
    random.fill_bytes(&mut serial);
    serial[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    let moment = |at: Timestamp| {
        let seconds = u64::try_from(at.as_second()).unwrap_or_default();
        rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(seconds)
    };
    let hour = SignedDuration::from_hours(1);
    params.not_before = moment(now.saturating_sub(hour).unwrap_or(now));
    params.not_after = moment(now.saturating_add(lasts).unwrap_or(now));
    params
}

fn key(random: &mut impl RngCore) -> Result<KeyPair, StandaloneError> {
    let mut adapter = Adapter(random);
    let secret = p256::SecretKey::random(&mut adapter);
    let pem = secret.to_pkcs8_pem(LineEnding::LF).map_err(failed("key"))?;
    KeyPair::from_pem(&pem).map_err(failed("key"))
}

/// The world's randomness is as good as any key of a simulated cluster needs.
struct Adapter<'a, R>(&'a mut R);

impl<R: RngCore> RngCore for Adapter<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill_bytes(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand::Error> {
        self.0.try_fill_bytes(dest)
    }
}

impl<R: RngCore> rand::CryptoRng for Adapter<'_, R> {}

/// Starts a cluster whose API answers at `address`, and gives an administrator's kubeconfig.
///
/// # Errors
/// When its certificates can't be made.
pub fn standalone(world: &mut World, address: SocketAddr) -> Result<String, StandaloneError> {
    let now = world.now;
    let random = &mut world.random;
    let authority = Authority::new(random, now)?;
    let names = [address.ip().to_string(), "kubernetes".into(), "localhost".into()];
    let server = authority.server(random, &names, now)?;
    let admin = authority.client(random, "admin", "system:masters", now, SignedDuration::from_hours(24 * 365))?;
    let pki =
        ClusterPki { ca_pem: authority.pem.clone(), server_cert_pem: server.certificate, server_key_pem: server.key };
    world.kube.start(pki, [address], now);
    world.settle();
    Ok(kubeconfig(address, &authority.pem, &admin))
}

/// A kubeconfig for the owner of `client`.
pub fn kubeconfig(address: SocketAddr, authority: &str, client: &Pair) -> String {
    let data = |pem: &str| BASE64_STANDARD.encode(pem);
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: sim
  cluster:
    server: https://{address}
    certificate-authority-data: {}
users:
- name: admin
  user:
    client-certificate-data: {}
    client-key-data: {}
contexts:
- name: sim
  context:
    cluster: sim
    user: admin
current-context: sim
",
        data(authority),
        data(&client.certificate),
        data(&client.key)
    )
}
