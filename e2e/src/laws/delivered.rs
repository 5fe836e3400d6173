//! The delivered set: what the root applied, what that applied, and so on, all of it ready.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Breach;
use super::breach::ensure;
use crate::conditions::is_ready_now;
use crate::history::Scene;

/// Where etcd keeps the two kinds that deliver, each with how an inventory ends its name.
const DELIVER: [(&str, &str); 2] = [
    ("kustomize.toolkit.fluxcd.io/kustomizations/", "_kustomize.toolkit.fluxcd.io_Kustomization"),
    ("helm.toolkit.fluxcd.io/helmreleases/", "_helm.toolkit.fluxcd.io_HelmRelease"),
];
/// Where etcd keeps the sources that are followed here.
const SOURCES: &str = "source.toolkit.fluxcd.io/gitrepositories/";

/// Everything that the Kustomization at `root` brings, transitively, is there and ready, and every Kustomization of it has
/// applied what its source has. What is suspended is not judged, and nothing at all is not everything.
///
/// # Errors
/// Names what is not.
pub(super) fn is_delivered(scene: &Scene<'_>, root: &str) -> Result<(), Breach> {
    let (mut next, mut known) = (vec![root.to_owned()], BTreeSet::new());
    while let Some(key) = next.pop() {
        let object = scene.get(key.as_str()).and_then(|seen| seen.object.as_ref());
        let object = object.ok_or_else(|| Breach(format!("{key} was applied and is not there")))?;
        if !known.insert(key.clone()) || object["spec"]["suspend"] == true {
            continue;
        }
        ensure(is_ready_now(object), || format!("{key} had {}", object["status"]))?;
        if key.starts_with(DELIVER[0].0) {
            let applied = &object["status"]["lastAppliedRevision"];
            ensure(source(scene, object).is_none_or(|has| has == applied), || format!("{key} has applied {applied}"))?;
            next.extend(inventory(object));
        }
    }
    ensure(known.len() > 1, || format!("{root} has brought nothing"))
}

/// The revision that the source of a Kustomization has, where it is one that is followed here.
fn source<'a>(scene: &Scene<'a>, kustomization: &Value) -> Option<&'a Value> {
    let reference = &kustomization["spec"]["sourceRef"];
    let own = &kustomization["metadata"]["namespace"];
    let namespace = reference["namespace"].as_str().or(own.as_str())?;
    let name = reference["name"].as_str().filter(|_| reference["kind"] == "GitRepository")?;
    let source = scene.get(format!("{SOURCES}{namespace}/{name}").as_str())?;
    Some(&source.object.as_ref()?["status"]["artifact"]["revision"])
}

/// The keys of what delivers in its turn.
fn inventory(kustomization: &Value) -> impl Iterator<Item = String> {
    let entries = kustomization["status"]["inventory"]["entries"].as_array();
    entries.into_iter().flatten().filter_map(|entry| {
        let id = entry["id"].as_str()?;
        DELIVER.iter().find_map(|(kind, end)| {
            let (namespace, name) = id.strip_suffix(end)?.split_once('_')?;
            Some(format!("{kind}{namespace}/{name}"))
        })
    })
}
