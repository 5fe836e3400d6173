//! What is left, and what was written.

use serde_json::json;

use super::*;

#[test]
fn a_canary_a_lock_a_reservation_and_a_deleted_release_are_each_left_behind() {
    let judged = |story: &Story| nothing_is_left_behind(&story.history());
    let mut story = Story::default();
    story.round("a", "", "");
    assert!(breach(judged(&story)).contains("is still there"));
    story.sweep();
    judged(&story).unwrap();
    for (key, metadata, said) in [
        ("secrets/a/sh.helm.release.v1.b.v1", json!({"labels": {"status": "pending-install"}}), "left pending"),
        ("leases/default/fluxlift", json!({}), "still reserved"),
    ] {
        let mut broken = Story(story.0.clone());
        broken.write(key, Some(json!({"metadata": metadata})));
        assert!(breach(judged(&broken)).contains(said));
    }
    story.write("helm.toolkit.fluxcd.io/helmreleases/apps/one", Some(json!({"metadata": {}})));
    story.write("helm.toolkit.fluxcd.io/helmreleases/apps/one", None);
    assert!(breach(judged(&story)).contains("was deleted"));
}

#[test]
fn a_mark_on_an_object_of_others_is_left_behind() {
    let judged = |key: &str, word: &str| {
        let mut story = Story::default();
        story.write(key, Some(json!({"metadata": {"annotations": {word: "x"}}})));
        nothing_is_left_behind(&story.history())
    };
    for word in ["fluxlift.dev/unproven", "fluxlift.dev/rescue", "fluxlift.dev/held-for"] {
        assert!(breach(judged("deployments/flux-system/helm-controller", word)).ends_with(word));
    }
    judged("deployments/flux-system/helm-controller", "kubectl.kubernetes.io/restartedAt").unwrap();
    judged("pods/flux-system/helm-controller", "fluxlift.dev/restartedAt").unwrap();
    // It has the words that its Deployment had when it was made.
    judged("replicasets/flux-system/helm-controller", "fluxlift.dev/rescue").unwrap();
}

#[test]
fn a_definition_is_kept_only_when_the_destroy_says_so() {
    let name = "fluxreports.fluxcd.controlplane.io";
    let mut story = Story::default();
    story.made(&format!("apiextensions.k8s.io/customresourcedefinitions/{name}"), json!({}));
    let judged = |said: &str| only_what_is_listed_is_left(&story.history(), &Listed::told(said));
    judged(&format!("  customresourcedefinition/{name} was left, as its chart asks\n")).unwrap();
    for said in ["", "customresourcedefinition/fluxinstances was left, as its chart asks", name] {
        assert!(breach(judged(said)).ends_with(name));
    }
}

#[test]
fn only_what_the_state_lists_may_be_left() {
    let shown = [
        json!({"identity": {"release": "flux-operator"}}),
        json!({"identity": {"instance": "fluxinstance/flux-system/flux"}}),
    ];
    let (all, none) = (Listed::of(&shown), Listed::of(&[]));
    let mut story = Story::default();
    story.made("namespaces/flux-system", json!({}));
    only_what_is_listed_is_left(&story.history(), &none).unwrap();
    story.made(
        "deployments/flux-system/flux-operator",
        json!({"annotations": {"meta.helm.sh/release-name": "flux-operator"}}),
    );
    story.made("secrets/flux-system/sh.helm.release.v1.flux-operator.v1", json!({}));
    story.instance(1, true);
    story.made("secrets/flux-system/git", json!({}));
    only_what_is_listed_is_left(&story.history(), &all).unwrap();
    let left = breach(only_what_is_listed_is_left(&story.history(), &none));
    assert!(["flux-operator", "fluxinstances", "/git"].iter().all(|part| left.contains(part)), "{left}");

    story.made("configmaps/default/stray", json!({}));
    assert!(breach(only_what_is_listed_is_left(&story.history(), &all)).ends_with("listed: configmaps/default/stray"));
    // Somebody else's of the same name is no longer fluxlift's.
    story.write("configmaps/default/stray", None);
    story.write("configmaps/default/stray", Some(json!({"metadata": {"uid": "theirs"}})));
    only_what_is_listed_is_left(&story.history(), &all).unwrap();
}

#[test]
fn a_write_counts_once_and_the_reservation_never() {
    let mut story = Story::default();
    let once = story.made("configmaps/default/one", json!({}));
    let before = writes(&story.history()).len();
    // The same note again: somebody else wrote.
    let same = story.0[once as usize - 1].object.clone();
    story.write("configmaps/default/one", same);
    story.made(RESERVATION, json!({}));
    story.write("configmaps/default/theirs", Some(json!({"metadata": {"managedFields": [{"manager": "helm"}]}})));
    assert_eq!((before, writes(&story.history()).len()), (1, 1));
    story.write("secrets/flux-system/sh.helm.release.v1.flux-operator.v2", Some(json!({"metadata": {}})));
    assert_eq!(writes(&story.history()).len(), 2);
}
