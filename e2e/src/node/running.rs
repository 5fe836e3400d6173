//! The controllers that run now, as tests see them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal};

use super::files;
use crate::link::{Condition, Link};
use crate::process::signal_process;

/// The Pods that run a program, by name.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<BTreeMap<String, Entry>>);

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) component: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) ports: BTreeMap<String, u16>,
    pub(super) address: Ipv4Addr,
    pub(super) ready: bool,
    pub(super) pid: Option<Pid>,
    pub(super) api: Arc<Link>,
    pub(super) hosts: PathBuf,
}

/// A controller that runs: what can be done to it.
#[derive(Debug, Clone)]
pub struct Controller {
    /// The Pod's name.
    pub pod: String,
    /// Its process, unless it is just being started.
    pub pid: Option<Pid>,
    api: Arc<Link>,
}

impl Controller {
    /// Stops its clock: it neither works nor answers nor renews its Lease.
    pub fn freeze(&self) {
        signal_process(self.pid, Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        signal_process(self.pid, Signal::CONT);
    }

    /// Ends it without a chance to give up its Lease.
    pub fn kill(&self) {
        signal_process(self.pid, Signal::KILL);
    }

    /// Changes the stretch between it and the API server, and nobody else's.
    pub fn api(&self, condition: Condition) {
        self.api.set(condition);
    }
}

impl Running {
    pub(super) fn insert(&self, pod: &str, entry: Entry) {
        self.lock().insert(pod.to_owned(), entry);
    }

    pub(super) fn remove(&self, pod: &str) {
        self.lock().remove(pod);
    }

    pub(super) fn update(&self, pod: &str, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.lock().get_mut(pod) {
            change(entry);
        }
    }

    pub(super) fn rewrite_hosts(&self, shared: &str) {
        for (pod, entry) in self.lock().iter() {
            // A Pod that is just being removed has no folder any more.
            let _ = files::write_hosts(&entry.hosts, pod, entry.address, shared);
        }
    }

    /// The controllers of `component`.
    pub(super) fn controllers(&self, component: &str) -> Vec<Controller> {
        let entries = self.lock();
        let of = entries.iter().filter(|(_, entry)| entry.component == component);
        of.map(|(pod, entry)| Controller { pod: pod.clone(), pid: entry.pid, api: Arc::clone(&entry.api) }).collect()
    }

    /// Where a Service with this selector and target port leads now: to a Pod that is Ready.
    pub(super) fn endpoint(&self, selector: &BTreeMap<String, String>, port: &TargetPort) -> Option<SocketAddr> {
        let entries = self.lock();
        let entry = entries
            .values()
            .find(|entry| entry.ready && selector.iter().all(|(key, value)| entry.labels.get(key) == Some(value)))?;
        let port = match port {
            TargetPort::Number(number) => *number,
            TargetPort::Name(name) => *entry.ports.get(name)?,
        };
        Some(SocketAddr::from((entry.address, port)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The port of a Pod that a Service leads to.
#[derive(Debug, Clone)]
pub(super) enum TargetPort {
    Number(u16),
    Name(String),
}
