//! The claims of a Restore are filled.

use fluxlift_core::{Evidence, Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::{Collection, Object};

use super::super::decide::again;
use super::super::reading::{Worth, judge};
use crate::restore::identity::{another, path};

/// Proven when each claim is bound to the volume that this Restore has filled for it from a snapshot that it names.
#[derive(Debug, Clone)]
pub struct ClaimsFilled {
    path: String,
    uid: String,
    /// The claims by name, with their UIDs.
    claims: Vec<(String, String)>,
}

impl ClaimsFilled {
    /// These claims of `restore`.
    pub fn of(restore: &Object, claims: &[Object]) -> Self {
        let of = |claim: &Object| (claim.name().to_owned(), claim.uid().to_owned());
        Self { path: path(restore), uid: restore.uid().to_owned(), claims: claims.iter().map(of).collect() }
    }

    /// The claims that are filled as it was seen, each with the id of its snapshot.
    pub fn filled(&self, seen: &[Collection]) -> Vec<(String, String)> {
        let Ok(worths) = self.worths(seen) else { return Vec::new() };
        let filled = worths.into_iter().filter_map(|(claim, worth)| match worth {
            Worth::Filled(id) => Some((claim.to_owned(), id)),
            Worth::Waits(_) | Worth::Not { .. } => None,
        });
        filled.collect()
    }

    /// What the Restore's words about each claim are worth, or why none of them are.
    fn worths(&self, seen: &[Collection]) -> Result<Vec<(&str, Worth)>, Box<Verdict>> {
        let [restores, claims, volumes] = seen else { return Err(Verdict::pending("nothing was observed yet").into()) };
        let Some(restore) = restores.only() else {
            return Err(Verdict::pending(format!("restore {} is not there", self.path)).into());
        };
        if let Some(end) = another(restore, &self.uid) {
            return Err(end.into());
        }
        let mut worths = Vec::new();
        for (name, uid) in &self.claims {
            let Some(claim) = claims.iter().find(|claim| claim.name() == name) else {
                return Err(Verdict::pending(format!("claim {name} is not there any more")).into());
            };
            if let Some(end) = another(claim, uid) {
                return Err(end.into());
            }
            worths.push((name.as_str(), judge(restore, claim, volumes)));
        }
        Ok(worths)
    }
}

impl Gate for ClaimsFilled {
    /// The Restore alone, the claims of its namespace, the volumes.
    type Snapshot = Vec<Collection>;

    fn name(&self) -> GateName {
        GateName::new(format!("claims of {} filled", self.path))
    }

    fn judge(&self, seen: &Observation<'_, Vec<Collection>>) -> Verdict {
        let worths = match self.worths(seen.snapshot) {
            Ok(worths) => worths,
            Err(verdict) => return *verdict,
        };
        // One that will not come is told before one that may.
        for (claim, worth) in &worths {
            if let (Worth::Not { why, .. }, Some(restore)) = (worth, seen.snapshot[0].only()) {
                return Verdict::stuck(why.clone(), Remedy::person(again(restore, &[claim])));
            }
        }
        let mut filled = Vec::new();
        for (claim, worth) in worths {
            match worth {
                Worth::Filled(id) => filled.push(format!("{claim} from snapshot {id}")),
                Worth::Waits(why) | Worth::Not { why, .. } => return Verdict::pending(why),
            }
        }
        match filled.is_empty() {
            true => Verdict::pending("no claim is filled from it"),
            false => Verdict::proven(Evidence::new(format!("restore/{}", self.path), filled.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn claim(name: &str, uid: &str) -> Object {
        Object::new(
            json!({"kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "apps", "uid": uid},
            "spec": {"volumeName": format!("pv-{name}")}, "status": {"phase": "Bound"}}),
        )
    }

    fn judge(uid: &str, claims: &[Object], second: &str) -> Verdict {
        let record = |uid: &str, phase: &str| -> Value {
            json!({"uid": uid, "phase": phase, "reason": if phase == "Failed" { "MoverJobFailed" } else { "RestoreSucceeded" },
                "resolved": {"resolution": "Snapshot", "kopiaSnapshotID": "k1"}})
        };
        let restore = Object::new(json!({"kind": "Restore",
            "metadata": {"name": "app", "namespace": "apps", "uid": uid, "generation": 1},
            "status": {"observedGeneration": 1,
                "claims": {"a": record("u1", "Populated"), "b": record("u2", second)}}}));
        let volume = |name: &str, owner: &str| {
            Object::new(json!({"metadata": {"name": format!("pv-{name}")}, "spec": {"claimRef": {"uid": owner}}}))
        };
        let gate = ClaimsFilled {
            path: "apps/app".to_owned(),
            uid: "r1".to_owned(),
            claims: vec![("a".to_owned(), "u1".to_owned()), ("b".to_owned(), "u2".to_owned())],
        };
        let volumes = [volume("a", "u1"), volume("b", "u2")];
        let snapshot = vec![
            [restore].into_iter().collect(),
            claims.iter().cloned().collect(),
            volumes.into_iter().collect::<Collection>(),
        ];
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    fn both() -> [Object; 2] {
        [claim("a", "u1"), claim("b", "u2")]
    }

    #[test]
    fn all_of_them_must_be_filled() {
        assert!(judge("r1", &both(), "Populated").is_proven());
        assert!(matches!(judge("r1", &both(), "Rebinding"), Verdict::Pending { .. }));
        assert!(matches!(judge("r1", &both()[..1], "Populated"), Verdict::Pending { .. }));
    }

    #[test]
    fn one_that_failed_is_told_by_its_name_though_the_other_is_filled() {
        let Verdict::Stuck { why, remedy: Remedy::Person { act } } = judge("r1", &both(), "Failed") else { panic!() };
        assert!(why.contains("claim b was not filled: Failed (MoverJobFailed)"), "{why}");
        assert!(act.contains("suspend what uses claim b"), "{act}");
    }

    #[test]
    fn a_restore_or_a_claim_that_was_made_anew_is_another_one() {
        assert!(matches!(judge("r2", &both(), "Populated"), Verdict::Stuck { .. }));
        let anew = [claim("a", "u9"), claim("b", "u2")];
        assert!(matches!(judge("r1", &anew, "Populated"), Verdict::Stuck { .. }));
    }
}
