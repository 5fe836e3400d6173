//! Data was restored, and not nothing.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

use super::super::reading::{HUSH, Said};
use super::super::{CopyMethod, Reading};
use super::nothing::nothing;
use crate::restore::identity::{another, path};

/// Proven when the mover says that it restored a snapshot, and the destination names another image than before.
#[derive(Debug, Clone)]
pub struct DataRestored {
    path: String,
    uid: String,
    copy: CopyMethod,
    before: Option<String>,
}

impl DataRestored {
    /// The destination `object`, which named the image `before` before its trigger.
    pub fn of(object: &Object, copy: &CopyMethod, before: Option<&str>) -> Self {
        Self { path: path(object), uid: object.uid().to_owned(), copy: copy.clone(), before: before.map(str::to_owned) }
    }

    fn image(&self, object: &Object) -> Verdict {
        let look = || Remedy::person("see what VolSync's log says of it, then run the restore again");
        let kind = object.text("/status/latestImage/kind").unwrap_or_default();
        let image = Reading(object).image();
        match (&self.copy, image) {
            (CopyMethod::Direct(claim), Some(image)) if kind == "PersistentVolumeClaim" && image == claim => {
                Verdict::proven(object.evidence(format!("restored into claim {claim}")))
            }
            (CopyMethod::Snapshot, Some(image))
                if kind == "VolumeSnapshot" && self.before.as_deref() != Some(image) =>
            {
                Verdict::proven(object.evidence(format!("restored, status.latestImage={image}")))
            }
            (CopyMethod::Snapshot, Some(image)) if self.before.as_deref() == Some(image) => {
                Verdict::stuck(format!("it still names the image of before, {image}"), look())
            }
            (_, Some(image)) => Verdict::stuck(format!("it names {kind} {image} as its image, which is none"), look()),
            (_, None) => Verdict::pending("it names no image yet"),
        }
    }
}

impl Gate for DataRestored {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("data of {} restored", self.path))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(object) = seen.snapshot else {
            return Verdict::pending(format!("replicationdestination {} is not there", self.path));
        };
        if let Some(end) = another(object, &self.uid) {
            return end;
        }
        match Reading(object).said() {
            Said::Restored => self.image(object),
            Said::Partial(words) => {
                let why = format!("it restored a snapshot, and its mover complains beside that: {words}");
                let act = "see what the mover's Pod logged, and whether the data is whole; if it is, say so with the annotation \
                           fluxlift.dev/restore: skip on the destination";
                Verdict::stuck(why, Remedy::person(act))
            }
            Said::Empty(words) => nothing(object, &words),
            Said::Failed(words) => Verdict::pending(format!("its last mover failed: {words}")),
            Said::Nothing if seen.unchanged_for < HUSH => Verdict::pending("the mover left no words yet"),
            Said::Nothing => {
                let act = "see what the mover's Pod logged; what it restored is not known";
                Verdict::stuck(
                    "the mover says neither that it restored something nor that it did not",
                    Remedy::person(act),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn judge_after(copy: CopyMethod, status: Value, unchanged_for: Duration) -> Verdict {
        let snapshot = Some(Object::new(json!({"kind": "ReplicationDestination",
            "metadata": {"name": "a", "namespace": "apps", "uid": "u1"},
            "spec": {"kopia": {"sourceIdentity": {"sourceName": "app"}}}, "status": status})));
        let gate =
            DataRestored { path: "apps/a".to_owned(), uid: "u1".to_owned(), copy, before: Some("old".to_owned()) };
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for })
    }

    fn judge(logs: &str, image: &str) -> Verdict {
        let status = json!({"latestMoverStatus": {"result": "Successful", "logs": logs},
            "latestImage": {"kind": "VolumeSnapshot", "name": image},
            "kopia": {"availableIdentities": [{"identity": "other@apps"}]}});
        judge_after(CopyMethod::Snapshot, status, Duration::ZERO)
    }

    #[test]
    fn a_restored_snapshot_with_a_new_image_is_proven() {
        assert!(judge("Snapshot restore completed", "new").is_proven());
    }

    #[test]
    fn a_success_without_a_matching_snapshot_is_refused_with_what_the_repository_has() {
        let verdict = judge("No eligible snapshots found", "new");
        let Verdict::Stuck { why, .. } = verdict else { panic!("{verdict}") };
        assert!(why.contains("no snapshot of app@apps; it has those of other@apps"), "{why}");
    }

    #[test]
    fn a_restored_snapshot_with_complaints_beside_it_is_refused_in_the_mover_s_words() {
        let verdict = judge("ERROR ignored error on db/a\nSnapshot restore completed", "new");
        let Verdict::Stuck { why, .. } = verdict else { panic!("{verdict}") };
        assert!(why.contains("complains beside that: ERROR ignored error on db/a"), "{why}");
    }

    #[test]
    fn an_image_from_before_is_refused_whatever_the_logs_say() {
        assert!(matches!(judge("Snapshot restore completed", "old"), Verdict::Stuck { .. }));
    }

    #[test]
    fn empty_logs_are_unknown_and_never_a_success() {
        assert!(matches!(judge("", "new"), Verdict::Pending { .. }));
        let status = json!({"latestMoverStatus": {"result": "Successful", "logs": ""},
            "latestImage": {"kind": "VolumeSnapshot", "name": "new"}});
        assert!(matches!(judge_after(CopyMethod::Snapshot, status, HUSH), Verdict::Stuck { .. }));
    }

    #[test]
    fn a_direct_restore_names_its_claim() {
        let status = |name: &str| {
            json!({"latestMoverStatus": {"result": "Successful", "logs": "Snapshot restore completed"},
                "latestImage": {"kind": "PersistentVolumeClaim", "name": name}})
        };
        let judge = |name| judge_after(CopyMethod::Direct("a".to_owned()), status(name), Duration::ZERO);
        assert!(judge("a").is_proven() && !judge("b").is_proven());
    }
}
