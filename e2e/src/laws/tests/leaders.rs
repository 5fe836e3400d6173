//! Whose answers count.

use serde_json::json;

use super::*;

const HELM: &str = "helm-controller";

#[test]
fn the_answers_of_an_old_leader_prove_no_change() {
    let mut story = Story::new();
    story.round("a", "", "");
    story.instance(1, true);
    story.instance(2, true);
    story.rolled_out(HELM, 2);
    let judged = |mut story: Story| {
        story.round("b", "", "");
        the_last_change_was_proven_again(&story.history())
    };
    let again = |story: &Story| Story(story.0.clone());
    assert!(breach(judged(again(&story))).contains("helm-controller-1-pod, which is not of its newest ReplicaSet"));
    let mut leaving = again(&story);
    leaving.leaving(HELM, 1);
    assert!(breach(judged(leaving)).contains("helm-controller-1-pod, which is on its way out"));
    story.led(HELM, 2);
    judged(again(&story)).unwrap();
    let mut gone = story;
    gone.write("pods/flux-system/helm-controller-2-pod", None);
    assert!(breach(judged(gone)).contains("no Pod of helm-controller holds its Lease"));
}

#[test]
fn answers_of_nobody_who_leads_keep_no_order() {
    let mut story = Story::new();
    story.write("leases/flux-system/notification-controller-leader-election", None);
    story.round("a", "", "");
    story.instance(1, true);
    assert!(breach(story.ordered()).contains("no Pod of notification-controller holds its Lease"));
}

#[test]
fn a_canary_that_an_old_leader_answered_is_not_proven() {
    let mut story = Story::new();
    let answer = |story: &mut Story| {
        let canary = json!({"kind": "Bucket", "metadata": {"uid": "c", "generation": 1, "labels": {LABEL: "a"},
            "annotations": {"reconcile.fluxcd.io/requestedAt": "t"}}, "status": {"lastHandledReconcileAt": "t"}});
        story.write("source.toolkit.fluxcd.io/buckets/flux-system/a", Some(canary))
    };
    let judged = |story: &Story, at: u64| {
        let claims = [claim("canary source-controller Bucket", "c", at)];
        every_proof_holds_of_the_object_as_it_was(&story.history(), &claims)
    };
    let at = answer(&mut story);
    judged(&story, at).unwrap();
    story.leaving("source-controller", 1);
    let at = answer(&mut story);
    assert!(breach(judged(&story, at)).contains("on its way out"));
}

#[test]
fn a_leader_is_current_when_it_was_so_before_its_run_went_on() {
    let mut story = Story::new();
    story.reserved(Some(1));
    let at = story.rolled_out(HELM, 2);
    let judged = |story: &Story| {
        let claims = [between(2, 3, claim("leader of helm-controller is current", HELM, at))];
        every_proof_holds_of_the_object_as_it_was(&story.history(), &claims)
    };
    let mut kept = Story(story.0.clone());
    // What the Lease says comes after what the Deployment says, and is not named.
    kept.led(HELM, 2);
    kept.reserved(Some(11));
    judged(&kept).unwrap();
    story.reserved(Some(11));
    story.led(HELM, 2);
    assert!(breach(judged(&story)).contains("not of its newest ReplicaSet"), "{:?}", judged(&story));
}
