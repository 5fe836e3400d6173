//! ReplicationDestinations: a restore into a volume, a snapshot of it, and the name of that snapshot.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::machine::{self, Step};
use super::repository::{self, Found};
use super::{identity, kinds};
use crate::controllers::object::{controlled_by, is_deleting, some_text, text};
use crate::controllers::{Outcome, Pass, Passed, Step as PassStep};
use crate::kube::{GroupResource, Key};

/// How often a mover whose Pod can't start is looked at.
const LOOK: SignedDuration = SignedDuration::from_secs(2);
/// How long a snapshot takes to be bound to its content.
const BINDING: SignedDuration = SignedDuration::from_secs(1);

/// Makes a pass over a destination.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    machine::synchronize(pass, start)
}

/// Starts the mover, where it can be.
fn start(pass: &mut Pass<'_>, object: &Value) -> Passed {
    match repository::find(pass, object) {
        Found::Refused(why) => {
            machine::condition(pass, ["False", "Error", &why])?;
            Ok(Outcome::Failed(why))
        }
        Found::Waits => Ok(Outcome::After(LOOK)),
        Found::At(_) if !has_classes(pass, object) => Ok(Outcome::After(LOOK)),
        Found::At(_) => Ok(Outcome::Busy(pass.world.volsync.moving, PassStep::VolSync(Step::Moved))),
    }
}

/// The volume that is restored into, and the cache, are provisioned only where their classes exist.
fn has_classes(pass: &Pass<'_>, object: &Value) -> bool {
    ["storageClassName", "cacheStorageClassName"].iter().all(|field| {
        some_text(object, &format!("/spec/kopia/{field}"))
            .is_none_or(|class| pass.get(&Key::cluster(&GroupResource::STORAGE_CLASSES, class)).is_some())
    })
}

/// Goes on with a synchronization.
pub fn go_on(pass: &mut Pass<'_>, step: Step) -> Passed {
    let Some(object) = pass.object().filter(|object| !is_deleting(object)) else { return Ok(Outcome::Done) };
    match step {
        Step::Moved => moved(pass, &object),
        Step::Bound(snapshot) => {
            let image = json!({"apiGroup": kinds::SNAPSHOTS.group, "kind": "VolumeSnapshot", "name": snapshot});
            finish(pass, &object, &image)
        }
    }
}

fn moved(pass: &mut Pass<'_>, object: &Value) -> Passed {
    let Found::At(place) = repository::find(pass, object) else { return Ok(Outcome::After(LOOK)) };
    let (key, identity) = (pass.key.clone(), identity::of_destination(object));
    if pass.world.volsync.faults.fails(&key) {
        let logs = format!("ERROR unable to restore snapshot of {identity}: input/output error");
        pass.status(|status| status["latestMoverStatus"] = json!({"result": "Failed", "logs": logs}))?;
        return Ok(Outcome::Failed("mover failed".to_owned()));
    }
    let found = pass.world.volsync.newest(&place, &identity);
    if found.is_none() && pass.world.volsync.faults.strict {
        let logs = "Repository connected\nERROR: Failed to restore snapshot: null";
        pass.status(|status| status["latestMoverStatus"] = json!({"result": "Failed", "logs": logs}))?;
        return Ok(Outcome::Failed("mover failed".to_owned()));
    }
    // Without a snapshot the mover has nothing to do, and does it successfully.
    let said = match found {
        Some(_) => "Snapshot restore completed".to_owned(),
        None => format!("No eligible snapshots found for {identity}"),
    };
    let silent = pass.world.volsync.faults.silent.contains(&key);
    let logs = if silent { String::new() } else { format!("Repository connected\n{said}") };
    pass.status(|status| status["latestMoverStatus"] = json!({"result": "Successful", "logs": logs}))?;
    let bytes = found.unwrap_or_default();
    if text(object, "/spec/kopia/copyMethod") == "Direct" {
        let claim = text(object, "/spec/kopia/destinationPVC");
        let namespace = text(object, "/metadata/namespace");
        let Some(handle) = repository::handle(pass, namespace, claim) else { return Ok(Outcome::After(LOOK)) };
        pass.world.volsync.volumes.insert(handle, bytes);
        return finish(pass, object, &json!({"apiGroup": "", "kind": "PersistentVolumeClaim", "name": claim}));
    }
    let name = snapshot(pass, object, bytes)?;
    Ok(Outcome::Busy(BINDING, PassStep::VolSync(Step::Bound(name))))
}

/// Takes a snapshot of the volume that was restored into; its name.
fn snapshot(pass: &mut Pass<'_>, object: &Value, bytes: u64) -> Result<String, crate::kube::Status> {
    let (namespace, destination) = (text(object, "/metadata/namespace"), text(object, "/metadata/name"));
    let name = format!("volsync-{destination}-dest-{}", pass.now().strftime("%Y%m%d%H%M%S"));
    let size = some_text(object, "/spec/kopia/capacity").unwrap_or("1Gi");
    let snapshot = json!({"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot",
        "metadata": {"name": name, "namespace": namespace, "ownerReferences": controlled_by(object),
            "annotations": {"sim.fluxlift.dev/size": size}},
        "spec": {"source": {"persistentVolumeClaimName": format!("volsync-{destination}-dest")},
            "volumeSnapshotClassName": object["spec"]["kopia"]["volumeSnapshotClassName"]}});
    pass.create(&kinds::SNAPSHOTS, snapshot)?;
    pass.world.volsync.images.insert(Key::namespaced(&kinds::SNAPSHOTS, namespace, name.as_str()), bytes);
    Ok(name)
}

/// Names the new image, and takes the one before away.
fn finish(pass: &mut Pass<'_>, object: &Value, image: &Value) -> Passed {
    let before = some_text(object, "/status/latestImage/name").map(str::to_owned);
    pass.status(|status| status["latestImage"] = image.clone())?;
    let ended = machine::end(pass)?;
    if let Some(before) = before.filter(|before| *before != text(image, "/name")) {
        let old = Key::namespaced(&kinds::SNAPSHOTS, text(object, "/metadata/namespace"), before);
        if pass.get(&old).is_some() {
            pass.delete(&old)?;
        }
    }
    Ok(ended)
}
