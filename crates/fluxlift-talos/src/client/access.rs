//! What it takes to reach machines.

use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::Clock;
use fluxlift_net::{Authority, Dial, TlsClient, TlsError, TlsTrust};

use super::Fingerprint;
use crate::pki;
use crate::secrets::ClientIdentity;

/// Where the Talos API answers.
pub const PORT: u16 = 50000;

/// The network, the time, and how long one call may take.
#[derive(Clone)]
pub struct Access {
    /// Opens connections.
    pub dial: Arc<dyn Dial>,
    /// Tells the time that certificates are judged by.
    pub clock: Arc<dyn Clock>,
    /// The limit of one call, connecting included.
    pub patience: Duration,
}

impl Access {
    /// Access through `dial`, with ten seconds for a call.
    pub fn new(dial: Arc<dyn Dial>, clock: Arc<dyn Clock>) -> Self {
        Self { dial, clock, patience: Duration::from_secs(10) }
    }

    /// The API of the machine at `host`.
    pub fn api(host: impl Into<String>) -> Authority {
        Authority::new(host, PORT)
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("patience", &self.patience).finish_non_exhaustive()
    }
}

/// How we meet a machine.
#[derive(Debug, Clone, Copy)]
pub enum Identity<'a> {
    /// It waits for its configuration and is known by its public key alone; we show nothing.
    Maintenance(Fingerprint),
    /// It has its configuration: both sides show certificates of the cluster's own authority.
    Configured(&'a ClientIdentity),
}

impl Identity<'_> {
    pub(super) fn tls(&self, clock: Arc<dyn Clock>) -> Result<TlsClient, TlsError> {
        let client = match self {
            Self::Maintenance(pin) => TlsClient::new(&TlsTrust::PublicKey(pin.0), clock)?,
            Self::Configured(client) => TlsClient::with_identity(
                &TlsTrust::Authorities(client.ca.clone()),
                &client.pair.crt,
                pki::standard_key(&client.pair.key).expose(),
                clock,
            )?,
        };
        Ok(client.with_alpn(&["h2"]))
    }
}
