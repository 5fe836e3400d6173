//! Canaries first, then the sync.

use serde_json::json;

use super::*;

#[test]
fn a_sync_after_every_answer_keeps_the_order() {
    let mut story = Story::new();
    story.instance(1, false);
    story.round("a", "", "");
    story.instance(2, true);
    story.ordered().unwrap();
}

#[test]
fn a_sync_before_one_answer_breaks_the_order() {
    let mut story = Story::new();
    story.round("a", "helm-controller", "");
    story.instance(1, true);
    assert!(breach(story.ordered()).contains("helm-controller, was not answered at all"), "{:?}", story.ordered());
    story.write(
        "helm.toolkit.fluxcd.io/helmreleases/flux-system/a",
        Some(json!({"metadata": {"labels": {LABEL: "a"},
        "annotations": {"reconcile.fluxcd.io/requestedAt": "t"}}, "status": {"lastHandledReconcileAt": "t"}})),
    );
    assert!(breach(story.ordered()).contains("was not answered in time"), "{:?}", story.ordered());
}

#[test]
fn a_sync_before_one_path_was_walked_breaks_the_order() {
    let mut story = Story::new();
    story.round("a", "", "kustomize-controller");
    story.instance(1, true);
    assert!(breach(story.ordered()).contains("kustomize-controller did not reach source-controller"));
}

#[test]
fn a_source_without_an_artifact_is_no_path_that_was_walked() {
    let mut story = Story::new();
    story.round("a", "", "kustomize-controller");
    // Nobody was asked for it: it sounds alike, and says that there is nothing to ask for.
    let ready = json!({"type": "Ready", "status": "False", "reason": "ArtifactFailed", "observedGeneration": 1,
        "message": "Source artifact not found, retrying in 30s"});
    let canary = json!({"kind": "Kustomization", "metadata": {"labels": {LABEL: "a"}, "generation": 1,
        "annotations": {"reconcile.fluxcd.io/requestedAt": "t"}},
        "status": {"lastHandledReconcileAt": "t", "conditions": [ready]}});
    story.write("kustomize.toolkit.fluxcd.io/kustomizations/flux-system/a", Some(canary));
    story.instance(1, true);
    assert!(breach(story.ordered()).contains("kustomize-controller did not reach source-controller"));
}

#[test]
fn what_an_earlier_run_was_answered_proves_nothing_to_the_run_that_syncs() {
    let mut story = Story::new();
    story.round("killed", "", "");
    story.sweep();
    story.round("next", "source-controller", "");
    story.instance(1, true);
    assert!(breach(story.ordered()).contains("run next"), "{:?}", story.ordered());
}

#[test]
fn a_sync_without_canaries_breaks_the_order_and_no_sync_at_all_is_no_proof_of_it() {
    let mut story = Story::new();
    assert!(breach(story.ordered()).contains("nothing was ever synced"));
    story.write("helm.toolkit.fluxcd.io/helmreleases/apps/early", Some(json!({"metadata": {}})));
    assert!(breach(story.ordered()).contains("no canary before it"));
}

#[test]
fn a_change_of_a_synced_instance_wants_new_canaries_from_every_controller() {
    let mut story = Story::new();
    story.round("a", "", "");
    story.instance(1, true);
    let judged = |story: &Story| the_last_change_was_proven_again(&story.history());
    assert!(breach(judged(&story)).contains("no instance with a sync was ever changed"));
    story.instance(2, true);
    assert!(breach(judged(&story)).contains("nobody was asked again"));
    let mut partly = Story(story.0.clone());
    partly.round("b", "notification-controller", "");
    assert!(breach(judged(&partly)).contains("notification-controller"));
    story.round("b", "", "");
    judged(&story).unwrap();
}

#[test]
fn a_sync_that_was_taken_away_is_seen() {
    let mut story = Story::default();
    story.instance(1, true);
    the_sync_was_never_taken_away(&story.history()).unwrap();
    story.instance(2, false);
    assert!(breach(the_sync_was_never_taken_away(&story.history())).contains("taken away at revision 2"));
}
