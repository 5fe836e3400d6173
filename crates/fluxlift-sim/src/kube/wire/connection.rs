//! One connection: TLS with the cluster's certificates, then HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use fluxlift_core::Clock;
use fluxlift_net::Connection;
use fluxlift_net::tls::InjectedTime;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use super::handle::{self, Peer};
use super::identity::Identity;
use crate::kube::ClusterPki;
use crate::{Datacenter, serve};

/// Certificates that can't be served with.
#[derive(Debug, Error)]
pub enum PkiError {
    /// Not readable as PEM.
    #[error("the cluster's {what} cannot be read")]
    Unreadable {
        /// What.
        what: &'static str,
        /// Why.
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    /// Not usable for TLS.
    #[error("the cluster's certificates cannot be used")]
    Unusable(#[source] rustls::Error),
    /// No authority to believe clients by.
    #[error("the cluster's authority cannot be used")]
    Authority(#[source] rustls::server::VerifierBuilderError),
}

/// Serves the API on `connection`, as long as an API server runs at `endpoint`.
pub async fn serve(datacenter: Datacenter, endpoint: SocketAddr, connection: Connection) {
    let Some(pki) = datacenter.with(|world| world.kube.pki().cloned()) else { return };
    let Ok(config) = config(&pki, datacenter.clock()) else { return };
    let cut = Arc::new(Notify::new());
    let served = async {
        let Ok(stream) = TlsAcceptor::from(Arc::new(config)).accept(connection).await else { return };
        let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let identity = certificate.and_then(|certificate| Identity::of_certificate(certificate));
        let peer = Peer { identity, cut: Arc::clone(&cut) };
        let world = datacenter.clone();
        serve::http(&datacenter, Connection::new(stream), move |request| {
            handle::answer(world.clone(), peer.clone(), request)
        })
        .await;
    };
    tokio::select! {
        biased;
        () = served => {}
        () = stopped(&datacenter, endpoint) => {}
        () = cut.notified() => {}
    }
}

/// Resolves when no API server runs at `endpoint` any more.
async fn stopped(datacenter: &Datacenter, endpoint: SocketAddr) {
    let mut changed = datacenter.changed();
    loop {
        changed.catch_up();
        if !datacenter.with(|world| world.kube.serves(&endpoint)) {
            return;
        }
        changed.rung().await;
    }
}

/// TLS for a server with these certificates, which knows clients by the same authority.
///
/// # Errors
/// When a certificate or a key can't be used.
pub fn config(pki: &ClusterPki, clock: Arc<dyn Clock>) -> Result<ServerConfig, PkiError> {
    let unreadable = |what| move |source| PkiError::Unreadable { what, source };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(pki.ca_pem.as_bytes()) {
        roots.add(authority.map_err(unreadable("authority"))?).map_err(PkiError::Unusable)?;
    }
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .map_err(PkiError::Authority)?;
    let chain = CertificateDer::pem_slice_iter(pki.server_cert_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable("server certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(pki.server_key_pem.as_bytes()).map_err(unreadable("server key"))?;
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(InjectedTime(clock)))
        .with_safe_default_protocol_versions()
        .map_err(PkiError::Unusable)?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .map_err(PkiError::Unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
