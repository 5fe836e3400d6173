//! What was called proven, and was or was not.

use serde_json::json;

use super::*;

#[test]
fn a_proof_must_hold_of_the_object_at_its_revision() {
    let mut story = Story::default();
    let ready = |status: &str| {
        Some(json!({"metadata": {"uid": "n"},
        "status": {"conditions": [{"type": "Ready", "status": status}]}}))
    };
    let early = story.write("minions/one", ready("False"));
    let late = story.write("minions/one", ready("True"));
    let judged = |gate: &str, uid: &str, at: u64| {
        every_proof_holds_of_the_object_as_it_was(&story.history(), &[claim(gate, uid, at)])
    };
    judged("a node is ready", "n", late).unwrap();
    assert!(breach(judged("a node is ready", "n", early)).contains("was called proven, but"));
    assert!(breach(judged("a node is ready", "another", late)).contains("which never was"));
    assert!(breach(judged("the moon is full", "n", late)).contains("no law says"));
    assert!(breach(every_proof_holds_of_the_object_as_it_was(&story.history(), &[])).contains("nothing was ever"));
}

#[test]
fn a_report_of_the_operator_before_or_of_another_version_proves_nothing() {
    const KEY: &str = "fluxcd.controlplane.io/fluxreports/flux-system/flux";
    let report = |uid: &str, version: &str| {
        Some(json!({"metadata": {"uid": uid}, "spec": {"operator": {"version": version}},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]}}))
    };
    let mut story = Story::default();
    let old = story.write(KEY, report("old", "v0.58.1"));
    let image = json!([{"image": "ghcr.io/c/flux-operator:v0.58.1@sha256:0"}]);
    let rolled_out = story.write(
        "deployments/flux-system/flux-operator",
        Some(json!({"metadata": {"uid": "d", "generation": 2},
            "spec": {"replicas": 1, "template": {"spec": {"containers": image}}},
            "status": {"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 1, "replicas": 1}})),
    );
    // The old one, written again, is the old one.
    let again = story.write(KEY, report("old", "v0.58.1"));
    story.write(KEY, None);
    let other = story.write(KEY, report("other", "v0.57.0"));
    story.write(KEY, None);
    let new = story.write(KEY, report("new", "v0.58.1"));
    let judged = |uid: &str, at: u64| {
        let claims =
            [claim("deployment/flux-operator rolled out", "d", rolled_out), claim("fluxreport/flux fresh", uid, at)];
        every_proof_holds_of_the_object_as_it_was(&story.history(), &claims)
    };
    judged("new", new).unwrap();
    assert!(breach(judged("old", old)).contains("proves nothing"));
    assert!(breach(judged("old", again)).contains("proves nothing"));
    assert!(breach(judged("other", other)).contains("0.57.0"));
}

#[test]
fn canaries_that_were_there_all_the_time_were_not_removed() {
    let mut story = Story::new();
    story.reserved(Some(0));
    story.round("a", "", "");
    let answered = story.revision() - 1;
    story.reserved(Some(10));
    let removed = || between(5, 9, claim("canaries removed", "", 0));
    let before = || between(1, 4, claim("a node is ready", "n", answered));
    let judged = |story: &Story| {
        let mut story = Story(story.0.clone());
        let node = json!({"metadata": {"uid": "n"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
        story.0[answered as usize - 1].object = Some(node);
        every_proof_holds_of_the_object_as_it_was(&story.history(), &[before(), removed()])
    };
    story.sweep();
    assert!(breach(judged(&story)).contains("was there from revision"), "{:?}", judged(&story));
    // Before the run told the next time that it has the cluster, they were gone.
    let mut kept = Story::new();
    kept.reserved(Some(0));
    kept.round("a", "", "");
    kept.sweep();
    kept.reserved(None);
    judged(&kept).unwrap();
}

#[test]
fn what_is_called_gone_was_there_and_then_was_not() {
    const KEY: &str = "fluxcd.controlplane.io/fluxinstances/flux-system/flux";
    let gone = || between(2, 3, claim("fluxinstance/flux-system/flux gone", "i", 0));
    let judged = |story: &Story| every_proof_holds_of_the_object_as_it_was(&story.history(), &[gone()]);
    let mut story = Story::default();
    story.reserved(Some(1));
    assert!(breach(judged(&story)).contains("of what never was"));
    story.0.clear();
    story.instance(1, true);
    story.reserved(Some(1));
    let mut kept = Story(story.0.clone());
    story.reserved(None);
    story.write(KEY, None);
    assert!(breach(judged(&story)).contains(KEY), "{:?}", judged(&story));
    kept.write(KEY, None);
    kept.reserved(None);
    judged(&kept).unwrap();
}
