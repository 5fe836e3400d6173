//! TLS clients: rustls with ring, with the time of the injected clock.

use std::sync::{Arc, OnceLock};

use fluxlift_core::Clock;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{Authority, Connection};

/// Which servers to believe.
#[derive(Debug, Clone)]
pub enum TlsTrust {
    /// The machine's own root certificates.
    System,
    /// These certificate authorities (PEM) and no others.
    Authorities(String),
    /// The one certificate whose public key (SPKI) has this SHA-256; names and dates do not matter.
    PublicKey([u8; 32]),
    /// The one certificate with this SHA-256 (of its DER form); names and dates do not matter.
    Certificate([u8; 32]),
    /// Anybody. Only for reading a fingerprint: never send a secret over such a connection.
    AnyoneUnsafe,
}

/// What went wrong before or during a TLS handshake.
#[derive(Debug, Error)]
pub enum TlsError {
    /// Certificates or keys that were given cannot be read.
    #[error("the {what} cannot be read")]
    Material {
        /// Which.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The configuration does not fit together.
    #[error("the TLS configuration is not usable")]
    Config(#[source] rustls::Error),
}

impl TlsError {
    fn material(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Material { what, source: source.into() }
    }
}

/// The client's side of TLS: whom to believe, and who we are.
#[derive(Debug, Clone)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
}

impl TlsClient {
    /// A client without a certificate of its own.
    ///
    /// # Errors
    /// When the trust anchors cannot be read.
    pub fn new(trust: &TlsTrust, clock: Arc<dyn Clock>) -> Result<Self, TlsError> {
        Self::build(trust, None, clock)
    }

    /// A client that shows a certificate: PEM chain and PEM key.
    ///
    /// # Errors
    /// When certificate, key or trust anchors cannot be read.
    pub fn with_identity(trust: &TlsTrust, chain: &str, key: &str, clock: Arc<dyn Clock>) -> Result<Self, TlsError> {
        Self::build(trust, Some((chain, key)), clock)
    }

    fn build(trust: &TlsTrust, identity: Option<(&str, &str)>, clock: Arc<dyn Clock>) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let time = Arc::new(InjectedTime(clock));
        let builder = ClientConfig::builder_with_details(Arc::clone(&provider), time)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Config)?
            .dangerous()
            .with_custom_certificate_verifier(verifier(trust, provider)?);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = CertificateDer::pem_slice_iter(chain.as_bytes())
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|e| TlsError::material("client certificate", e))?;
                let key =
                    PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|e| TlsError::material("client key", e))?;
                builder.with_client_auth_cert(chain, key).map_err(TlsError::Config)?
            }
        };
        Ok(Self { config: Arc::new(config) })
    }

    /// The same client, offering these protocols by ALPN (`h2`, `http/1.1`).
    #[must_use]
    pub fn with_alpn(mut self, protocols: &[&str]) -> Self {
        Arc::make_mut(&mut self.config).alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        self
    }

    /// The rustls configuration, for clients that do the handshake themselves.
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// Shakes hands over `connection` with the server at `to`.
    ///
    /// # Errors
    /// When the server is not believed, refuses us or closes the connection.
    pub async fn handshake(&self, to: &Authority, connection: Connection) -> std::io::Result<Connection> {
        let name = ServerName::try_from(to.host.clone()).map_err(std::io::Error::other)?;
        let stream = tokio_rustls::TlsConnector::from(self.config()).connect(name, connection).await?;
        let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Connection::new(stream).with_h2(h2))
    }

    /// Shakes hands and gives the server's certificate (DER) beside the connection.
    ///
    /// # Errors
    /// As [`TlsClient::handshake`].
    pub async fn handshake_and_peer(
        &self,
        to: &Authority,
        connection: Connection,
    ) -> std::io::Result<(Connection, Option<Vec<u8>>)> {
        let name = ServerName::try_from(to.host.clone()).map_err(std::io::Error::other)?;
        let stream = tokio_rustls::TlsConnector::from(self.config()).connect(name, connection).await?;
        let peer = stream.get_ref().1.peer_certificates().and_then(|c| c.first()).map(|c| c.as_ref().to_vec());
        Ok((Connection::new(stream), peer))
    }
}

/// rustls's time, taken from the injected clock.
#[derive(Clone)]
pub struct InjectedTime(pub Arc<dyn Clock>);

impl std::fmt::Debug for InjectedTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InjectedTime")
    }
}

impl TimeProvider for InjectedTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

fn verifier(trust: &TlsTrust, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    let roots = match trust {
        TlsTrust::PublicKey(pin) => return Ok(Arc::new(Pinned { pin: Pin::PublicKey(*pin), provider })),
        TlsTrust::Certificate(pin) => return Ok(Arc::new(Pinned { pin: Pin::Certificate(*pin), provider })),
        TlsTrust::AnyoneUnsafe => return Ok(Arc::new(Pinned { pin: Pin::Anyone, provider })),
        // A client that only ever speaks in clear may be made here too.
        TlsTrust::System if system_roots().is_empty() => return Ok(Arc::new(Pinned { pin: Pin::Nobody, provider })),
        TlsTrust::System => system_roots(),
        TlsTrust::Authorities(pem) => Arc::new(authorities(pem)?),
    };
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider)
        .build()
        .map_err(|e| TlsError::material("certificate authorities", e))?;
    Ok(verifier)
}

/// The machine's root certificates, read once.
fn system_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    };
    Arc::clone(ROOTS.get_or_init(read))
}

fn authorities(pem: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|e| TlsError::material("certificate authority", e))?;
        roots.add(certificate).map_err(|e| TlsError::material("certificate authority", e))?;
    }
    Ok(roots)
}

/// Believes one public key, one certificate, nobody or anyone; the handshake's signature is checked either way.
#[derive(Debug)]
struct Pinned {
    pin: Pin,
    provider: Arc<CryptoProvider>,
}

/// What was pinned, by its SHA-256.
#[derive(Debug)]
enum Pin {
    PublicKey([u8; 32]),
    Certificate([u8; 32]),
    Nobody,
    Anyone,
}

impl Pin {
    fn check(&self, certificate: &[u8]) -> Result<(), rustls::Error> {
        let fits = match self {
            Self::PublicKey(pin) => public_key_sha256(certificate).as_ref() == Some(pin),
            Self::Certificate(pin) => Sha256::digest(certificate).as_slice() == pin,
            Self::Anyone => true,
            Self::Nobody => {
                let why = "this machine has no root certificates: install them, or name a file with SSL_CERT_FILE";
                return Err(rustls::Error::General(why.to_owned()));
            }
        };
        let refusal = rustls::CertificateError::ApplicationVerificationFailure;
        if fits { Ok(()) } else { Err(rustls::Error::InvalidCertificate(refusal)) }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.pin.check(end_entity).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// SHA-256 of a certificate's public key (SPKI), the usual pin.
pub fn public_key_sha256(certificate_der: &[u8]) -> Option<[u8; 32]> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate_der).ok()?;
    Some(Sha256::digest(certificate.public_key().raw).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_root_certificates_believes_no_server_and_says_why() {
        let refusal = Pin::Nobody.check(b"whatever").unwrap_err().to_string();
        assert!(refusal.contains("no root certificates") && refusal.contains("SSL_CERT_FILE"), "{refusal}");
    }

    #[test]
    fn a_certificate_that_is_not_the_pinned_one_is_refused() {
        let pin = Pin::Certificate(Sha256::digest(b"the one").into());
        assert!(pin.check(b"the one").is_ok());
        assert!(pin.check(b"another").is_err());
    }
}
