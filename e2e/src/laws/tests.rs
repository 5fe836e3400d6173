//! Each law, held against a history that keeps it and against others that do not.

use serde_json::{Value, json};

use super::canaries::{CONTROLLERS, LABEL, WALKERS};
use super::*;
use crate::history::{Happening, History};
use crate::ledger::Claim;

/// A history in the making.
#[derive(Default)]
struct Story(Vec<Happening>);

impl Story {
    fn revision(&self) -> u64 {
        self.0.len() as u64 + 1
    }

    fn write(&mut self, key: &str, object: Option<Value>) -> u64 {
        let revision = self.revision();
        let created =
            object.is_some() && self.0.iter().rfind(|seen| seen.key == key).is_none_or(|s| s.object.is_none());
        self.0.push(Happening { revision, key: key.to_owned(), created, object });
        revision
    }

    /// A canary of each kind but `unanswered` is sent by `run` and answered; those that walk do, but for `lost`.
    fn round(&mut self, run: &str, unanswered: &str, lost: &str) {
        for (kind, controller) in CONTROLLERS {
            let key = format!("{kind}flux-system/{run}");
            let canary = |status: Value| {
                Some(json!({"metadata": {"labels": {LABEL: run}, "uid": format!("{run}-{kind}"),
                "annotations": {"reconcile.fluxcd.io/requestedAt": "t"}}, "status": status}))
            };
            self.write(&key, canary(json!({})));
            if controller == unanswered {
                continue;
            }
            self.write(&key, canary(json!({"lastHandledReconcileAt": "t"})));
            if WALKERS.contains(&(kind, controller)) && controller != lost {
                let ready = json!({"type": "Ready", "status": "False", "reason": "ArtifactFailed",
                    "message": "Source not ready: artifact not found. Retrying in 5s"});
                self.write(&key, canary(json!({"lastHandledReconcileAt": "t", "conditions": [ready]})));
            }
        }
    }

    fn sweep(&mut self) {
        let history = self.history();
        let canaries = history.now().into_values().filter(|seen| canaries::is_canary(seen));
        let keys: Vec<String> = canaries.map(|seen| seen.key.clone()).collect();
        for key in keys {
            self.write(&key, None);
        }
    }

    fn instance(&mut self, generation: u64, sync: bool) -> u64 {
        let spec = if sync { json!({"sync": {"pullSecret": "git"}}) } else { json!({}) };
        let object = json!({"metadata": {"generation": generation, "uid": "i", "managedFields": [{"manager": "fluxlift"}]},
            "spec": spec});
        self.write("fluxcd.controlplane.io/fluxinstances/flux-system/flux", Some(object))
    }

    fn made(&mut self, key: &str, metadata: Value) -> u64 {
        let mut object = json!({"metadata": metadata});
        object["metadata"]["managedFields"] = json!([{"manager": "fluxlift"}]);
        object["metadata"]["uid"] = json!(format!("{key}@{}", self.revision()));
        self.write(key, Some(object))
    }

    fn history(&self) -> History {
        History::new(self.0.clone())
    }

    fn ordered(&self) -> Result<(), String> {
        nothing_is_synced_before_every_canary_answered(&self.history()).map_err(|breach| breach.to_string())
    }
}

/// The breach that there must be.
fn breach<T: std::fmt::Debug>(judged: Result<T, impl std::fmt::Display>) -> String {
    judged.map_err(|breach| breach.to_string()).unwrap_err()
}

#[test]
fn a_sync_after_every_answer_keeps_the_order() {
    let mut story = Story::default();
    story.instance(1, false);
    story.round("a", "", "");
    story.instance(2, true);
    story.ordered().unwrap();
}

#[test]
fn a_sync_before_one_answer_breaks_the_order() {
    let mut story = Story::default();
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
    let mut story = Story::default();
    story.round("a", "", "kustomize-controller");
    story.instance(1, true);
    assert!(breach(story.ordered()).contains("kustomize-controller did not reach source-controller"));
}

#[test]
fn what_an_earlier_run_was_answered_proves_nothing_to_the_run_that_syncs() {
    let mut story = Story::default();
    story.round("killed", "", "");
    story.sweep();
    story.round("next", "source-controller", "");
    story.instance(1, true);
    assert!(breach(story.ordered()).contains("run next"), "{:?}", story.ordered());
}

#[test]
fn a_sync_without_canaries_breaks_the_order_and_no_sync_at_all_is_no_proof_of_it() {
    let mut story = Story::default();
    assert!(breach(story.ordered()).contains("nothing was ever synced"));
    story.write("helm.toolkit.fluxcd.io/helmreleases/apps/early", Some(json!({"metadata": {}})));
    assert!(breach(story.ordered()).contains("no canary before it"));
}

#[test]
fn a_change_of_a_synced_instance_wants_new_canaries_from_every_controller() {
    let mut story = Story::default();
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

fn claim(gate: &str, uid: &str, revision: u64) -> Claim {
    let evidence = json!({"object": "o", "uid": uid, "resource_version": revision.to_string(), "field": "f"});
    let closed = json!({"record": "gate-closed", "proof": {"gate": gate, "verdict": "proven", "evidence": evidence}});
    Claim::of(&closed).unwrap()
}

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
fn a_report_of_the_operator_before_proves_nothing() {
    let mut story = Story::default();
    let report =
        || Some(json!({"metadata": {"uid": "r"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}));
    let deployment = || {
        Some(json!({"metadata": {"uid": "d", "generation": 2}, "spec": {"replicas": 1}, "status":
        {"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 1, "replicas": 1}}))
    };
    let old = story.write("fluxcd.controlplane.io/fluxreports/flux-system/flux", report());
    let rolled_out = story.write("deployments/flux-system/flux-operator", deployment());
    let new = story.write("fluxcd.controlplane.io/fluxreports/flux-system/flux", report());
    let judged = |at: u64| {
        let claims =
            [claim("deployment/flux-operator rolled out", "d", rolled_out), claim("fluxreport/flux fresh", "r", at)];
        every_proof_holds_of_the_object_as_it_was(&story.history(), &claims)
    };
    judged(new).unwrap();
    assert!(breach(judged(old)).contains("proves nothing"));
}
