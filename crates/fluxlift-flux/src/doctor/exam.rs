//! All that doctor looks at, each part read or not.

use std::collections::BTreeMap;

use fluxlift_core::Timestamp;
use fluxlift_kube::certificate::Validity;
use fluxlift_kube::{Collection, Object, Pulse};

use super::{Definition, Read, Unread, Webhook};
use crate::Controllers;

/// What was seen at one moment.
#[derive(Debug, Clone)]
pub struct Exam {
    /// When, by our clock.
    pub at: Timestamp,
    /// Who the kubeconfig's client certificate says we are, if it can be read; `None` where it has none (a token, a plugin).
    pub certificate: Option<Read<Validity>>,
    /// The authorities that the kubeconfig names for the server; none where it relies on the machine's own.
    pub authorities: Vec<Validity>,
    /// Whether the kubeconfig believes any server.
    pub believes_anyone: bool,
    /// The API server's answer about itself.
    pub api: Read<Pulse>,
    /// Its version, such as `v1.36.3`.
    pub kubernetes: Read<String>,
    /// The nodes.
    pub nodes: Read<Collection>,
    /// The Pods of the cluster's DNS.
    pub dns: Read<Collection>,
    /// Flux's Deployments, Pods and Leases.
    pub controllers: Read<Controllers>,
    /// The kinds of Flux and of its operator, by the name of their definition.
    pub definitions: Read<BTreeMap<String, Option<Definition>>>,
    /// The FluxInstance.
    pub instance: Read<Option<Object>>,
    /// What is fetched from outside: repositories and buckets.
    pub sources: Read<Vec<Object>>,
    /// All Kustomizations.
    pub kustomizations: Read<Vec<Object>>,
    /// The metrics of each controller that leads, by its Pod.
    pub metrics: BTreeMap<String, Read<String>>,
    /// The webhooks that must be answered.
    pub webhooks: Read<Vec<Webhook>>,
    /// The keys that Kustomizations decrypt with.
    pub age_keys: Read<Vec<AgeKey>>,
    /// For whom the repository is encrypted; `None` where there is no repository at hand.
    pub recipients: Option<Read<Recipients>>,
    /// The backups that a restore holds, and the destinations that it is about.
    pub restored: Read<Vec<Object>>,
    /// What a rescue has acted on and not finished with.
    pub rescued: Read<Vec<String>>,
    /// The canaries that are there.
    pub canaries: Read<Vec<String>>,
    /// The lock on the cluster's state; `None` where nobody has it.
    pub lock: Read<Option<Lock>>,
}

/// A Secret that Kustomizations decrypt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgeKey {
    /// The Secret's namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The first Kustomization that names it: `kustomization/flux-system/apps`.
    pub for_whom: String,
    /// The public keys of the age keys in it; `None` when there is no such Secret.
    pub public: Read<Option<Vec<String>>>,
    /// Its entries for other ways to decrypt: PGP, Vault, a cloud's key service.
    pub others: Vec<String>,
}

/// For whom a repository is encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipients {
    /// The age recipients in the rules of its `.sops.yaml`, and the file's path; `None` where there is no such file.
    pub rules: Option<(String, Vec<String>)>,
    /// The encrypted files below the sync's path.
    pub files: Vec<Encrypted>,
}

/// An encrypted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// Its path.
    pub path: String,
    /// Its age recipients.
    pub recipients: Vec<String>,
    /// The Secrets, by namespace and name, of which one decrypts it in the cluster.
    pub opened_by: Vec<(String, String)>,
}

/// A lock that somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Who, what and since when.
    pub owner: String,
    /// Whether that process is alive; `None` when it is on another machine.
    pub alive: Option<bool>,
}

impl Exam {
    /// Nothing was looked at, for this reason.
    pub fn blind(at: Timestamp, why: &Unread) -> Self {
        fn not<T>(why: &Unread) -> Read<T> {
            Err(why.clone())
        }
        Self {
            at,
            certificate: None,
            authorities: Vec::new(),
            believes_anyone: false,
            api: not(why),
            kubernetes: not(why),
            nodes: not(why),
            dns: not(why),
            controllers: not(why),
            definitions: not(why),
            instance: not(why),
            sources: not(why),
            kustomizations: not(why),
            metrics: BTreeMap::new(),
            webhooks: not(why),
            age_keys: not(why),
            recipients: None,
            restored: not(why),
            rescued: not(why),
            canaries: not(why),
            lock: not(why),
        }
    }
}
