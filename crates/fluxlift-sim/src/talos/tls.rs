//! The server's side of TLS: anyone in maintenance, certificates of the cluster's own authority afterwards.

use std::collections::BTreeSet;
use std::sync::Arc;

use fluxlift_core::{Clock, Secret};
use fluxlift_net::tls::InjectedTime;
use fluxlift_talos::pki;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::TlsAcceptor;

use super::ServerIdentity;

/// Accepts connections as `server`; `None` when its certificates are unusable, which those of this crate are not.
pub(super) fn acceptor(server: &ServerIdentity, clock: Arc<dyn Clock>) -> Option<TlsAcceptor> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain: Vec<_> = CertificateDer::pem_slice_iter(server.crt.as_bytes()).collect::<Result<_, _>>().ok()?;
    let key = pki::standard_key(&Secret::new(server.key.clone()));
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).ok()?;
    let builder = ServerConfig::builder_with_details(Arc::clone(&provider), Arc::new(InjectedTime(clock)))
        .with_safe_default_protocol_versions()
        .ok()?;
    let builder = match &server.client_ca {
        None => builder.with_no_client_auth(),
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).ok()?).ok()?;
            let inner = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
            builder.with_client_cert_verifier(Arc::new(ExactUsage(inner)))
        }
    };
    let mut config = builder.with_single_cert(chain, key).ok()?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Some(TlsAcceptor::from(Arc::new(config)))
}

/// The roles that a client's certificate names.
pub(super) fn roles(certificate: &[u8]) -> BTreeSet<String> {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(certificate) else { return BTreeSet::new() };
    let names = certificate.subject().iter_organization();
    names.filter_map(|name| name.as_str().ok().map(str::to_owned)).collect()
}

/// Talos takes certificates whose extended usage is client authentication and nothing else.
#[derive(Debug)]
struct ExactUsage(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for ExactUsage {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.0.verify_client_cert(end_entity, intermediates, now)?;
        if is_for_clients_only(end_entity) {
            Ok(verified)
        } else {
            Err(Error::InvalidCertificate(CertificateError::InvalidPurpose))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

fn is_for_clients_only(der: &[u8]) -> bool {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(der) else { return false };
    let Ok(Some(usage)) = certificate.extended_key_usage() else { return false };
    let usage = usage.value;
    usage.client_auth
        && !(usage.any || usage.server_auth || usage.code_signing || usage.email_protection || usage.time_stamping)
        && !usage.ocsp_signing
        && usage.other.is_empty()
}
