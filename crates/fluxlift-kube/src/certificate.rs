//! The validity of a client certificate, checked before the first request.

use fluxlift_core::Timestamp;

/// What stands where a certificate should be is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has no X.509 certificate in PEM")]
pub struct UnreadableCertificate;

/// From when to when a certificate holds, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validity {
    /// The subject, such as `O=os:admin, CN=admin`.
    pub subject: String,
    /// The first moment at which it holds.
    pub from: Timestamp,
    /// The last moment at which it holds.
    pub until: Timestamp,
}

impl Validity {
    /// Reads the first certificate of a PEM text; `None` when there is none that can be read.
    pub fn of_pem(text: &str) -> Option<Self> {
        let block = pem::parse_many(text).ok()?.into_iter().find(|block| block.tag() == "CERTIFICATE")?;
        Self::of_der(block.contents())
    }

    /// Reads every certificate of a PEM text that can be read.
    pub fn all_of_pem(text: &str) -> Vec<Self> {
        let blocks = pem::parse_many(text).unwrap_or_default();
        let certificates = blocks.iter().filter(|block| block.tag() == "CERTIFICATE");
        certificates.filter_map(|block| Self::of_der(block.contents())).collect()
    }

    fn of_der(bytes: &[u8]) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(bytes).ok()?;
        let validity = certificate.validity();
        Some(Self {
            subject: certificate.subject().to_string(),
            from: Timestamp::from_second(validity.not_before.timestamp()).ok()?,
            until: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
        })
    }
}
