//! The manifests inside a configuration, as Talos applies them: what is missing is created, what exists is left alone.

use serde_json::Value;

use super::timing::MANIFESTS_AGAIN;
use super::wake::{Next, after};
use crate::World;
use crate::kube::Caller;

/// The name under which Talos writes.
const MANAGER: &str = "talos";

/// Applies the inline manifests of a control plane; those whose kinds are not known yet are tried again.
pub(super) fn apply(world: &mut World, vmid: u32) {
    let Some(config) = world.talos.machines.get(&vmid).and_then(super::Machine::config) else { return };
    let mut put_off = false;
    for manifest in config.inline_manifests() {
        let objects: Vec<Value> = serde_saphyr::from_multiple(&manifest.contents).unwrap_or_default();
        for object in objects {
            put_off |= !create(world, object);
        }
    }
    if put_off {
        after(world, vmid, MANIFESTS_AGAIN, Next::Manifests);
    }
}

/// False when the object has to wait for its kind.
fn create(world: &mut World, object: Value) -> bool {
    let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
    let Some(kind) = world.kube.api.kind_of(&text("apiVersion"), &text("kind")).cloned() else { return false };
    let namespace = object["metadata"]["namespace"].as_str().map(str::to_owned);
    let namespace = if kind.namespaced { Some(namespace.unwrap_or_else(|| "default".to_owned())) } else { None };
    let caller = Caller::controller(MANAGER, world.now);
    // What exists is left alone, and what is refused would be refused again.
    let _ = world.kube.api.create(&caller, &kind.gr, namespace.as_deref(), object);
    true
}
