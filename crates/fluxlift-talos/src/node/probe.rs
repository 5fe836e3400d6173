//! Looking at a machine without knowing what it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fluxlift_core::{Timestamp, chain};
use fluxlift_net::{Authority, TlsClient, TlsTrust, tls};
use rustls::client::danger::ServerCertVerifier as _;
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::client::{Access, Class, Fingerprint, Identity, MachineStatus, TalosClient, TalosError};
use crate::pki;
use crate::secrets::ClientIdentity;

/// What a machine is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeState {
    /// Nothing answers, or not yet.
    Unreachable {
        /// Why.
        why: String,
    },
    /// It waits for a configuration.
    Maintenance {
        /// Its public key, for the pin.
        fingerprint: Fingerprint,
    },
    /// It is a machine of our cluster.
    Ours(MachineStatus),
    /// It is a machine of our cluster, and does not let us in or cannot be believed at this moment.
    Refused {
        /// Why.
        why: String,
    },
    /// It is a machine of another cluster, or something else altogether.
    Foreign {
        /// Its public key.
        fingerprint: Fingerprint,
    },
}

impl std::fmt::Display for NodeState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable { why } => f.write_str(why),
            Self::Maintenance { fingerprint } => write!(f, "in maintenance, fingerprint {fingerprint}"),
            Self::Ours(status) => write!(f, "{status}"),
            Self::Refused { why } => f.write_str(why),
            Self::Foreign { fingerprint } => {
                write!(f, "configured by somebody else (fingerprint {fingerprint})")
            }
        }
    }
}

/// Looks at the machine at `to`: a certificate of our own authority makes it ours, one that asks for no certificate in
/// return waits for a configuration, and everything else is foreign.
pub async fn probe(access: &Access, to: &Authority, ours: Option<&ClientIdentity>) -> NodeState {
    probe_and_keep(access, to, ours).await.0
}

/// The same. Where the machine is ours, the connection to it comes along for further questions.
pub(super) async fn probe_and_keep(
    access: &Access,
    to: &Authority,
    ours: Option<&ClientIdentity>,
) -> (NodeState, Option<TalosClient>) {
    let server = match meet(access, to).await {
        Ok(server) => server,
        Err(error) => return (NodeState::Unreachable { why: chain(&error) }, None),
    };
    let fingerprint = server.fingerprint;
    let state = match ours {
        _ if !server.asks_for_certificate => NodeState::Maintenance { fingerprint },
        None => NodeState::Foreign { fingerprint },
        Some(ours) => match server.chains_to(ours, to, access.clock.now()) {
            Err(Doubt::Stranger) => NodeState::Foreign { fingerprint },
            Err(Doubt::Unfit(why)) => NodeState::Refused { why },
            Ok(()) => match expired(ours, access.clock.now()) {
                Some(why) => NodeState::Refused { why },
                None => return ask(access, to, ours).await,
            },
        },
    };
    (state, None)
}

async fn ask(access: &Access, to: &Authority, ours: &ClientIdentity) -> (NodeState, Option<TalosClient>) {
    let asked = async {
        let client = TalosClient::connect(access, to, Identity::Configured(ours)).await?;
        let status = client.status().await?;
        Ok::<_, TalosError>((status, client))
    };
    match asked.await {
        Ok((status, client)) => (NodeState::Ours(status), Some(client)),
        Err(error) if error.class() == Class::Final => (NodeState::Refused { why: chain(&error) }, None),
        Err(error) => (NodeState::Unreachable { why: chain(&error) }, None),
    }
}

/// Our own certificate, judged before the machine has to: its alert would not say which side is wrong.
fn expired(ours: &ClientIdentity, now: Timestamp) -> Option<String> {
    match pki::lifetime(&ours.pair.crt, "client certificate") {
        Ok((_, until)) if until < now => Some(format!("our client certificate expired at {until}")),
        Ok((from, _)) if from > now => Some(format!("our client certificate is valid from {from} only")),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    }
}

/// A server as its handshake shows it.
struct Server {
    chain: Vec<CertificateDer<'static>>,
    fingerprint: Fingerprint,
    asks_for_certificate: bool,
}

/// Why a server's certificate is not good enough.
enum Doubt {
    /// Another authority issued it.
    Stranger,
    /// Ours did, but it does not hold now or here.
    Unfit(String),
}

/// Shakes hands as nobody, believing anyone: only to look.
async fn meet(access: &Access, to: &Authority) -> Result<Server, TalosError> {
    let material = |source| TalosError::Material { to: to.clone(), source };
    let asked = Arc::new(Nobody::default());
    let trust = TlsTrust::AnyoneUnsafe;
    let client = TlsClient::new(&trust, Arc::clone(&access.clock)).map_err(material)?.with_alpn(&["h2"]);
    let mut config = (*client.config()).clone();
    config.client_auth_cert_resolver = Arc::clone(&asked) as Arc<dyn ResolvesClientCert>;
    let handshake = async {
        let name = ServerName::try_from(to.host.clone()).map_err(std::io::Error::other)?;
        let raw = access.dial.dial(to).await?;
        tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, raw).await
    };
    let limit = access.patience;
    let stream = tokio::time::timeout(limit, handshake)
        .await
        .map_err(|_| TalosError::TimedOut { to: to.clone(), call: "connect", limit })?
        .map_err(|e| TalosError::of_io(to, e))?;
    let chain: Vec<_> = stream.get_ref().1.peer_certificates().unwrap_or_default().to_vec();
    let fingerprint = chain.first().and_then(|leaf| tls::public_key_sha256(leaf)).map(Fingerprint);
    let fingerprint =
        fingerprint.ok_or(TalosError::Empty { to: to.clone(), call: "connect", what: "a certificate" })?;
    Ok(Server { chain, fingerprint, asks_for_certificate: asked.0.load(Ordering::Relaxed) })
}

impl Server {
    fn chains_to(&self, ours: &ClientIdentity, to: &Authority, now: Timestamp) -> Result<(), Doubt> {
        let unfit = |what: &dyn std::fmt::Display| Doubt::Unfit(format!("{to} cannot be believed: {what}"));
        let mut roots = RootCertStore::empty();
        let authority = pki::certificate_der(&ours.ca, "certificate authority").map_err(|e| unfit(&e))?;
        roots.add(authority.into()).map_err(|e| unfit(&e))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let verifier = verifier.map_err(|e| unfit(&e))?;
        let name = ServerName::try_from(to.host.clone()).map_err(|e| unfit(&e))?;
        let (leaf, rest) = self.chain.split_first().ok_or(Doubt::Stranger)?;
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        match verifier.verify_server_cert(leaf, rest, &name, &[], now) {
            Ok(_) => Ok(()),
            Err(rustls::Error::InvalidCertificate(
                rustls::CertificateError::UnknownIssuer | rustls::CertificateError::BadSignature,
            )) => Err(Doubt::Stranger),
            Err(error) => Err(unfit(&reason(&error))),
        }
    }
}

/// What is wrong with a certificate, without the moment of looking: the same fault reads the same each time.
fn reason(error: &rustls::Error) -> String {
    use rustls::CertificateError as Bad;
    match error {
        rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
            "its certificate has expired".into()
        }
        rustls::Error::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "its certificate is not valid yet".into()
        }
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "its certificate is for another address".into()
        }
        other => other.to_string(),
    }
}

/// Shows no certificate, and notes whether one was asked for.
#[derive(Debug, Default)]
struct Nobody(AtomicBool);

impl ResolvesClientCert for Nobody {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}
