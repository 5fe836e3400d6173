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
