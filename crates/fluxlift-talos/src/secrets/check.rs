//! Whether a bundle is what it claims to be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{SecretsBundle, SecretsError};
use crate::pki::{Pair, PrivateKey, public_key, service_account_matches};

impl SecretsBundle {
    /// Checks forms and that every certificate belongs to its key.
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn check(&self) -> Result<(), SecretsError> {
        filled("cluster.id", &self.cluster_id)?;
        key_of_32_bytes("cluster.secret", self.cluster_secret.expose())?;
        key_of_32_bytes("secrets.secretboxencryptionsecret", self.secretbox_encryption_secret.expose())?;
        token("secrets.bootstraptoken", self.bootstrap_token.expose())?;
        token("trustdinfo.token", self.trustd_token.expose())?;
        belongs("etcd", &self.certs.etcd)?;
        belongs("Kubernetes", &self.certs.k8s)?;
        belongs("aggregator", &self.certs.k8s_aggregator)?;
        belongs("Talos", &self.certs.os)?;
        service_account_matches(self.certs.k8s_service_account.expose())?;
        Ok(())
    }
}

const fn filled(field: &'static str, text: &str) -> Result<(), SecretsError> {
    if text.is_empty() { Err(SecretsError::Missing { field }) } else { Ok(()) }
}

fn key_of_32_bytes(field: &'static str, text: &str) -> Result<(), SecretsError> {
    match STANDARD.decode(text) {
        Ok(bytes) if bytes.len() == 32 => Ok(()),
        _ => Err(SecretsError::Form { field, expected: "base64 of 32 bytes" }),
    }
}

fn token(field: &'static str, text: &str) -> Result<(), SecretsError> {
    let fits =
        |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    match text.split_once('.') {
        Some((id, secret)) if fits(id, 6) && fits(secret, 16) => Ok(()),
        _ => Err(SecretsError::Form { field, expected: "a token of the form xxxxxx.xxxxxxxxxxxxxxxx" }),
    }
}

fn belongs(what: &'static str, pair: &Pair) -> Result<(), SecretsError> {
    let key = PrivateKey::from_pem(pair.key.expose(), what)?;
    if public_key(&pair.crt, what)? == key.public() { Ok(()) } else { Err(SecretsError::Mismatch { what }) }
}
