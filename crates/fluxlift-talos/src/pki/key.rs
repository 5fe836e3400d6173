//! Private keys, and the PEM that Talos writes for each.

use std::fmt;

use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use fluxlift_core::Secret;
use rand::{CryptoRng, RngCore};
use rcgen::{PublicKeyData, SignatureAlgorithm, SigningKey};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _, LineEnding};
use sec1::der::Encode as _;
use sec1::der::asn1::ObjectIdentifier;
use sec1::{EcParameters, EcPrivateKey};

use super::PkiError;

/// The header of the PKCS#8 version 1 form of an Ed25519 key: the 32 bytes of the seed follow. Talos refuses version 2.
const ED25519_PKCS8_V1: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// The curve P-256.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// A private key that signs certificates: Ed25519 for Talos, P-256 for etcd and Kubernetes.
#[derive(Clone)]
pub struct PrivateKey {
    kind: Kind,
    public: Vec<u8>,
}

#[derive(Clone)]
enum Kind {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::ecdsa::SigningKey),
}

impl PrivateKey {
    /// A new Ed25519 key.
    pub fn ed25519(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self::from_ed25519(ed25519_dalek::SigningKey::generate(rng))
    }

    /// A new P-256 key.
    pub fn p256(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self::from_p256(p256::ecdsa::SigningKey::random(rng))
    }

    fn from_ed25519(key: ed25519_dalek::SigningKey) -> Self {
        Self { public: key.verifying_key().to_bytes().to_vec(), kind: Kind::Ed25519(key) }
    }

    fn from_p256(key: p256::ecdsa::SigningKey) -> Self {
        let public = key.verifying_key().to_encoded_point(false).as_bytes().to_vec();
        Self { kind: Kind::P256(key), public }
    }

    /// The public key's bits, as they stand in a certificate.
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The PEM that Talos writes: `ED25519 PRIVATE KEY` or `EC PRIVATE KEY`.
    pub fn to_pem(&self) -> Secret<String> {
        let (label, der) = match &self.kind {
            Kind::Ed25519(key) => ("ED25519 PRIVATE KEY", [&ED25519_PKCS8_V1[..], &key.to_bytes()[..]].concat()),
            Kind::P256(key) => {
                let bytes = key.to_bytes();
                let der = EcPrivateKey {
                    private_key: &bytes,
                    parameters: Some(EcParameters::NamedCurve(P256)),
                    public_key: Some(&self.public),
                }
                .to_der();
                // Encoding fails only for lengths that do not fit an ASN.1 header, which 32 and 65 bytes do.
                ("EC PRIVATE KEY", der.unwrap_or_default())
            }
        };
        Secret::new(pem_text(label, der))
    }

    /// Reads any PEM that Talos or the usual tools write for such a key.
    ///
    /// # Errors
    /// When it is not PEM, or header and content do not agree. `what` names the key in the message.
    pub fn from_pem(text: &str, what: &'static str) -> Result<Self, PkiError> {
        let pem = pem::parse(text).map_err(|_| PkiError::Pem { what })?;
        let content = |()| PkiError::Content { what };
        match pem.tag() {
            "ED25519 PRIVATE KEY" => Self::ed25519_der(pem.contents()).ok_or(()).map_err(content),
            "EC PRIVATE KEY" => p256::SecretKey::from_sec1_der(pem.contents())
                .map(|key| Self::from_p256(key.into()))
                .map_err(|_| content(())),
            "PRIVATE KEY" => Self::ed25519_der(pem.contents())
                .or_else(|| p256::SecretKey::from_pkcs8_der(pem.contents()).ok().map(|key| Self::from_p256(key.into())))
                .ok_or(())
                .map_err(content),
            _ => Err(PkiError::Pem { what }),
        }
    }

    fn ed25519_der(der: &[u8]) -> Option<Self> {
        ed25519_dalek::SigningKey::from_pkcs8_der(der).ok().map(Self::from_ed25519)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Ed25519(_) => "PrivateKey(Ed25519)",
            Kind::P256(_) => "PrivateKey(P-256)",
        })
    }
}

impl PublicKeyData for PrivateKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.kind {
            Kind::Ed25519(_) => &rcgen::PKCS_ED25519,
            Kind::P256(_) => &rcgen::PKCS_ECDSA_P256_SHA256,
        }
    }
}

impl SigningKey for PrivateKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        use ed25519_dalek::Signer as _;
        Ok(match &self.kind {
            Kind::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Kind::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        })
    }
}

/// A new RSA-4096 key for signing service account tokens, as PEM `RSA PRIVATE KEY`. It takes seconds: call it where
/// blocking is allowed.
///
/// # Errors
/// When the random numbers are unusable.
pub fn service_account_key(rng: &mut (impl RngCore + CryptoRng)) -> Result<Secret<String>, PkiError> {
    let what = "service account key";
    let key = RsaPrivateKey::new(rng, 4096).map_err(|_| PkiError::Content { what })?;
    key.to_pkcs1_pem(LineEnding::LF).map(|pem| Secret::new(pem.to_string())).map_err(|_| PkiError::Content { what })
}

/// Whether `text` is a service account key that Talos takes: RSA in PKCS#1, header and content in agreement.
///
/// # Errors
/// When it is not.
pub fn service_account_matches(text: &str) -> Result<(), PkiError> {
    let what = "service account key";
    let pem = pem::parse(text).map_err(|_| PkiError::Pem { what })?;
    let readable = match pem.tag() {
        "RSA PRIVATE KEY" => RsaPrivateKey::from_pkcs1_der(pem.contents()).is_ok(),
        // Clusters older than Talos 1.7 sign with P-256.
        "EC PRIVATE KEY" => p256::SecretKey::from_sec1_der(pem.contents()).is_ok(),
        _ => return Err(PkiError::Pem { what }),
    };
    if readable { Ok(()) } else { Err(PkiError::Content { what }) }
}

/// A key's PEM under the header that TLS libraries know: Talos's own `ED25519 PRIVATE KEY` is PKCS#8.
pub fn standard_key(text: &Secret<String>) -> Secret<String> {
    Secret::new(text.expose().replace("ED25519 PRIVATE KEY", "PRIVATE KEY"))
}

fn pem_text(label: &str, der: Vec<u8>) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    #[test]
    fn an_ed25519_key_is_pkcs8_version_1_under_its_own_header() {
        let key = PrivateKey::ed25519(&mut ChaCha20Rng::seed_from_u64(1));
        let text = key.to_pem();
        let pem = pem::parse(text.expose()).unwrap();
        assert_eq!(pem.tag(), "ED25519 PRIVATE KEY");
        assert_eq!((pem.contents().len(), pem.contents()[4]), (48, 0));
        assert_eq!(PrivateKey::from_pem(text.expose(), "key").unwrap().public(), key.public());
    }

    #[test]
    fn a_p256_key_is_sec1_with_its_curve_and_public_key() {
        let key = PrivateKey::p256(&mut ChaCha20Rng::seed_from_u64(1));
        let text = key.to_pem();
        let pem = pem::parse(text.expose()).unwrap();
        assert_eq!(pem.tag(), "EC PRIVATE KEY");
        // SEQUENCE of 119 bytes, version 1, 32 bytes of key, [0] the curve, [1] the public key: what Go writes.
        assert_eq!((pem.contents().len(), &pem.contents()[..7]), (121, &[0x30, 0x77, 2, 1, 1, 4, 0x20][..]));
        assert_eq!(pem.contents()[39..42], [0xa0, 0x0a, 6]);
        assert_eq!(PrivateKey::from_pem(text.expose(), "key").unwrap().public(), key.public());
    }

    #[test]
    fn a_header_that_does_not_fit_its_content_is_refused() {
        let key = PrivateKey::p256(&mut ChaCha20Rng::seed_from_u64(1)).to_pem();
        let swapped = key.expose().replace("EC PRIVATE", "ED25519 PRIVATE");
        assert_eq!(PrivateKey::from_pem(&swapped, "os key").unwrap_err(), PkiError::Content { what: "os key" });
        let unknown = key.expose().replace("EC PRIVATE", "DSA PRIVATE");
        assert_eq!(PrivateKey::from_pem(&unknown, "os key").unwrap_err(), PkiError::Pem { what: "os key" });
    }
}
