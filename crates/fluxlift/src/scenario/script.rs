//! What a scenario's file says.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Behaviour, Expect, Span};
use crate::commands::demo::Strategy;

/// A failure of a real cluster, and how it goes with fluxlift.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// Its number in the list of failures that must never come back.
    pub number: u8,
    /// The failure in a few words.
    pub title: String,
    /// How it went with scripts.
    pub was: String,
    /// What fluxlift does instead.
    pub now: String,
    /// Where the same is done to the real programs, or why it can't be.
    pub really: String,
    /// The lab's cases in which it is.
    #[serde(default)]
    pub lab: Vec<String>,
    /// Why no step says what is diagnosed and what a rescue does: no object of Flux takes part in it.
    pub no_flux: Option<String>,
    /// What there is before the first step.
    pub start: Start,
    /// How the world differs from the usual one.
    #[serde(default)]
    pub options: Options,
    /// Variables of the commands.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Changes to the reference tree.
    #[serde(default)]
    pub tree: Vec<Edit>,
    /// Changes to the cluster's content in Git.
    #[serde(default)]
    pub content: Vec<Edit>,
    /// What happens.
    pub steps: Vec<Step>,
}

/// What there is before the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Bare machines, and the reference tree.
    Tree,
    /// A cluster of three nodes without Flux, and its kubeconfig.
    Cluster,
    /// The same without a network for Pods: its nodes are not Ready.
    ClusterWithoutNetwork,
    /// The same without nodes.
    ClusterWithoutNodes,
    /// A cluster of three nodes with VolSync and a storage class.
    ClusterWithVolsync,
}

/// How the world differs from the usual one, from its beginning.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// How long helm-controller's caches take to sync.
    pub cache_sync: Option<Span>,
    /// How long a definition takes to be Established.
    pub crd_establish: Option<Span>,
    /// How long images take to pull, by a part of their names.
    #[serde(default)]
    pub pulls: BTreeMap<String, Span>,
    /// Releases, as `namespace/name`, whose charts have an object of a kind that not every cluster has, as `group/Kind`.
    #[serde(default)]
    pub needs: BTreeMap<String, String>,
    /// Names that the cluster answers at, each with its addresses in a resolver's order.
    #[serde(default)]
    pub names: BTreeMap<String, Vec<IpAddr>>,
}

/// A change to a file: one text for another, or the whole of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Edit {
    /// The file, from the root of the repository.
    pub file: String,
    /// What is replaced; the whole file where nothing is named.
    pub from: Option<String>,
    /// What takes its place. `$PADDING` stands for three hundred thousand letters.
    pub to: String,
}

/// One step: what changes in the world, then a command or a wait, then what must be seen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// What it is, for whoever watches.
    pub say: String,
    /// Whether everything begins anew, as it was before the first step.
    #[serde(default)]
    pub anew: bool,
    /// What is broken from now on; nothing else is any more.
    pub world: Option<Behaviour>,
    /// Snapshots of volumes that lie in repositories from before.
    #[serde(default)]
    pub backups: Vec<Backup>,
    /// Objects that an administrator applies first.
    #[serde(default)]
    pub objects: Vec<Json>,
    /// Files that somebody left in the tree first.
    #[serde(default)]
    pub files: Vec<Edit>,
    /// The arguments of fluxlift.
    pub run: Option<String>,
    /// In which order Flux is installed.
    #[serde(default)]
    pub strategy: Strategy,
    /// How long to wait after that.
    pub wait: Option<Span>,
    /// What happens meanwhile.
    #[serde(default)]
    pub later: Vec<Later>,
    /// What must be seen at its end.
    #[serde(default)]
    pub expect: Expect,
}

/// A snapshot of a volume in a repository.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Backup {
    /// Where the repository is: the address in its Secret, or the handle of the volume that it lies on.
    pub repository: String,
    /// Whose volume it is, as Kopia names it: `user@host`.
    pub identity: String,
    /// How much is in it.
    pub bytes: u64,
}

/// Something that happens while a command runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Later {
    /// How long after the step began.
    pub after: Span,
    /// What is broken from then on; nothing else is any more.
    pub world: Option<Behaviour>,
    /// Whether the cluster's nodes join.
    #[serde(default)]
    pub nodes: bool,
    /// Whether the network for Pods is installed.
    #[serde(default)]
    pub network: bool,
}
