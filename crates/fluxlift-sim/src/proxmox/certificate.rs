//! The certificate that the API shows: of the test authority in `pki/`, whose keys protect nothing.

use std::sync::{Arc, OnceLock};

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

/// The cluster's own authority, as `/etc/pve/pve-root-ca.pem` of a real host.
pub const AUTHORITY: &str = include_str!("../../pki/pve-root-ca.pem");
const CHAIN: &str = include_str!("../../pki/pve-ssl.pem");
const KEY: &str = include_str!("../../pki/pve-ssl.key");

/// The test certificate can't be used.
#[derive(Debug, Error)]
#[error("the test certificate of the simulated Proxmox cannot be used")]
pub struct CertificateError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The server's side of TLS.
///
/// # Errors
/// When the files in `pki/` do not fit together.
pub fn server() -> Result<Arc<ServerConfig>, CertificateError> {
    static MADE: OnceLock<Arc<ServerConfig>> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return Ok(Arc::clone(made));
    }
    let chain = CertificateDer::pem_slice_iter(CHAIN.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|e| CertificateError(e.into()))?;
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).map_err(|e| CertificateError(e.into()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|e| CertificateError(e.into()))?;
    Ok(Arc::clone(MADE.get_or_init(|| Arc::new(config))))
}
