//! The source has an artifact of the commit that it follows.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

use crate::ready::{self, Readiness};

/// Proven when the source follows the address and ref that were asked for, is Ready at its generation, and has an
/// artifact with a revision.
#[derive(Debug, Clone)]
pub struct SourceReady {
    title: String,
    url: String,
}

impl SourceReady {
    /// The source `title` (`gitrepository/flux-system`), which must follow `url`.
    pub fn new(title: impl Into<String>, url: impl Into<String>) -> Self {
        Self { title: title.into(), url: url.into() }
    }
}

/// The revision of a source's artifact, such as `refs/heads/main@sha1:…`.
pub fn revision(source: &Object) -> Option<&str> {
    source.text("/status/artifact/revision").filter(|revision| !revision.is_empty())
}

impl Gate for SourceReady {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("{} ready", self.title))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(source) = seen.snapshot else { return Verdict::pending(format!("{} does not exist yet", self.title)) };
        let url = source.text("/spec/url").unwrap_or_default();
        if url != self.url {
            return Verdict::pending(format!("{} still follows {url}", self.title));
        }
        match (Readiness::of(source), revision(source)) {
            (Readiness::Ready(_), Some(revision)) => {
                Verdict::proven(source.evidence(format!("status.artifact.revision={revision}")))
            }
            (Readiness::Ready(_), None) => Verdict::pending(format!("{} is Ready without an artifact", self.title)),
            (other, _) => match ready::stalled(source) {
                Some(stalled) => {
                    let act = "mend the repository's address, ref or credentials in the unit's inputs";
                    Verdict::stuck(format!("{}: {stalled}", self.title), Remedy::person(act))
                }
                None => Verdict::pending(format!("{}: {other}", self.title)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn judge(url: &str, observed: i64, artifact: Value) -> Verdict {
        let source = Object::new(json!({"kind": "GitRepository",
            "metadata": {"name": "flux-system", "namespace": "flux-system", "generation": 3},
            "spec": {"url": url}, "status": {"observedGeneration": observed, "artifact": artifact,
            "conditions": [{"type": "Ready", "status": "True"}]}}));
        let gate = SourceReady::new("gitrepository/flux-system", "http://git/a.git");
        gate.judge(&Observation { snapshot: &Some(source), unchanged_for: Duration::ZERO })
    }

    #[test]
    fn a_source_that_still_follows_the_old_address_is_refused() {
        let artifact = json!({"revision": "main@sha1:1"});
        assert!(judge("http://git/a.git", 3, artifact.clone()).is_proven());
        assert!(!judge("http://git/old.git", 3, artifact).is_proven());
    }

    #[test]
    fn ready_at_an_older_generation_or_without_an_artifact_is_refused() {
        assert!(!judge("http://git/a.git", 2, json!({"revision": "main@sha1:1"})).is_proven());
        assert!(!judge("http://git/a.git", 3, json!({"revision": ""})).is_proven());
        assert!(!judge("http://git/a.git", 3, Value::Null).is_proven());
    }
}
