//! The delivered set, and what it follows.

use serde_json::json;

use super::*;

const ROOT: &str = "kustomize.toolkit.fluxcd.io/kustomizations/flux-system/flux-system";
const SOURCE: &str = "source.toolkit.fluxcd.io/gitrepositories/flux-system/flux-system";
const APPS: &str = "kustomize.toolkit.fluxcd.io/kustomizations/flux-system/apps";
const RELEASE: &str = "helm.toolkit.fluxcd.io/helmreleases/apps/one";

fn ready(spec: Value, mut status: Value) -> Value {
    status["observedGeneration"] = json!(1);
    status["conditions"] = json!([{"type": "Ready", "status": "True"}]);
    json!({"metadata": {"uid": "root", "namespace": "flux-system", "generation": 1}, "spec": spec, "status": status})
}

fn kustomization(revision: &str, brings: &[&str]) -> Value {
    let entries: Vec<Value> = brings.iter().map(|id| json!({"id": id, "v": "v1"})).collect();
    ready(
        json!({"sourceRef": {"kind": "GitRepository", "name": "flux-system"}}),
        json!({"lastAppliedRevision": revision, "inventory": {"entries": entries}}),
    )
}

fn source(revision: &str) -> Value {
    ready(json!({"url": "http://git/a.git"}), json!({"artifact": {"revision": revision}}))
}

/// A root that has brought a Kustomization that has brought a release; the release is not ready.
fn begun() -> (Story, u64) {
    let mut story = Story::default();
    let instance = json!({"metadata": {}, "spec": {"sync": {"url": "http://git/a.git"}}});
    story.write("fluxcd.controlplane.io/fluxinstances/flux-system/flux", Some(instance));
    story.reserved(Some(1));
    story.write(SOURCE, Some(source("1")));
    story.write(RELEASE, Some(json!({"metadata": {"generation": 1}, "status": {"observedGeneration": -1}})));
    story.write(APPS, Some(kustomization("1", &["_apps__Namespace", "apps_one_helm.toolkit.fluxcd.io_HelmRelease"])));
    let root = kustomization("1", &["flux-system_apps_kustomize.toolkit.fluxcd.io_Kustomization"]);
    let at = story.write(ROOT, Some(root));
    (story, at)
}

fn judged(story: &Story, gate: &str, at: u64) -> Result<(), Breach> {
    every_proof_holds_of_the_object_as_it_was(&story.history(), &[between(2, 3, claim(gate, "root", at))])
}

#[test]
fn a_set_is_delivered_when_all_of_it_was_ready_before_its_run_went_on() {
    const GATE: &str = "delivered set ready";
    let (mut story, at) = begun();
    let mut kept = Story(story.0.clone());
    // The root has long been ready, and is the only one that is named.
    kept.write(RELEASE, Some(ready(json!({}), json!({}))));
    kept.reserved(None);
    judged(&kept, GATE, at).unwrap();
    story.reserved(None);
    story.write(RELEASE, Some(ready(json!({}), json!({}))));
    assert!(breach(judged(&story, GATE, at)).contains("helmreleases/apps/one had"), "{:?}", judged(&story, GATE, at));
}

#[test]
fn what_is_suspended_is_not_judged_and_what_is_missing_or_of_another_revision_is_not_delivered() {
    const GATE: &str = "delivered set ready";
    let with = |key: &str, object: Option<Value>| {
        let (mut story, at) = begun();
        story.write(RELEASE, Some(ready(json!({}), json!({}))));
        story.write(key, object);
        judged(&story, GATE, at)
    };
    let suspended = json!({"metadata": {"generation": 1}, "spec": {"suspend": true}});
    with(RELEASE, Some(suspended)).unwrap();
    let (mut story, at) = begun();
    story.write(RELEASE, None);
    assert!(breach(judged(&story, GATE, at)).contains("helmreleases/apps/one was applied and is not there"));
    let (mut story, _) = begun();
    story.write(RELEASE, Some(ready(json!({}), json!({}))));
    story.write(SOURCE, Some(source("2")));
    let at =
        story.write(ROOT, Some(kustomization("2", &["flux-system_apps_kustomize.toolkit.fluxcd.io_Kustomization"])));
    assert!(breach(judged(&story, GATE, at)).contains("kustomizations/flux-system/apps has applied"));
    let (mut story, _) = begun();
    let at = story.write(ROOT, Some(kustomization("1", &[])));
    assert!(breach(judged(&story, GATE, at)).contains("has brought nothing"));
}

#[test]
fn a_root_of_another_revision_than_its_source_is_not_ready() {
    const GATE: &str = "kustomization/flux-system ready";
    let (mut story, at) = begun();
    judged(&story, GATE, at).unwrap();
    story.write(SOURCE, Some(source("2")));
    let at = story.write(ROOT, Some(kustomization("1", &[])));
    assert!(breach(judged(&story, GATE, at)).contains("has applied"));
}

#[test]
fn a_source_of_another_address_than_the_instance_asks_for_is_not_ready() {
    const GATE: &str = "gitrepository/flux-system/flux-system ready";
    let (mut story, _) = begun();
    let at = story.write(SOURCE, Some(source("1")));
    judged(&story, GATE, at).unwrap();
    let mut other = source("1");
    other["spec"]["url"] = json!("http://git/old.git");
    let at = story.write(SOURCE, Some(other));
    assert!(breach(judged(&story, GATE, at)).contains("http://git/old.git"));
}
