//! The root Kustomization has applied what the source has.

use fluxlift_core::{Gate, GateName, Observation, Verdict};
use fluxlift_kube::Object;

use super::source::revision;
use crate::ready::Readiness;

/// Proven when the root is Ready at its generation and the revision that it applied is the source's present one.
#[derive(Debug, Clone)]
pub struct RootReady {
    name: String,
}

impl RootReady {
    /// The root Kustomization `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl Gate for RootReady {
    /// The source and the root, seen together.
    type Snapshot = (Option<Object>, Option<Object>);

    fn name(&self) -> GateName {
        GateName::new(format!("kustomization/{} ready", self.name))
    }

    fn judge(&self, seen: &Observation<'_, Self::Snapshot>) -> Verdict {
        let (source, root) = seen.snapshot;
        let Some(root) = root else {
            return Verdict::pending(format!("kustomization/{} does not exist yet", self.name));
        };
        let Some(revision) = source.as_ref().and_then(revision) else {
            return Verdict::pending("the source has no revision yet");
        };
        if root.flag("/spec/suspend") {
            return Verdict::pending(format!("kustomization/{} is suspended", self.name));
        }
        match Readiness::of(root) {
            Readiness::Ready(_) => match root.text("/status/lastAppliedRevision") {
                Some(applied) if applied == revision => {
                    Verdict::proven(root.evidence(format!("status.lastAppliedRevision={applied}")))
                }
                applied => {
                    let applied = applied.unwrap_or("nothing");
                    Verdict::pending(format!("kustomization/{} has applied {applied}, not {revision}", self.name))
                }
            },
            other => Verdict::pending(format!("kustomization/{}: {other}", self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn judge(applied: &str, suspended: bool) -> Verdict {
        let source = Object::new(json!({"status": {"artifact": {"revision": "main@sha1:2"}}}));
        let root = Object::new(json!({"metadata": {"generation": 1}, "spec": {"suspend": suspended}, "status": {
            "observedGeneration": 1, "lastAppliedRevision": applied, "conditions": [{"type": "Ready", "status": "True"}]}}));
        let snapshot = (Some(source), Some(root));
        RootReady::new("flux-system").judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    #[test]
    fn a_root_that_is_ready_at_the_revision_before_is_refused() {
        assert!(judge("main@sha1:2", false).is_proven());
        let why = "kustomization/flux-system has applied main@sha1:1, not main@sha1:2";
        assert_eq!(judge("main@sha1:1", false), Verdict::pending(why));
    }

    #[test]
    fn a_suspended_root_is_refused_however_ready_it_looks() {
        assert_eq!(judge("main@sha1:2", true), Verdict::pending("kustomization/flux-system is suspended"));
    }
}
