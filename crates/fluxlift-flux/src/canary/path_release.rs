//! The path from helm-controller to source-controller: a HelmRelease that is not suspended, on a HelmChart that is.

use fluxlift_kube::Kind;
use serde_json::{Value, json};

use super::source;
use crate::kinds::{HELM_CHART, HELM_RELEASE};

/// What helm-controller's Ready message says after an HTTP 404.
pub(super) const ANSWER: &str = "artifact not found";

/// The suspended chart.
pub(super) fn source(name: &str) -> (Kind, Value) {
    (HELM_CHART, source::suspended(HELM_CHART.kind(), name))
}

/// The release that asks for it. It never installs: there is no chart to install.
pub(super) fn follower(name: &str) -> (Kind, Value) {
    (HELM_RELEASE, json!({"interval": "1h", "suspend": false, "chartRef": {"kind": "HelmChart", "name": name}}))
}
