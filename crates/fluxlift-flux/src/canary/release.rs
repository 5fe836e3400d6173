//! The suspended HelmRelease: proves that helm-controller leads, that the watches of all its kinds are synced, that a
//! worker lives and that finalizer and status can be written. No chart, no network, no event.

use fluxlift_kube::Object;
use serde_json::{Value, json};

/// A HelmRelease whose chart does not exist and is never looked for.
///
/// `chartRef` points to a HelmChart and not to an OCIRepository: before Flux 2.6 that one has another version.
pub(super) fn suspended(name: &str) -> Value {
    json!({"interval": "1h", "suspend": true, "chartRef": {"kind": "HelmChart", "name": name}})
}

/// The first pass echoes the token, the second one observes the generation: both are demanded, for -1 is what this is
/// all about.
pub(super) fn missing(canary: &Object) -> Option<String> {
    let observed = canary.number("/status/observedGeneration").unwrap_or(-1);
    (observed != canary.generation()).then(|| format!("status.observedGeneration is {observed}: one pass is missing"))
}
