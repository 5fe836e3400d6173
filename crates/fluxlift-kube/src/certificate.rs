//! The validity of a client certificate, checked before the first request.

use fluxlift_core::Timestamp;

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
        let (_, certificate) = x509_parser::parse_x509_certificate(block.contents()).ok()?;
        let validity = certificate.validity();
        Some(Self {
            subject: certificate.subject().to_string(),
            from: Timestamp::from_second(validity.not_before.timestamp()).ok()?,
            until: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
        })
    }
}
