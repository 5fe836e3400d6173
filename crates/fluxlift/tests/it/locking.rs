//! A second run is refused with the name of the first.

use fluxlift_core::Timestamp;
use fluxlift_engine::Home;
use fluxlift_engine::lock::{Lock, Owner};

use crate::tree::Tree;

fn owner(host: &str) -> Owner {
    Owner {
        pid: 4711,
        host: host.to_owned(),
        user: "ada".into(),
        command: "run-all apply".into(),
        since: Timestamp::UNIX_EPOCH,
    }
}

fn this_host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned()
}

#[test]
fn a_held_lock_is_exit_code_4_with_its_owner() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "")]);
    let home = Home::at(tree.path().join(".fluxlift"));
    let held = Lock::acquire(&home, owner(&this_host()), 0).unwrap();
    for line in ["run-all apply", "run-all destroy --non-interactive"] {
        let refused = tree.run(line);
        assert_eq!(refused.code, 4, "{}", refused.err);
        let expected = format!("error: the state is locked by ada@{} (pid 4711) running run-all apply", this_host());
        assert!(refused.err.starts_with(&expected), "{}", refused.err);
        assert!(refused.out.is_empty());
    }
    // Hooks of that run may read what there is.
    assert_eq!(tree.run("run-all output").code, 0);
    assert_eq!(tree.run("run-all plan").code, 0);
    drop(held);
    assert_eq!(tree.run("run-all apply").code, 0);
}

#[test]
fn a_lock_left_by_another_machine_is_freed_by_hand() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "")]);
    let home = Home::at(tree.path().join(".fluxlift"));
    drop(Lock::acquire(&home, owner("laptop"), 0).unwrap());
    let left = serde_json::json!({ "epoch": 7, "owner": owner("laptop") });
    std::fs::write(home.owner(), left.to_string()).unwrap();
    let refused = tree.run("run-all apply");
    assert_eq!(refused.code, 4);
    assert!(refused.err.contains("`fluxlift state unlock`"), "{}", refused.err);
    assert_eq!(tree.run("state unlock").code, 64);
    let unlocked = tree.run("state unlock --force");
    assert_eq!(unlocked.code, 0);
    assert!(unlocked.err.contains("it was held by ada@laptop"), "{}", unlocked.err);
    assert_eq!(tree.run("run-all apply").code, 0);
    assert!(tree.run("state unlock --force").err.contains("nobody holds the lock"));
}

#[test]
fn a_lock_left_by_a_killed_run_is_taken_over() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "")]);
    let home = Home::at(tree.path().join(".fluxlift"));
    drop(Lock::acquire(&home, owner("x"), 0).unwrap());
    let left = serde_json::json!({ "epoch": 7, "owner": owner(&this_host()) });
    std::fs::write(home.owner(), left.to_string()).unwrap();
    let apply = tree.run("run-all apply -o json");
    assert_eq!(apply.code, 0, "{}", apply.err);
    assert!(apply.err.contains("took over the lock that ada@"), "{}", apply.err);
    assert_eq!(apply.json()["run"], 8);
}

#[test]
fn a_unit_is_taken_out_of_the_state_by_hand_under_the_lock_and_only_when_it_is_meant() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "")]);
    let home = Home::at(tree.path().join(".fluxlift"));
    let unknown = tree.run("state rm a --force");
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("the state has no unit a") && unknown.err.contains("`fluxlift state list`"));

    let state = r#"{"version":1,"lineage":"l","serial":3,"units":{"a":{"module":"talos_bootstrap",
        "identity":{"node":"cp01"},"outputs":{}}}}"#;
    std::fs::create_dir_all(home.folder()).unwrap();
    std::fs::write(home.state(), state).unwrap();
    let asked = tree.run("state rm a");
    assert_eq!(asked.code, 64, "{}", asked.err);
    let held = Lock::acquire(&home, owner(&this_host()), 0).unwrap();
    assert_eq!(tree.run("state rm a --force").code, 4);
    drop(held);
    assert_eq!(std::fs::read_to_string(home.state()).unwrap(), state, "nothing was written so far");

    let forgotten = tree.run("state rm a --auto-approve");
    assert_eq!(forgotten.code, 0, "{}", forgotten.err);
    assert!(forgotten.err.contains("what talos_bootstrap made, known as {\"node\":\"cp01\"}"), "{}", forgotten.err);
    assert_eq!(std::fs::read_to_string(home.backup()).unwrap(), state);
    assert_eq!(tree.run("state list -o json").json()["units"], serde_json::json!([]));
}
