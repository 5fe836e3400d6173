//! The claim that was restored into is still on the volume that was written.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Timestamp, Verdict};
use fluxlift_kube::Object;

use super::super::Destination;

/// A claim and the volume that it is bound to, as they were seen together.
pub type ClaimSight = (Option<Object>, Option<Object>);

/// Proven when the claim is bound to a volume that was there when the restore ended.
///
/// A claim that was deleted and made anew has an empty volume, and its destination says that it is restored all the same.
#[derive(Debug, Clone)]
pub struct ClaimWritten {
    namespace: String,
    name: String,
    ended: Timestamp,
}

impl ClaimWritten {
    /// The claim `name` beside `destination`, whose restore ended at `ended`.
    pub fn of(destination: &Destination, name: &str, ended: Timestamp) -> Self {
        Self { namespace: destination.namespace.clone(), name: name.to_owned(), ended }
    }

    fn volume(&self, claim: &Object, volume: Option<&Object>) -> Verdict {
        let title = claim.title();
        let Some(volume) = volume else { return Verdict::pending(format!("the volume of {title} is not to be seen")) };
        if volume.text("/spec/claimRef/uid") != Some(claim.uid()) {
            return Verdict::pending(format!("{} belongs to another claim than {title}", volume.title()));
        }
        let made: Option<Timestamp> = volume.text("/metadata/creationTimestamp").and_then(|at| at.parse().ok());
        match made {
            Some(made) if made <= self.ended => {
                Verdict::proven(volume.evidence(format!("made at {made}, before the restore ended at {}", self.ended)))
            }
            Some(made) => {
                let why = format!(
                    "{title} is on a volume that was made at {made}, after the restore had ended at {}",
                    self.ended
                );
                Verdict::stuck(why, Remedy::person("find out what makes the claim anew, then run the restore again"))
            }
            None => Verdict::pending(format!("{} does not say when it was made", volume.title())),
        }
    }
}

impl Gate for ClaimWritten {
    type Snapshot = ClaimSight;

    fn name(&self) -> GateName {
        GateName::new(format!("claim {}/{} written", self.namespace, self.name))
    }

    fn judge(&self, seen: &Observation<'_, ClaimSight>) -> Verdict {
        let (claim, volume) = seen.snapshot;
        let Some(claim) = claim else {
            return Verdict::pending(format!("persistentvolumeclaim/{}/{} is not there", self.namespace, self.name));
        };
        if claim.is_terminating() {
            return Verdict::pending(format!("{} is being deleted", claim.title()));
        }
        match claim.text("/status/phase") {
            Some("Bound") => self.volume(claim, volume.as_ref()),
            phase => Verdict::pending(format!("{} is {}", claim.title(), phase.unwrap_or("without a phase"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn judge(claim: Option<&str>, owner: &str, made: &str) -> Verdict {
        let claim = claim.map(|phase| {
            Object::new(
                json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "a", "namespace": "apps", "uid": "u1"},
                "status": {"phase": phase}}),
            )
        });
        let volume = Object::new(json!({"kind": "PersistentVolume", "spec": {"claimRef": {"uid": owner}},
            "metadata": {"name": "pv", "creationTimestamp": made}}));
        let gate = ClaimWritten {
            namespace: "apps".to_owned(),
            name: "a".to_owned(),
            ended: "2026-01-01T00:10:00Z".parse().unwrap(),
        };
        gate.judge(&Observation { snapshot: &(claim, Some(volume)), unchanged_for: Duration::ZERO })
    }

    #[test]
    fn a_claim_that_was_made_anew_after_the_restore_is_refused() {
        assert!(judge(Some("Bound"), "u1", "2026-01-01T00:00:00Z").is_proven());
        let Verdict::Stuck { why, .. } = judge(Some("Bound"), "u1", "2026-01-01T00:10:01Z") else { panic!() };
        assert!(why.contains("after the restore had ended"), "{why}");
    }

    #[test]
    fn a_claim_that_is_gone_or_on_the_volume_of_another_proves_nothing() {
        assert!(!judge(None, "u1", "2026-01-01T00:00:00Z").is_proven());
        assert!(!judge(Some("Lost"), "u1", "2026-01-01T00:00:00Z").is_proven());
        assert!(!judge(Some("Bound"), "u0", "2026-01-01T00:00:00Z").is_proven());
    }
}
