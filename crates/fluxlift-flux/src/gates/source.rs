//! The source has an artifact of the commit that it follows.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

use crate::ready::{self, Readiness};
use crate::sync::Sync;

/// Proven when the source follows the address and ref that were asked for, is Ready at its generation, and has an
/// artifact with a revision.
#[derive(Debug, Clone)]
pub struct SourceReady {
    title: String,
    url: String,
    reference: String,
}

impl SourceReady {
    /// The source `title` (`gitrepository/flux-system`), which must follow `sync`.
    pub fn new(title: impl Into<String>, sync: &Sync) -> Self {
        Self { title: title.into(), url: sync.url.clone(), reference: sync.reference.clone() }
    }
}

/// What a Git repository follows, as a full name where it has one: the operator writes names, others may write branches.
fn followed(source: &Object) -> String {
    let at = |field: &str| source.text(&format!("/spec/ref/{field}"));
    match (at("name"), at("branch"), at("tag")) {
        (Some(name), ..) => name.to_owned(),
        (None, Some(branch), None) => format!("refs/heads/{branch}"),
        (None, None, Some(tag)) => format!("refs/tags/{tag}"),
        _ => source.at("/spec/ref").to_string(),
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
        let reference = followed(source);
        if reference != self.reference {
            return Verdict::pending(format!("{} follows {reference}, not {}", self.title, self.reference));
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

    fn source(spec: Value, status: Value) -> Object {
        Object::new(json!({"kind": "GitRepository",
            "metadata": {"name": "flux-system", "namespace": "flux-system", "generation": 3},
            "spec": spec, "status": status}))
    }

    fn judged(source: Object) -> Verdict {
        let gate = SourceReady::new("gitrepository/flux-system", &Sync::git("http://git/a.git", "main", "kubernetes"));
        gate.judge(&Observation { snapshot: &Some(source), unchanged_for: Duration::ZERO })
    }

    fn ready(observed: i64, artifact: Value) -> Value {
        json!({"observedGeneration": observed, "artifact": artifact, "conditions": [{"type": "Ready", "status": "True"}]})
    }

    fn judge(url: &str, observed: i64, artifact: Value) -> Verdict {
        judged(source(json!({"url": url, "ref": {"name": "refs/heads/main"}}), ready(observed, artifact)))
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

    #[test]
    fn a_source_that_follows_another_ref_is_refused_however_it_is_written() {
        let follows = |reference: Value| {
            let spec = json!({"url": "http://git/a.git", "ref": reference});
            judged(source(spec, ready(3, json!({"revision": "main@sha1:1"}))))
        };
        for same in [json!({"name": "refs/heads/main"}), json!({"branch": "main"})] {
            assert!(follows(same).is_proven());
        }
        for other in [json!({"name": "refs/heads/old"}), json!({"tag": "main"}), json!({"semver": "1.x"}), Value::Null]
        {
            assert!(matches!(follows(other.clone()), Verdict::Pending { .. }), "{other}");
        }
        let why = "gitrepository/flux-system follows refs/heads/old, not refs/heads/main";
        assert_eq!(follows(json!({"branch": "old"})), Verdict::pending(why));
    }

    #[test]
    fn a_stall_of_the_generation_before_does_not_end_the_wait() {
        let stalled = |observed: i64| {
            let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "reason": "URLInvalid", "observedGeneration": observed});
            let spec = json!({"url": "http://git/a.git", "ref": {"name": "refs/heads/main"}});
            let conditions = [condition("Ready", "False"), condition("Stalled", "True")];
            judged(source(spec, json!({"observedGeneration": observed, "conditions": conditions})))
        };
        assert!(matches!(stalled(2), Verdict::Pending { .. }));
        assert!(matches!(stalled(3), Verdict::Stuck { .. }));
    }
}
