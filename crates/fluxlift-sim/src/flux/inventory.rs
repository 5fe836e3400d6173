//! Inventories: which objects a Kustomization or a FluxInstance stands for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::controllers::Pass;
use crate::controllers::object::{items, text};
use crate::kube::Key;

/// The inventory's name of an object: `<namespace>_<name>_<group>_<kind>`, with colons of RBAC names doubled to
/// underscores.
pub fn id(object: &Value) -> String {
    let group = text(object, "/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let name = text(object, "/metadata/name").replace(':', "__");
    format!("{}_{name}_{group}_{}", text(object, "/metadata/namespace"), text(object, "/kind"))
}

/// The inventory of `objects`, as status has it.
pub fn of(objects: &[Value]) -> Value {
    let entry = |object: &Value| {
        let version = text(object, "/apiVersion").rsplit('/').next().unwrap_or_default().to_owned();
        json!({"id": id(object), "v": version})
    };
    let mut entries: Vec<Value> = objects.iter().map(entry).collect();
    entries.sort_by(|a, b| text(a, "/id").cmp(text(b, "/id")));
    json!({"entries": entries})
}

/// The objects of the inventory in `status` that are not among `objects`, where they live.
pub fn stale(pass: &Pass<'_>, status: &Value, objects: &[Value]) -> Vec<Key> {
    let current: BTreeSet<String> = objects.iter().map(id).collect();
    let old = items(status, "/inventory/entries").filter(|entry| !current.contains(text(entry, "/id")));
    old.filter_map(|entry| key(pass, entry)).collect()
}

/// Where the object of an inventory's entry lives, if its kind is served.
pub fn key(pass: &Pass<'_>, entry: &Value) -> Option<Key> {
    let mut parts = text(entry, "/id").rsplitn(3, '_');
    let (kind, group, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (namespace, name) = rest.split_once('_')?;
    let version = text(entry, "/v");
    let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let object = json!({"apiVersion": api_version, "kind": kind,
        "metadata": {"namespace": namespace, "name": name.replace("__", ":")}});
    pass.world.kube.api.key_of(&object)
}
