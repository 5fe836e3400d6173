//! What a Restore says of one claim, and what it is worth.

use fluxlift_kube::{Collection, Object};
use serde_json::Value;

/// What the words of a Restore about one claim are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worth {
    /// The claim is bound to the volume that was filled for it from the snapshot of this id.
    Filled(String),
    /// Not yet, because of this.
    Waits(String),
    /// It will not come by waiting.
    Not {
        /// Why not.
        why: String,
        /// Whether the claim is known to hold nothing that was restored.
        empty: bool,
    },
}

impl Worth {
    const fn not(why: String, empty: bool) -> Self {
        Self::Not { why, empty }
    }
}

/// What `restore` says of `claim`, against what the claim and its volume are. Which objects these are is not asked here.
pub fn judge(restore: &Object, claim: &Object, volumes: &Collection) -> Worth {
    let (name, bound) = (claim.name(), claim.text("/status/phase") == Some("Bound"));
    if restore.number("/status/observedGeneration") != Some(restore.generation()) {
        return Worth::Waits(format!("kopiur has not read {} as it is now yet", restore.title()));
    }
    if restore.flag("/spec/options/ignoreErrors") {
        return Worth::not(
            "it ignores all errors (spec.options.ignoreErrors), so that success shows nothing".to_owned(),
            false,
        );
    }
    let record = Record(restore.at("/status/claims").get(name).unwrap_or(&Value::Null));
    if record.text("uid") != claim.uid() {
        return match bound {
            true => Worth::not(
                format!("claim {name} is bound, and kopiur says nothing of it: releases after 0.10.8 do"),
                false,
            ),
            false => Worth::Waits(format!("kopiur has said nothing of claim {name} yet")),
        };
    }
    match record.settled(name).unwrap_or_else(|| record.source(name)) {
        Worth::Filled(id) => record.populated(name).or_else(|| owned(claim, volumes)).unwrap_or(Worth::Filled(id)),
        other => other,
    }
}

/// What a Restore has written down of one claim.
#[derive(Clone, Copy)]
struct Record<'a>(&'a Value);

impl<'a> Record<'a> {
    fn text(self, field: &str) -> &'a str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// Its phase with reason and message, for people.
    fn told(self) -> String {
        let or = |field, none| Some(self.text(field)).filter(|text| !text.is_empty()).unwrap_or(none);
        format!("{} ({}): {}", or("phase", "nothing yet"), or("reason", "no reason"), or("message", "no message"))
    }

    /// An end that is no restore, if it came to one.
    fn settled(self, name: &str) -> Option<Worth> {
        match (self.text("phase"), self.text("reason")) {
            (_, "LostRebind") => {
                Some(Worth::not(format!("claim {name} is bound to another volume: {}", self.told()), true))
            }
            ("AlreadyBound", _) | (_, "TargetAlreadyBound") => {
                let why = "was bound before kopiur could fill it, so that no restore of it ran";
                Some(Worth::not(format!("claim {name} {why}"), false))
            }
            (_, "NoSnapshotContinue") => Some(nothing(name)),
            ("Failed", _) => Some(Worth::not(format!("claim {name} was not filled: {}", self.told()), true)),
            _ => None,
        }
    }

    /// The snapshot that it is filled from.
    fn source(self, name: &str) -> Worth {
        let resolved = &self.0["resolved"];
        match (resolved["resolution"].as_str(), resolved["kopiaSnapshotID"].as_str()) {
            (Some("Snapshot"), Some(id)) if !id.is_empty() => Worth::Filled(id.to_owned()),
            (Some("NoSnapshot"), _) => nothing(name),
            // kopiur pins what it restores before it does.
            _ if self.text("phase") == "Populated" => {
                Worth::not(format!("kopiur calls claim {name} populated, and does not say from which snapshot"), true)
            }
            _ => Worth::Waits(format!("claim {name} is {}", self.told())),
        }
    }

    /// Why it is not populated yet. A phase that nobody knows is none.
    fn populated(self, name: &str) -> Option<Worth> {
        let done = self.text("phase") == "Populated" && self.text("reason") == "RestoreSucceeded";
        (!done).then(|| Worth::Waits(format!("claim {name} is {}", self.told())))
    }
}

fn nothing(name: &str) -> Worth {
    Worth::not(format!("kopiur found no snapshot for claim {name}, and gives it an empty volume"), true)
}

/// Why a claim is not bound to a volume of its own yet.
fn owned(claim: &Object, volumes: &Collection) -> Option<Worth> {
    let (title, phase) = (claim.title(), claim.text("/status/phase"));
    let (Some("Bound"), Some(name)) = (phase, claim.text("/spec/volumeName")) else {
        return Some(Worth::Waits(format!("{title} is {}", phase.unwrap_or("without a phase"))));
    };
    match volumes.get(None, name) {
        None => Some(Worth::Waits(format!("the volume of {title} is not to be seen"))),
        Some(volume) if volume.text("/spec/claimRef/uid") != Some(claim.uid()) => {
            Some(Worth::Waits(format!("{} belongs to another claim than {title}", volume.title())))
        }
        Some(_) => None,
    }
}

/// What the snapshot of this id has in it, as the Snapshots say that are to be seen.
///
/// # Errors
/// Why it is none to restore: there is nothing in it.
pub fn weigh(snapshots: &Collection, id: &str) -> Result<String, String> {
    let same = |one: &&Object| one.text("/status/snapshot/kopiaSnapshotID") == Some(id);
    let mut sized = snapshots.iter().filter(same).filter_map(|one| Some((one, one.number("/status/stats/sizeBytes")?)));
    match sized.next() {
        None => Ok(format!("snapshot {id} of unknown size")),
        Some((one, 0)) => Err(format!("snapshot {id} was made of an empty volume: {} has 0 bytes", one.title())),
        Some((one, bytes)) => {
            let left = one.number("/status/stats/filesFailed").filter(|failed| *failed > 0);
            let left =
                left.map(|failed| format!(", without {failed} files that could not be read")).unwrap_or_default();
            Ok(format!("snapshot {id} of {bytes} bytes{left}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claim(phase: &str) -> Object {
        Object::new(
            json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "app", "namespace": "apps", "uid": "u"},
            "spec": {"volumeName": "pv"}, "status": {"phase": phase}}),
        )
    }

    fn populated() -> Value {
        json!({"uid": "u", "phase": "Populated", "reason": "RestoreSucceeded",
            "resolved": {"resolution": "Snapshot", "kopiaSnapshotID": "k1"}})
    }

    fn restore(record: &Value) -> Object {
        Object::new(json!({"kind": "Restore", "metadata": {"name": "app", "namespace": "apps", "generation": 2},
            "status": {"phase": "Completed", "observedGeneration": 2, "claims": {"app": record}}}))
    }

    fn judged(restore: &Object, phase: &str) -> Worth {
        let volume =
            json!({"kind": "PersistentVolume", "metadata": {"name": "pv"}, "spec": {"claimRef": {"uid": "u"}}});
        judge(restore, &claim(phase), &[Object::new(volume)].into_iter().collect())
    }

    /// The record of a claim that is populated, with some fields changed.
    fn with(change: impl FnOnce(&mut Value)) -> Object {
        let mut record = populated();
        change(&mut record);
        restore(&record)
    }

    #[test]
    fn a_claim_that_is_bound_to_what_was_populated_for_it_is_filled() {
        assert_eq!(judged(&restore(&populated()), "Bound"), Worth::Filled("k1".to_owned()));
        let others =
            json!({"kind": "PersistentVolume", "metadata": {"name": "pv"}, "spec": {"claimRef": {"uid": "v"}}});
        let others = [Object::new(others)].into_iter().collect();
        assert!(matches!(judge(&restore(&populated()), &claim("Bound"), &others), Worth::Waits(_)));
    }

    #[test]
    fn completed_without_a_snapshot_is_empty_and_not_restored() {
        let empty = |object: &Object| matches!(judged(object, "Bound"), Worth::Not { empty: true, .. });
        assert!(empty(&with(|record| {
            record["reason"] = json!("NoSnapshotContinue");
            record["resolved"] = json!({"resolution": "NoSnapshot"});
        })));
        assert!(empty(&with(|record| record["resolved"] = json!({}))), "silence about the snapshot is none");
    }

    #[test]
    fn completed_over_a_claim_that_was_bound_proves_nothing() {
        let bound = with(|record| {
            record["phase"] = json!("AlreadyBound");
            record["reason"] = json!("TargetAlreadyBound");
        });
        assert!(
            matches!(judged(&bound, "Bound"), Worth::Not { empty: false, .. }),
            "it may have been in use for years"
        );
        let lost = with(|record| record["reason"] = json!("LostRebind"));
        assert!(matches!(judged(&lost, "Bound"), Worth::Not { empty: true, .. }));
    }

    #[test]
    fn a_status_of_an_older_generation_is_not_believed() {
        let mut object = restore(&populated());
        object.json_mut()["status"]["observedGeneration"] = json!(1);
        assert!(matches!(judged(&object, "Bound"), Worth::Waits(_)));
    }

    #[test]
    fn a_record_of_a_claim_that_was_made_anew_is_not_its() {
        let other = with(|record| record["uid"] = json!("before"));
        assert!(matches!(judged(&other, "Pending"), Worth::Waits(_)));
        assert!(matches!(judged(&other, "Bound"), Worth::Not { empty: false, .. }));
    }

    #[test]
    fn a_release_that_says_nothing_of_claims_is_refused_by_what_it_lacks() {
        let Worth::Not { why, .. } = judged(&restore(&Value::Null), "Bound") else { panic!() };
        assert!(why.contains("kopiur says nothing of it: releases after 0.10.8 do"), "{why}");
    }

    #[test]
    fn a_mover_that_stamps_completed_before_the_bind_proves_nothing() {
        let rebinding = with(|record| record["phase"] = json!("Rebinding"));
        assert!(matches!(judged(&rebinding, "Bound"), Worth::Waits(_)));
        assert!(matches!(judged(&restore(&populated()), "Pending"), Worth::Waits(_)));
        assert!(matches!(judged(&with(|record| record["phase"] = json!("Novel")), "Bound"), Worth::Waits(_)));
    }

    #[test]
    fn a_restore_that_ignores_errors_is_refused() {
        let mut object = restore(&populated());
        object.json_mut()["spec"] = json!({"options": {"ignoreErrors": true}});
        assert!(matches!(judged(&object, "Bound"), Worth::Not { .. }));
    }

    #[test]
    fn a_snapshot_of_nothing_is_refused_and_one_of_unknown_size_is_said_to_be() {
        let of = |stats: Value| -> Collection {
            let one = json!({"kind": "Snapshot", "metadata": {"name": "s", "namespace": "apps"},
                "status": {"snapshot": {"kopiaSnapshotID": "k1"}, "stats": stats}});
            [Object::new(one)].into_iter().collect()
        };
        assert_eq!(weigh(&of(json!({"sizeBytes": 7})), "k1").unwrap(), "snapshot k1 of 7 bytes");
        assert!(weigh(&of(json!({"sizeBytes": 0})), "k1").unwrap_err().contains("snapshot/apps/s has 0 bytes"));
        assert!(weigh(&of(json!({"sizeBytes": 0})), "k2").unwrap().contains("of unknown size"));
        assert!(weigh(&of(json!({"sizeBytes": 7, "filesFailed": 2})), "k1").unwrap().contains("without 2 files"));
    }
}
