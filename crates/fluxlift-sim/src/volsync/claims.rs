//! Claims and volumes: bound to a volume that is there, provisioned anew, or filled from a destination's image. One that
//! kopiur is to fill waits for its volume.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::kinds;
use crate::controllers::object::{annotation, flag, is_deleting, some_text, text};
use crate::controllers::{Outcome, Pass, Passed};
use crate::kube::{GroupResource, Key};

/// How often a claim that waits is looked at.
const LOOK: SignedDuration = SignedDuration::from_secs(2);
/// The driver whose volumes these are.
const DRIVER: &str = "csi.sim.fluxlift.dev";
/// By this annotation a class says that it is for claims that name none.
const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";

/// Makes a pass over a claim.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(claim) = pass.object().filter(|claim| !is_deleting(claim)) else { return Ok(Outcome::Done) };
    match some_text(&claim, "/status/phase") {
        Some("Bound") => return Ok(Outcome::Done),
        Some(_) => {}
        None => pass.status(|status| status["phase"] = json!("Pending"))?,
    }
    if let Some(volume) = some_text(&claim, "/spec/volumeName") {
        return take(pass, &claim, volume);
    }
    let Some(class) = class(pass, &claim) else { return Ok(Outcome::After(LOOK)) };
    // Nothing in this model consumes a volume.
    if text(&class, "/volumeBindingMode") == "WaitForFirstConsumer" {
        return Ok(Outcome::After(LOOK));
    }
    match content(pass, &claim) {
        Some(bytes) => provision(pass, &claim, &class, bytes),
        None => Ok(Outcome::After(LOOK)),
    }
}

/// Binds the claim to the volume that it names.
fn take(pass: &mut Pass<'_>, claim: &Value, name: &str) -> Passed {
    let key = Key::cluster(&GroupResource::PERSISTENT_VOLUMES, name);
    let Some(volume) = pass.get(&key) else { return Ok(Outcome::After(LOOK)) };
    let uid = text(claim, "/metadata/uid");
    if some_text(&volume, "/spec/claimRef/uid").is_some_and(|owner| owner != uid) {
        return Ok(Outcome::After(LOOK));
    }
    let reference = reference(claim);
    pass.modify(&key, |volume| volume["spec"]["claimRef"] = reference)?;
    pass.modify_status(&key, |status| status["phase"] = json!("Bound"))?;
    bound(pass, &volume)
}

/// Makes a volume for the claim, with so much in it.
fn provision(pass: &mut Pass<'_>, claim: &Value, class: &Value, bytes: u64) -> Passed {
    let uid = text(claim, "/metadata/uid");
    let (name, handle) = (format!("pvc-{uid}"), format!("sim-{uid}"));
    let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": DRIVER}},
        "spec": {"capacity": claim["spec"]["resources"]["requests"], "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": "Delete", "storageClassName": class["metadata"]["name"],
            "claimRef": reference(claim), "csi": {"driver": DRIVER, "volumeHandle": handle}}});
    let volume = pass.create(&GroupResource::PERSISTENT_VOLUMES, volume)?;
    pass.world.volsync.volumes.insert(handle, bytes);
    let (key, class) = (pass.key.clone(), class["metadata"]["name"].clone());
    pass.modify(&key, |claim| {
        claim["spec"]["volumeName"] = json!(name);
        claim["spec"]["storageClassName"] = class;
        claim["metadata"]["annotations"]["volume.kubernetes.io/storage-provisioner"] = json!(DRIVER);
    })?;
    pass.modify_status(&Key::cluster(&GroupResource::PERSISTENT_VOLUMES, name.as_str()), |status| {
        status["phase"] = json!("Bound");
    })?;
    bound(pass, &volume)
}

fn bound(pass: &mut Pass<'_>, volume: &Value) -> Passed {
    let (capacity, modes) = (volume["spec"]["capacity"].clone(), volume["spec"]["accessModes"].clone());
    pass.status(|status| {
        status["phase"] = json!("Bound");
        status["capacity"] = capacity;
        status["accessModes"] = modes;
    })?;
    Ok(Outcome::Done)
}

fn reference(claim: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": claim["metadata"]["name"],
        "namespace": claim["metadata"]["namespace"], "uid": claim["metadata"]["uid"]})
}

/// The class of a claim: the one that it names, or the default one.
fn class(pass: &Pass<'_>, claim: &Value) -> Option<Arc<Value>> {
    match some_text(claim, "/spec/storageClassName") {
        Some(name) => pass.get(&Key::cluster(&GroupResource::STORAGE_CLASSES, name)),
        None => {
            let mut classes = pass.list(&GroupResource::STORAGE_CLASSES, None).into_iter();
            classes.find(|class| annotation(class, DEFAULT_CLASS) == Some("true"))
        }
    }
}

/// What is to be in the claim's volume; `None` while that is not known.
///
/// A claim that names a destination waits for its latest image, and for that to be ready.
fn content(pass: &Pass<'_>, claim: &Value) -> Option<u64> {
    match text(claim, "/spec/dataSourceRef/kind") {
        "ReplicationDestination" => {}
        // Such a claim gets its volume from kopiur, unless its storage heeds no data source.
        "Restore" => return pass.world.kopiur.ignores_populators.then_some(0),
        _ => return Some(0),
    }
    let namespace = text(claim, "/metadata/namespace");
    let destination = Key::namespaced(&kinds::DESTINATIONS, namespace, text(claim, "/spec/dataSourceRef/name"));
    let destination = pass.get(&destination)?;
    let image = Key::namespaced(&kinds::SNAPSHOTS, namespace, some_text(&destination, "/status/latestImage/name")?);
    let ready = pass.get(&image).is_some_and(|image| flag(&image, "/status/readyToUse"));
    ready.then(|| pass.world.volsync.images.get(&image).copied().unwrap_or_default())
}
