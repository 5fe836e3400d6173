//! The bundle itself.

use std::time::Duration;

use fluxlift_core::{Secret, Timestamp};
use rand::{CryptoRng, RngCore};

use super::SecretsError;
use crate::pki::{Issue, Issuer, Pair, Usage};

/// The role that may do everything, as Talos reads it from a certificate's organisation.
pub const ADMIN_ROLE: &str = "os:admin";

/// How long an administrator's certificate lives.
const ADMIN_LIFETIME: Duration = Duration::from_secs(8_760 * 3600);

/// Everything secret about a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretsBundle {
    /// `cluster.id`: base64 of 32 bytes; Talos never decodes it.
    pub cluster_id: String,
    /// `cluster.secret`: base64 of 32 bytes.
    pub cluster_secret: Secret<String>,
    /// `secrets.bootstraptoken`: what kubelets join with.
    pub bootstrap_token: Secret<String>,
    /// `secrets.secretboxencryptionsecret`: base64 of 32 bytes, encrypts Secrets in etcd.
    pub secretbox_encryption_secret: Secret<String>,
    /// `trustdinfo.token`: what machines join with.
    pub trustd_token: Secret<String>,
    /// `certs`.
    pub certs: Certificates,
}

/// The authorities of a cluster, and the key of its service accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    /// The authority of etcd.
    pub etcd: Pair,
    /// The authority of Kubernetes.
    pub k8s: Pair,
    /// The authority of the aggregation layer.
    pub k8s_aggregator: Pair,
    /// The PEM key that signs service account tokens.
    pub k8s_service_account: Secret<String>,
    /// The authority of the Talos API.
    pub os: Pair,
}

/// Who a client of the Talos API is, and whom it believes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The authority of the Talos API, PEM.
    pub ca: String,
    /// The client's certificate and key.
    pub pair: Pair,
}

impl SecretsBundle {
    /// Issues an administrator's client certificate: Ed25519, usage exactly client authentication, one year.
    ///
    /// # Errors
    /// When the bundle's Talos authority is unusable.
    pub fn admin(&self, now: Timestamp, rng: &mut (impl RngCore + CryptoRng)) -> Result<ClientIdentity, SecretsError> {
        let wanted = Issue {
            common_name: None,
            organisation: Some(ADMIN_ROLE.to_owned()),
            usage: Usage::Client,
            addresses: Vec::new(),
            names: Vec::new(),
            not_before: now,
            lifetime: ADMIN_LIFETIME,
        };
        let pair = Issuer::new(&self.certs.os, "Talos authority")?.issue(&wanted, rng)?;
        Ok(ClientIdentity { ca: self.certs.os.crt.clone(), pair })
    }
}
