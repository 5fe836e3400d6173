//! The path from kustomize-controller to source-controller: a Kustomization that is not suspended, on a GitRepository
//! that is.

use fluxlift_kube::Kind;
use serde_json::{Value, json};

use super::source;
use crate::kinds::{GIT_REPOSITORY, KUSTOMIZATION};

/// What kustomize-controller's Ready message says after an HTTP 404. The like-sounding "Source artifact not found" says
/// only that the source has no artifact in its status, and proves nothing.
pub(super) const ANSWER: &str = "source is not ready, artifact not found";

/// The suspended repository.
pub(super) fn source(name: &str) -> (Kind, Value) {
    (GIT_REPOSITORY, source::suspended(GIT_REPOSITORY.kind(), name))
}

/// The Kustomization that asks for it. It never prunes, and it never applies: there is nothing to apply.
pub(super) fn follower(name: &str) -> (Kind, Value) {
    (
        KUSTOMIZATION,
        json!({"interval": "1h", "suspend": false, "prune": false, "path": "./",
            "sourceRef": {"kind": "GitRepository", "name": name}}),
    )
}
