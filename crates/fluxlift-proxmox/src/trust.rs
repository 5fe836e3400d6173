//! Which server to believe is the Proxmox cluster.

use std::sync::Arc;

use fluxlift_core::Clock;
use fluxlift_net::{TlsClient, TlsTrust};

use crate::ProxmoxError;

/// Whom to believe. Proxmox hosts show certificates of the cluster's own authority unless they were given others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// The machine's own root certificates.
    #[default]
    System,
    /// These authorities (PEM), such as the cluster's `/etc/pve/pve-root-ca.pem`.
    Authorities(String),
    /// The one certificate with this SHA-256, as `pvenode cert info` shows it.
    Fingerprint([u8; 32]),
    /// Anybody. Only when the tree says `insecure = true`.
    Anyone,
}

impl Trust {
    /// A fingerprint in the form `AB:CD:…`, 32 bytes with or without colons; `None` when it is not one.
    pub fn fingerprint(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text.trim().bytes().filter(|b| *b != b':').collect();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self::Fingerprint(bytes))
    }

    /// The TLS client that believes accordingly.
    ///
    /// # Errors
    /// When the authorities can't be read.
    pub fn tls(&self, clock: Arc<dyn Clock>) -> Result<TlsClient, ProxmoxError> {
        let trust = match self {
            Self::System => TlsTrust::System,
            Self::Authorities(pem) => TlsTrust::Authorities(pem.clone()),
            Self::Fingerprint(sha256) => TlsTrust::Certificate(*sha256),
            Self::Anyone => TlsTrust::AnyoneUnsafe,
        };
        TlsClient::new(&trust, clock).map_err(ProxmoxError::Trust)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_with_and_without_colons() {
        let colons = vec!["0A"; 32].join(":");
        assert_eq!(Trust::fingerprint(&colons), Some(Trust::Fingerprint([10; 32])));
        assert_eq!(Trust::fingerprint(&"0a".repeat(32)), Some(Trust::Fingerprint([10; 32])));
        assert_eq!(Trust::fingerprint("0A:0B"), None);
        assert_eq!(Trust::fingerprint(&"zz".repeat(32)), None);
    }
}
