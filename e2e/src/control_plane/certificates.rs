//! The lab's certificate authority, the API server's certificate, the key that signs tokens.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};

use crate::LabError;

/// The name under which programs in Pods know the API server.
pub const SERVER_NAME: &str = "kubernetes.default.svc";

/// Where they are kept.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority's certificate.
    pub ca: PathBuf,
    /// The authority's certificate, as text.
    pub ca_text: String,
    pub(super) server: PathBuf,
    pub(super) server_key: PathBuf,
    pub(super) tokens: PathBuf,
    pub(super) tokens_key: PathBuf,
}

impl Certificates {
    /// Makes all of them, for an API server that is reached at `addresses`.
    ///
    /// # Errors
    /// When they cannot be made or written.
    pub fn make(folder: &Path, addresses: &[Ipv4Addr]) -> Result<Self, LabError> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "lab");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate()?;
        let ca_text = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);

        let mut server = CertificateParams::new(vec![SERVER_NAME.to_owned(), "localhost".to_owned()])?;
        server.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        server.subject_alt_names.extend(addresses.iter().map(|address| SanType::IpAddress((*address).into())));
        let server_key = KeyPair::generate()?;
        let server = server.signed_by(&server_key, &issuer)?.pem();

        let tokens = KeyPair::generate()?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(LabError::io(format!("write {}", path.display())))?;
            Ok::<_, LabError>(path)
        };
        Ok(Self {
            ca: write("ca.crt", &ca_text)?,
            server: write("server.crt", &server)?,
            server_key: write("server.key", &server_key.serialize_pem())?,
            tokens: write("tokens.pub", &tokens.public_key_pem())?,
            tokens_key: write("tokens.key", &tokens.serialize_pem())?,
            ca_text,
        })
    }
}
