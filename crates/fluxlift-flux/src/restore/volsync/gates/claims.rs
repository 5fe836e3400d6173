//! The claims that waited for the image are bound, and were filled from it.

use fluxlift_core::{Evidence, Gate, GateName, Observation, Remedy, Timestamp, Verdict};
use fluxlift_kube::{Collection, Object};

use crate::restore::identity::another;

/// How a claim gets another image than that which it was filled from. It must not be made anew before the image is:
/// VolSync would fill it from the one of before.
pub fn again(claim: &Object) -> String {
    format!(
        "if its data is not what it should be: suspend what makes and uses claim {name}, delete it, run the restore again, \
         then resume",
        name = claim.name()
    )
}

/// Proven when each claim that waited is bound to a volume that was made after the image.
///
/// A volume that is older was filled from an image of before, which may have been an empty one.
#[derive(Debug, Clone)]
pub struct ClaimsBound {
    path: String,
    image: Timestamp,
    claims: Vec<(String, String)>,
}

impl ClaimsBound {
    /// The claims that are filled from the destination `path`, whose image is there since `image`.
    pub fn of(path: &str, image: Timestamp, claims: &[Object]) -> Self {
        let of = |claim: &Object| (claim.name().to_owned(), claim.uid().to_owned());
        Self { path: path.to_owned(), image, claims: claims.iter().map(of).collect() }
    }

    /// What is wrong with the volume of a bound claim, if anything is.
    fn volume(&self, claim: &Object, volume: Option<&Object>) -> Option<Verdict> {
        let title = claim.title();
        let Some(volume) = volume else {
            return Some(Verdict::pending(format!("the volume of {title} is not to be seen")));
        };
        if volume.text("/spec/claimRef/uid") != Some(claim.uid()) {
            return Some(Verdict::pending(format!("{} belongs to another claim than {title}", volume.title())));
        }
        let made: Option<Timestamp> = volume.text("/metadata/creationTimestamp").and_then(|at| at.parse().ok());
        match made {
            Some(made) if made >= self.image => None,
            Some(made) => {
                let why = format!("{title} was filled at {made}, from an image of before {}", self.image);
                Some(Verdict::stuck(why, Remedy::person(again(claim))))
            }
            None => Some(Verdict::pending(format!("{} does not say when it was made", volume.title()))),
        }
    }
}

impl Gate for ClaimsBound {
    /// The claims of the namespace, then the volumes.
    type Snapshot = Vec<Collection>;

    fn name(&self) -> GateName {
        GateName::new(format!("claims of {} bound", self.path))
    }

    fn judge(&self, seen: &Observation<'_, Vec<Collection>>) -> Verdict {
        let none = Collection::default();
        let (claims, volumes) = (seen.snapshot.first().unwrap_or(&none), seen.snapshot.get(1).unwrap_or(&none));
        let mut bound = Vec::new();
        for (name, uid) in &self.claims {
            let Some(claim) = claims.iter().find(|claim| claim.name() == name) else {
                return Verdict::pending(format!("claim {name} is not there any more"));
            };
            if let Some(end) = another(claim, uid) {
                return end;
            }
            match (claim.text("/status/phase"), claim.text("/spec/volumeName")) {
                (Some("Bound"), Some(volume)) => match self.volume(claim, volumes.get(None, volume)) {
                    Some(wrong) => return wrong,
                    None => bound.push(format!("{name} to {volume}")),
                },
                (phase, _) => {
                    let why = "a claim whose class waits for its first consumer binds when a Pod uses it";
                    let phase = phase.unwrap_or("without a phase");
                    return Verdict::pending(format!("{} is {phase}; {why}", claim.title()));
                }
            }
        }
        match bound.is_empty() {
            true => Verdict::pending("no claim is filled from it"),
            false => Verdict::proven(Evidence::new(
                format!("claims of {}", self.path),
                format!("bound: {}", bound.join(", ")),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn claim(name: &str, uid: &str, phase: &str) -> Object {
        Object::new(
            json!({"kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "apps", "uid": uid},
            "spec": {"volumeName": format!("pv-{name}")}, "status": {"phase": phase}}),
        )
    }

    fn volume(name: &str, owner: &str, made: &str) -> Object {
        Object::new(json!({"kind": "PersistentVolume", "spec": {"claimRef": {"uid": owner}},
            "metadata": {"name": format!("pv-{name}"), "creationTimestamp": made}}))
    }

    fn judge(claims: &[Object], volumes: &[Object]) -> Verdict {
        let waited = [claim("a", "u1", "Pending"), claim("b", "u2", "Pending")];
        let all = |objects: &[Object]| objects.iter().cloned().collect::<Collection>();
        let snapshot = vec![all(claims), all(volumes)];
        let gate = ClaimsBound::of("apps/x", "2026-01-01T00:10:00Z".parse().unwrap(), &waited);
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    const AFTER: &str = "2026-01-01T00:10:05Z";

    #[test]
    fn all_of_them_must_be_bound() {
        let volumes = [volume("a", "u1", AFTER), volume("b", "u2", AFTER)];
        assert!(judge(&[claim("a", "u1", "Bound"), claim("b", "u2", "Bound")], &volumes).is_proven());
        assert!(!judge(&[claim("a", "u1", "Bound"), claim("b", "u2", "Pending")], &volumes).is_proven());
        assert!(!judge(&[claim("a", "u1", "Bound")], &volumes).is_proven());
        assert!(!judge(&[claim("a", "u1", "Bound"), claim("b", "u2", "Bound")], &volumes[..1]).is_proven());
    }

    #[test]
    fn a_claim_that_was_made_anew_is_another_one() {
        let volumes = [volume("a", "u9", AFTER), volume("b", "u2", AFTER)];
        let verdict = judge(&[claim("a", "u9", "Bound"), claim("b", "u2", "Bound")], &volumes);
        assert!(matches!(verdict, Verdict::Stuck { .. }), "{verdict}");
    }

    #[test]
    fn a_claim_that_was_filled_before_the_image_was_there_is_refused() {
        let volumes = [volume("a", "u1", "2026-01-01T00:09:59Z"), volume("b", "u2", AFTER)];
        let verdict = judge(&[claim("a", "u1", "Bound"), claim("b", "u2", "Bound")], &volumes);
        let Verdict::Stuck { why, .. } = verdict else { panic!("{verdict}") };
        assert!(why.contains("from an image of before"), "{why}");
    }
}
