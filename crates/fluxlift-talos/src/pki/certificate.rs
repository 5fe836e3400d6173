//! Certificates: authorities, and what they issue.

use std::net::IpAddr;
use std::time::Duration;

use fluxlift_core::{Secret, Timestamp};
use rand::{CryptoRng, RngCore};
use rcgen::string::PrintableString;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa,
    KeyUsagePurpose, SanType, SerialNumber,
};

use super::{PkiError, PrivateKey};

/// How long an authority lives: ten years of 8760 hours.
const AUTHORITY_LIFETIME: Duration = Duration::from_secs(87_600 * 3600);

/// A certificate and its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The certificate.
    pub crt: String,
    /// The key.
    pub key: Secret<String>,
}

/// What a certificate may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Showing who a client is; the only usage that Talos accepts for one.
    Client,
    /// Showing who a server is.
    Server,
}

/// What an authority is asked to certify.
#[derive(Debug, Clone)]
pub struct Issue {
    /// The common name, if any.
    pub common_name: Option<String>,
    /// The organisation, if any: in Talos and Kubernetes, the role.
    pub organisation: Option<String>,
    /// What for.
    pub usage: Usage,
    /// The server's addresses.
    pub addresses: Vec<IpAddr>,
    /// The server's names.
    pub names: Vec<String>,
    /// The first moment it is valid.
    pub not_before: Timestamp,
    /// For how long it is valid.
    pub lifetime: Duration,
}

/// A new authority over `key`: self-signed, for `organisation` (Talos's aggregator authority has none at all).
///
/// # Errors
/// When the certificate cannot be encoded.
pub fn authority(
    key: &PrivateKey,
    organisation: Option<&str>,
    now: Timestamp,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Pair, PkiError> {
    let mut params = params(organisation, None, now, AUTHORITY_LIFETIME, rng);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let certificate =
        params.self_signed(key).map_err(|source| PkiError::Make { what: "certificate authority", source })?;
    Ok(Pair { crt: certificate.pem(), key: key.to_pem() })
}

/// An authority, ready to issue.
#[derive(Debug)]
pub struct Issuer {
    issuer: rcgen::Issuer<'static, PrivateKey>,
    ed25519: bool,
}

impl Issuer {
    /// The authority of `pair`.
    ///
    /// # Errors
    /// When certificate or key cannot be read; `what` names it in the message.
    pub fn new(pair: &Pair, what: &'static str) -> Result<Self, PkiError> {
        let key = PrivateKey::from_pem(pair.key.expose(), what)?;
        let ed25519 = rcgen::PublicKeyData::algorithm(&key) == &rcgen::PKCS_ED25519;
        let issuer =
            rcgen::Issuer::from_ca_cert_pem(&pair.crt, key).map_err(|source| PkiError::Make { what, source })?;
        Ok(Self { issuer, ed25519 })
    }

    /// Issues a certificate for a new key of the authority's own kind.
    ///
    /// # Errors
    /// When the certificate cannot be encoded.
    pub fn issue(&self, wanted: &Issue, rng: &mut (impl RngCore + CryptoRng)) -> Result<Pair, PkiError> {
        let key = if self.ed25519 { PrivateKey::ed25519(rng) } else { PrivateKey::p256(rng) };
        let organisation = wanted.organisation.as_deref();
        let mut params = params(organisation, wanted.common_name.as_deref(), wanted.not_before, wanted.lifetime, rng);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match wanted.usage {
            Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
            Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        params.use_authority_key_identifier_extension = true;
        let make = |source| PkiError::Make { what: "certificate", source };
        params.subject_alt_names.extend(wanted.addresses.iter().map(|ip| SanType::IpAddress(*ip)));
        for name in &wanted.names {
            params.subject_alt_names.push(SanType::DnsName(name.as_str().try_into().map_err(make)?));
        }
        let certificate = params.signed_by(&key, &self.issuer).map_err(make)?;
        Ok(Pair { crt: certificate.pem(), key: key.to_pem() })
    }
}

fn params(
    organisation: Option<&str>,
    common_name: Option<&str>,
    not_before: Timestamp,
    lifetime: Duration,
    rng: &mut (impl RngCore + CryptoRng),
) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for (what, text) in [(DnType::OrganizationName, organisation), (DnType::CommonName, common_name)] {
        if let Some(text) = text {
            params.distinguished_name.push(what, attribute(text));
        }
    }
    let mut serial = [0_u8; 16];
    rng.fill_bytes(&mut serial);
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let start = Duration::from_secs(u64::try_from(not_before.as_second()).unwrap_or(0));
    params.not_before = epoch + start;
    params.not_after = epoch + start + lifetime;
    params
}

/// The string type that Go picks: printable where the alphabet allows it.
fn attribute(text: &str) -> DnValue {
    PrintableString::try_from(text).map_or_else(|_| DnValue::Utf8String(text.to_owned()), DnValue::PrintableString)
}

/// The certificate's bytes.
///
/// # Errors
/// When `text` is not one PEM certificate; `what` names it in the message.
pub fn certificate_der(text: &str, what: &'static str) -> Result<Vec<u8>, PkiError> {
    let pem = pem::parse(text).map_err(|_| PkiError::Pem { what })?;
    if pem.tag() == "CERTIFICATE" { Ok(pem.into_contents()) } else { Err(PkiError::Pem { what }) }
}

/// The bits of a certificate's public key.
///
/// # Errors
/// When `text` is not a certificate; `what` names it in the message.
pub fn public_key(text: &str, what: &'static str) -> Result<Vec<u8>, PkiError> {
    let der = certificate_der(text, what)?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).map_err(|_| PkiError::Content { what })?;
    Ok(certificate.public_key().subject_public_key.data.to_vec())
}

/// From when until when a certificate is valid.
///
/// # Errors
/// When `text` is not a certificate; `what` names it in the message.
pub fn lifetime(text: &str, what: &'static str) -> Result<(Timestamp, Timestamp), PkiError> {
    let der = certificate_der(text, what)?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).map_err(|_| PkiError::Content { what })?;
    let validity = certificate.validity();
    let at =
        |t: x509_parser::time::ASN1Time| Timestamp::from_second(t.timestamp()).map_err(|_| PkiError::Content { what });
    Ok((at(validity.not_before)?, at(validity.not_after)?))
}
