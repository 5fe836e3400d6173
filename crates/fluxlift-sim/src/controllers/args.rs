//! The arguments of a Flux controller, as its Deployment gives them.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::object::{duration, items, label};

/// The arguments that change what a controller does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Args {
    /// `--concurrent`
    pub concurrent: Option<usize>,
    /// `--requeue-dependency`
    pub requeue_dependency: SignedDuration,
    /// `--watch-all-namespaces`
    pub all_namespaces: bool,
    /// `--watch-label-selector`
    pub selector: Option<String>,
    /// `--storage-adv-addr`, with its variables as they stand.
    pub storage_address: Option<String>,
    /// `--enable-leader-election`
    pub leader_election: bool,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            concurrent: None,
            requeue_dependency: SignedDuration::from_secs(30),
            all_namespaces: true,
            selector: None,
            storage_address: None,
            leader_election: true,
        }
    }
}

impl Args {
    /// The arguments of a Pod's first container; the last of a repeated one counts, as with Go's flags.
    pub fn of_pod(pod: &Value) -> Self {
        let mut args = Self::default();
        for arg in items(pod, "/spec/containers/0/args").filter_map(Value::as_str) {
            let (name, value) =
                arg.trim_start_matches('-').split_once('=').unwrap_or((arg.trim_start_matches('-'), "true"));
            match name {
                "concurrent" => args.concurrent = value.parse().ok(),
                "requeue-dependency" => {
                    args.requeue_dependency = duration(value).unwrap_or(args.requeue_dependency);
                }
                "watch-all-namespaces" => args.all_namespaces = value == "true",
                "watch-label-selector" => args.selector = Some(value.to_owned()),
                "storage-adv-addr" => args.storage_address = Some(value.to_owned()),
                "enable-leader-election" => args.leader_election = value == "true",
                _ => {}
            }
        }
        args
    }

    /// Whether a controller in `namespace` that runs with these arguments watches `object`.
    pub fn watches(&self, namespace: &str, object: &Value) -> bool {
        let at_home = self.all_namespaces || object["metadata"]["namespace"] == namespace;
        at_home && self.selector.as_deref().is_none_or(|selector| selector.split(',').all(|term| holds(term, object)))
    }
}

/// Whether one term of a label selector holds: `key=value`, `key!=value`, `key`, `!key`.
fn holds(term: &str, object: &Value) -> bool {
    let term = term.trim();
    if let Some((key, value)) = term.split_once("!=") {
        label(object, key.trim()) != Some(value.trim())
    } else if let Some((key, value)) = term.split_once('=') {
        label(object, key.trim()) == Some(value.trim_start_matches('=').trim())
    } else if let Some(key) = term.strip_prefix('!') {
        label(object, key.trim()).is_none()
    } else {
        label(object, term).is_some()
    }
}
