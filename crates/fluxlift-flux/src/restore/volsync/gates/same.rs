//! The image that filled the claims is the one that was proven.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

use super::super::Reading;
use crate::restore::identity::{another, path};

/// Proven when the destination still names the image that was proven.
///
/// Claims may wait for long. A schedule, or somebody's tag, may have let VolSync synchronize meanwhile, and a claim is filled
/// from the image that is the latest when it is its turn.
#[derive(Debug, Clone)]
pub struct SameImage {
    path: String,
    uid: String,
    image: String,
}

impl SameImage {
    /// The destination `object`, whose image `image` was proven.
    pub fn of(object: &Object, image: &str) -> Self {
        Self { path: path(object), uid: object.uid().to_owned(), image: image.to_owned() }
    }
}

impl Gate for SameImage {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("image of {} the same", self.path))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(object) = seen.snapshot else {
            return Verdict::pending(format!("replicationdestination {} is not there", self.path));
        };
        if let Some(end) = another(object, &self.uid) {
            return end;
        }
        match Reading(object).image() {
            Some(image) if image == self.image => {
                Verdict::proven(object.evidence(format!("status.latestImage={image}")))
            }
            image => {
                let why = format!(
                    "it was synchronized once more meanwhile: its image is {} instead of {}, and either may have filled its \
                     claims",
                    image.unwrap_or("none"),
                    self.image
                );
                let act = "see whether the data is what it should be, and keep its schedule or whoever writes its trigger \
                           from synchronizing it while claims wait";
                Verdict::stuck(why, Remedy::person(act))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn judge(uid: &str, image: &str) -> Verdict {
        let snapshot = Some(Object::new(json!({"kind": "ReplicationDestination",
            "metadata": {"name": "a", "namespace": "apps", "uid": uid}, "status": {"latestImage": {"name": image}}})));
        let gate = SameImage { path: "apps/a".to_owned(), uid: "u1".to_owned(), image: "proven".to_owned() };
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    #[test]
    fn an_image_that_was_replaced_while_claims_waited_is_refused() {
        assert!(judge("u1", "proven").is_proven());
        let Verdict::Stuck { why, .. } = judge("u1", "later") else { panic!() };
        assert!(why.contains("later instead of proven"), "{why}");
        assert!(matches!(judge("u2", "proven"), Verdict::Stuck { .. }));
    }
}
