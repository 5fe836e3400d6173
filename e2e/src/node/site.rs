//! What every Pod of the node needs to know.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use kube::Client;

use super::running::Running;
use crate::Tools;
use crate::faults::Faults;
use crate::ground::Isolation;
use crate::subnet::Subnet;

/// The first and the last byte that a Pod's address may end in.
const PODS: std::ops::RangeInclusive<u8> = 100..=250;

/// The lab as its node sees it.
pub(crate) struct Site {
    pub(crate) client: Client,
    pub(crate) tools: Tools,
    pub(crate) isolation: Isolation,
    pub(crate) folder: PathBuf,
    pub(crate) subnet: Arc<Subnet>,
    pub(crate) ca: String,
    pub(crate) api: SocketAddr,
    pub(crate) faults: Faults,
    pub(super) running: Running,
    hosts: Mutex<String>,
    next: Mutex<u8>,
}

impl Site {
    pub(crate) fn new(
        client: Client,
        tools: Tools,
        isolation: Isolation,
        folder: PathBuf,
        subnet: Arc<Subnet>,
        (ca, api): (String, SocketAddr),
    ) -> Self {
        Self {
            client,
            tools,
            isolation,
            folder,
            subnet,
            ca,
            api,
            faults: Faults::default(),
            running: Running::default(),
            hosts: Mutex::default(),
            next: Mutex::new(*PODS.start()),
        }
    }

    /// An address for a new Pod: where its program listens, and what the cluster is told. Endpoints may not be loopback
    /// addresses, so the cluster sees another one with the same end.
    pub(super) fn address(&self) -> (Ipv4Addr, Ipv4Addr) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let last = *next;
        *next = if last == *PODS.end() { *PODS.start() } else { last + 1 };
        (self.subnet.host(last), Ipv4Addr::new(10, 244, 0, last))
    }

    /// The names that every Pod knows.
    pub(super) fn hosts(&self) -> String {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the names that every Pod knows, those that run included.
    pub(super) fn set_hosts(&self, text: String) {
        text.clone_into(&mut self.hosts.lock().unwrap_or_else(PoisonError::into_inner));
        self.running.rewrite_hosts(&text);
    }
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("folder", &self.folder).finish_non_exhaustive()
    }
}
