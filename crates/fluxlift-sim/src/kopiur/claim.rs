//! One claim of a Restore: pinned, populated, handed over, recorded.

use serde_json::{Value, json};

use super::{Step, catalog, policy};
use crate::controllers::conditions::moment;
use crate::controllers::object::{some_text, text};
use crate::controllers::{Outcome, Pass, Step as PassStep};
use crate::kube::{GroupResource, Key, Status};

/// What a claim has come to: the mover that works for it, if one does.
type Driven = Result<Option<Outcome>, Status>;

/// Which snapshot a claim is filled from.
enum Source {
    /// This is known of it.
    Pinned(Value),
    /// There is none, and the Restore is to fail then.
    Missing,
    /// Its policy is not there yet.
    Waits,
}

/// Does what is due for a claim; `Some` while its mover works.
pub(super) fn drive(pass: &mut Pass<'_>, restore: &Value, claim: &Value) -> Driven {
    let name = text(claim, "/metadata/name");
    let record = &restore["status"]["claims"][name];
    // A claim that was made anew is another one; the snapshot stays the one that was pinned.
    let known = text(record, "/uid") == text(claim, "/metadata/uid");
    let bound = text(claim, "/status/phase") == "Bound";
    match text(record, "/phase") {
        "Populated" | "AlreadyBound" | "Failed" if known => Ok(None),
        "Rebinding" if known && !bound => Ok(None),
        "Rebinding" if known => {
            let reason = match text(record, "/resolved/resolution") {
                "NoSnapshot" => "NoSnapshotContinue",
                _ => "RestoreSucceeded",
            };
            record_of(pass, claim, "Populated", [reason, "the claim is bound to the volume that was populated"])?;
            Ok(None)
        }
        "Populating" if known => Ok(Some(moving(pass, name))),
        _ if bound => {
            let why = "the claim was bound before there was anything to populate";
            record_of(pass, claim, "AlreadyBound", ["TargetAlreadyBound", why])?;
            Ok(None)
        }
        _ => begin(pass, restore, claim),
    }
}

fn begin(pass: &mut Pass<'_>, restore: &Value, claim: &Value) -> Driven {
    let name = text(claim, "/metadata/name").to_owned();
    match source(pass, restore, &name) {
        Source::Waits => {
            record_of(pass, claim, "Pending", ["RestoreReferentMissing", "the policy is not there"])?;
            Ok(None)
        }
        Source::Missing => {
            record_of(pass, claim, "Failed", ["SnapshotNotFound", "no snapshot matches the source"])?;
            Ok(None)
        }
        Source::Pinned(resolved) => {
            record_of(pass, claim, "Populating", ["PopulatingPrimePvc", "a mover fills the volume"])?;
            if !pass.world.kopiur.unpinned.contains(&pass.key) {
                pass.status(|status| status["claims"][&name]["resolved"] = resolved)?;
            }
            Ok(Some(moving(pass, &name)))
        }
    }
}

fn moving(pass: &Pass<'_>, claim: &str) -> Outcome {
    Outcome::Busy(pass.world.volsync.moving, PassStep::Kopiur(Step::Populated(claim.to_owned())))
}

/// The snapshot of a claim: the one that was pinned for its name, or the newest of the policy.
fn source(pass: &Pass<'_>, restore: &Value, name: &str) -> Source {
    let pinned = &restore["status"]["claims"][name]["resolved"];
    if pinned.is_object() {
        return Source::Pinned(pinned.clone());
    }
    let Some(policy) = policy_of(pass, restore) else { return Source::Waits };
    let (identity, at) = (policy::identity(&policy), moment(pass.now()));
    match catalog::newest(pass.world, policy::place(&policy), &identity) {
        Some(id) => Source::Pinned(json!({"resolution": "Snapshot", "kopiaSnapshotID": id, "pinnedAt": at})),
        None if text(restore, "/spec/policy/onMissingSnapshot") == "Fail" => Source::Missing,
        None => Source::Pinned(json!({"resolution": "NoSnapshot", "pinnedAt": at})),
    }
}

fn policy_of(pass: &Pass<'_>, restore: &Value) -> Option<std::sync::Arc<Value>> {
    policy::named(pass, &restore["spec"]["source"]["fromPolicy"], text(restore, "/metadata/namespace"))
}

/// Gives a claim the volume that the mover has filled for it.
pub(super) fn hand_over(pass: &mut Pass<'_>, restore: &Value, claim: &Value) -> Result<(), Status> {
    let (name, uid) = (text(claim, "/metadata/name"), text(claim, "/metadata/uid"));
    let record = &restore["status"]["claims"][name];
    if text(record, "/uid") != uid || text(record, "/phase") != "Populating" {
        return Ok(());
    }
    if pass.world.kopiur.failing.contains(&pass.key) {
        return record_of(
            pass,
            claim,
            "Failed",
            ["MoverJobFailed", "unable to open the repository: input/output error"],
        );
    }
    if some_text(claim, "/spec/volumeName").is_some() {
        let why = "the claim was bound to another volume while the mover worked";
        return record_of(pass, claim, "Failed", ["PopulateHijacked", why]);
    }
    let Some(policy) = policy_of(pass, restore) else { return Ok(()) };
    let (place, identity) = (policy::place(&policy), policy::identity(&policy));
    let newest = || catalog::newest(pass.world, place, &identity);
    let id = match text(record, "/resolved/resolution") {
        "NoSnapshot" => None,
        _ => some_text(record, "/resolved/kopiaSnapshotID").map(str::to_owned).or_else(newest),
    };
    let bytes = id.and_then(|id| catalog::size(pass.world, place, &identity, &id)).unwrap_or_default();
    // The volume is that of another claim, which existed for the mover alone: nothing in its name tells whose it is.
    let (volume, handle) = (format!("pvc-prime-{uid}"), format!("sim-prime-{uid}"));
    let object = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume},
        "spec": {"capacity": claim["spec"]["resources"]["requests"], "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": "Delete", "storageClassName": claim["spec"]["storageClassName"],
            "csi": {"driver": "csi.sim.fluxlift.dev", "volumeHandle": handle}}});
    pass.create(&GroupResource::PERSISTENT_VOLUMES, object)?;
    pass.world.volsync.volumes.insert(handle, bytes);
    let namespace = text(claim, "/metadata/namespace");
    let key = Key::namespaced(&GroupResource::PERSISTENT_VOLUME_CLAIMS, namespace, name);
    pass.modify(&key, |claim| claim["spec"]["volumeName"] = json!(volume))?;
    record_of(pass, claim, "Rebinding", ["PopulatingPrimePvc", "the volume is handed over to the claim"])
}

/// Writes down where a claim stands.
fn record_of(pass: &mut Pass<'_>, claim: &Value, phase: &str, [reason, why]: [&str; 2]) -> Result<(), Status> {
    let (name, uid) = (text(claim, "/metadata/name"), text(claim, "/metadata/uid"));
    pass.status(|status| {
        let record = &mut status["claims"][name];
        record["uid"] = json!(uid);
        record["phase"] = json!(phase);
        record["reason"] = json!(reason);
        record["message"] = json!(why);
    })
}
