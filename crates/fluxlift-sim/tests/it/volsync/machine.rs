//! When a synchronization begins, and what is told of one that ended.

use fluxlift_sim::kube::{Caller, Key, Part};
use fluxlift_sim::volsync::kinds;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Lab;

impl Lab {
    /// A source that VolSync leaves alone, ten minutes into the year.
    fn left_alone() -> Self {
        let mut lab = Self::new();
        lab.apply(json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationSource",
            "metadata": {"name": "app", "namespace": "default"}, "spec": {"external": {}}}));
        lab.world.advance_to("2026-01-01T00:10:00Z".parse().unwrap());
        lab
    }

    fn write_status(&mut self, status: &Value) {
        let key = Key::namespaced(&kinds::SOURCES, "default", "app");
        let caller = Caller::controller("tests", self.world.now);
        let write = |object: &mut Value| object["status"] = status.clone();
        self.world.kube.api.modify(&caller, &key, Part::Status, write).unwrap();
        self.world.settle();
    }

    /// Hands the source to VolSync: paused, it synchronizes without a mover, and so at once.
    fn hand_over(&mut self, trigger: &Value) {
        self.change(&kinds::SOURCES, "app", |object| {
            object["spec"] = json!({"sourcePVC": "app", "paused": true, "trigger": trigger,
                "kopia": {"repository": "app-volsync"}});
        });
    }

    fn source(&self) -> Value {
        self.get(&kinds::SOURCES, "app")["status"].clone()
    }
}

#[test]
fn durations_are_written_as_go_writes_them() {
    let written = |millis| {
        let mut lab = Lab::left_alone();
        lab.hand_over(&json!({"manual": "a"}));
        let limit = lab.world.now + SignedDuration::from_mins(1);
        // Whichever event comes next may be the pass that ends it.
        while lab.source()["lastSyncDuration"].is_null() {
            let next = lab.world.agenda.next().unwrap();
            assert!(next <= limit, "it does not end");
            lab.write_status(&json!({"lastSyncStartTime": next - SignedDuration::from_millis(millis)}));
            lab.world.advance_to(next);
        }
        lab.source()["lastSyncDuration"].clone()
    };
    assert_eq!([written(32_500), written(62_345), written(120_000)], ["32.5s", "1m2.345s", "2m0s"]);
}

#[test]
fn what_was_never_synchronized_is_due_and_a_tag_that_was_done_is_not() {
    let of = |trigger: Value, status: Value| {
        let mut lab = Lab::left_alone();
        lab.write_status(&status);
        lab.hand_over(&trigger);
        lab.pass(2);
        lab.source()["lastSyncTime"] != status["lastSyncTime"]
    };
    assert!(of(json!({"manual": "a"}), json!({})));
    let done = json!({"lastSyncTime": "2026-01-01T00:00:00Z", "lastManualSync": "a"});
    assert!(!of(json!({"manual": "a"}), done.clone()));
    assert!(of(json!({"manual": "b"}), done.clone()));
    assert!(of(json!({"schedule": "*/5 * * * *"}), done.clone()));
    assert!(!of(json!({"schedule": "0 4 * * *"}), done));
}
