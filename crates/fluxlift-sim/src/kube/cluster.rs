//! The cluster around the store: where it answers, with what certificates, and what it does by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use fluxlift_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ApiServer, Caller, Faults, GroupResource, Key};

/// A Kubernetes cluster, or the place where one will be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kube {
    /// Its objects.
    pub api: ApiServer,
    /// What containers wrote, by `namespace/pod/container`.
    pub logs: BTreeMap<String, Vec<LogLine>>,
    /// Bearer tokens: to whom they belong.
    pub tokens: Tokens,
    /// What goes wrong.
    pub faults: Faults,
    /// The version that it says it has, such as `v1.32.0`.
    pub version: String,
    pki: Option<ClusterPki>,
    endpoints: BTreeSet<SocketAddr>,
    pub(super) cursor: u64,
    /// How often an API server started or stopped, and how often the world was told.
    pub(super) moves: (u64, u64),
}

/// The certificates of a cluster's API, as PEM.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterPki {
    /// The authority: signs the server's certificate, and those of clients.
    pub ca_pem: String,
    /// The server's certificate.
    pub server_cert_pem: String,
    /// The server's key.
    pub server_key_pem: String,
}

impl std::fmt::Debug for ClusterPki {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClusterPki")
    }
}

/// Bearer tokens, which are never shown.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Tokens(BTreeMap<String, TokenOwner>);

impl Tokens {
    /// Gives `token` to somebody.
    pub fn insert(&mut self, token: String, owner: TokenOwner) {
        self.0.insert(token, owner);
    }

    /// To whom `token` belongs.
    pub fn owner(&self, token: &str) -> Option<&TokenOwner> {
        self.0.get(token)
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tokens", self.0.len())
    }
}

/// To whom a bearer token belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenOwner {
    /// The user's name.
    pub user: String,
    /// The user's groups.
    pub groups: Vec<String>,
}

/// One line that a container wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// What, without the line's end.
    pub text: String,
}

/// What the cluster asked to be woken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KubeWake {
    /// A new definition becomes Established.
    Establish(String),
    /// The objects of a definition that is being deleted go.
    EmptyDefinition(String),
    /// The objects in a namespace that is being deleted go.
    EmptyNamespace(String),
    /// What the object with this uid owned goes.
    CollectOwnedBy(String),
    /// An object looks whether its owners are there.
    CheckOwners(Key),
    /// An object that is deleted in the foreground, or leaves orphans, does its part.
    ReleaseDependents(Key),
    /// A Pod that was told to stop has stopped.
    EndPod(Key, String),
}

impl Kube {
    /// No cluster yet; `seed` decides its uids.
    pub fn new(seed: u64) -> Self {
        Self {
            api: ApiServer::new(seed),
            logs: BTreeMap::new(),
            tokens: Tokens::default(),
            faults: Faults::default(),
            version: "v1.32.0".into(),
            pki: None,
            endpoints: BTreeSet::new(),
            cursor: 0,
            moves: (0, 0),
        }
    }

    /// Starts an API server at each of `endpoints`. The first start makes the cluster: its namespaces and its uid.
    /// A later one, of another control plane, only adds endpoints.
    pub fn start(&mut self, pki: ClusterPki, endpoints: impl IntoIterator<Item = SocketAddr>, now: Timestamp) {
        self.pki = Some(pki);
        self.endpoints.extend(endpoints);
        self.moves.0 += 1;
        let caller = Caller::controller("kube-apiserver", now);
        for name in ["kube-system", "kube-public", "kube-node-lease", "default"] {
            if self.api.get(&Key::cluster(&GroupResource::NAMESPACES, name)).is_none() {
                // Only a name that is taken can be refused, and it is not.
                let _ = self.api.create(&caller, &GroupResource::NAMESPACES, None, json!({"metadata": {"name": name}}));
            }
        }
        if self.api.get(&Key::namespaced(&GroupResource::SERVICES, "default", "kubernetes")).is_none() {
            let service = json!({
                "metadata": {"name": "kubernetes", "labels": {"component": "apiserver", "provider": "kubernetes"}},
                "spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]},
            });
            let _ = self.api.create(&caller, &GroupResource::SERVICES, Some("default"), service);
        }
    }

    /// Stops the API server at `endpoint`: its connections break, the objects stay.
    pub fn stop(&mut self, endpoint: &SocketAddr) {
        self.endpoints.remove(endpoint);
        self.moves.0 += 1;
    }

    /// Whether an API server runs at `endpoint`.
    pub fn serves(&self, endpoint: &SocketAddr) -> bool {
        self.endpoints.contains(endpoint)
    }

    /// Where API servers run.
    pub fn endpoints(&self) -> impl Iterator<Item = &SocketAddr> {
        self.endpoints.iter()
    }

    /// The certificates, once the cluster was started.
    pub const fn pki(&self) -> Option<&ClusterPki> {
        self.pki.as_ref()
    }

    /// The uid of `kube-system`, by which clusters are told apart; none before the first start.
    pub fn uid(&self) -> Option<&str> {
        self.api.get(&Key::cluster(&GroupResource::NAMESPACES, "kube-system")).map(super::meta::uid)
    }

    /// Writes a line into a container's log.
    pub fn log(&mut self, namespace: &str, pod: &str, container: &str, at: Timestamp, text: impl Into<String>) {
        let key = format!("{namespace}/{pod}/{container}");
        self.logs.entry(key).or_default().push(LogLine { at, text: text.into() });
    }
}
