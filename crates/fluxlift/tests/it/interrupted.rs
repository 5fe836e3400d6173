//! The real program, asked to stop by a real SIGINT while it works against a datacenter on loopback sockets, and resumed.

use std::process::{Child, Stdio};

use fluxlift::demo::world;
use fluxlift_engine::Home;
use fluxlift_engine::journal::{History, RunStatus};
use fluxlift_engine::lock::inspect;
use fluxlift_sim::Options;
use rustix::process::{Pid, Signal, kill_process};

use crate::crash::nothing_was_done_twice;
use crate::killed::{HASTE, journal, program, read_pace};
use crate::served::{Served, now};
use crate::tree::Tree;

/// Sends one SIGINT as soon as the journal holds `moment`.
fn interrupt_at(run: &mut Child, tree: &Tree, moment: &str) {
    while !journal(tree.path()).contains(moment) {
        assert!(run.try_wait().unwrap().is_none(), "the run ended before its journal held {moment}");
        read_pace();
    }
    let pid = Pid::from_raw(run.id().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
}

#[test]
fn a_process_that_is_interrupted_ends_by_itself_gives_its_lock_back_and_is_resumed() {
    let datacenter = Served::start(world(Options { seed: 11, haste: HASTE, ..Options::default() }, "2.9.4", now()));
    let tree = Tree::reference();
    let mut run = program(&tree, "run-all apply --until bootstrap --non-interactive -o json");
    let mut run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    interrupt_at(&mut run, &tree, r#""target":"vm/101012""#);
    let ended = run.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(5), "{said}");
    assert!(said.contains("stopping after the current acts; once more to abort"), "{said}");
    assert!(said.contains("error: the apply was interrupted"), "{said}");
    assert!(said.contains("run `fluxlift resume` to go on from here"), "{said}");

    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(report["interrupted"], true);
    let compute = report["units"].as_array().unwrap().iter().find(|unit| unit["path"] == "compute").unwrap();
    assert_eq!(compute["result"], "cancelled", "{compute}");
    assert!(said.contains(&format!("error: compute: {}", compute["error"].as_str().unwrap())), "{compute} {said}");

    let home = Home::at(tree.path().join(".fluxlift"));
    assert_eq!(inspect(&home).unwrap().owner, None);
    assert_eq!(History::resumable(&home).unwrap().status(), RunStatus::Interrupted);
    let status = program(&tree, "resume").status().unwrap();
    assert!(status.success(), "{status}: {}", journal(tree.path()));
    nothing_was_done_twice(&datacenter.stop(), "after an interrupt");
}
