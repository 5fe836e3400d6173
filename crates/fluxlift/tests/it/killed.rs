//! The real program, killed with a real SIGKILL against a datacenter on loopback sockets, and resumed.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fluxlift::demo::world;
use fluxlift_sim::Options;

use crate::crash::nothing_was_done_twice;
use crate::served::{Served, now};
use crate::tree::Tree;

/// How many times faster than real ones the machines are.
pub(crate) const HASTE: i32 = 60;

/// What the journal holds when the program is killed: while machines are being made, and when etcd is about to start.
const MOMENTS: [&str; 3] = [r#""target":"vm/101012""#, r#""unit-finished""#, r#""etcd.bootstrap""#];

/// What the program last started has said.
const SAID: &str = "said";

/// The real program, about to do `line` in the cluster of `tree`.
pub(crate) fn program(tree: &Tree, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fluxlift"));
    command
        .args(line.split_whitespace())
        .current_dir(tree.cluster())
        .env_clear()
        .env("HOME", tree.path())
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(tree.path().join(SAID)).unwrap());
    command
}

fn start(tree: &Tree, line: &str) -> Child {
    program(tree, line).spawn().unwrap()
}

/// The journal of the run so far.
pub(crate) fn journal(tree: &Path) -> String {
    let folder = tree.join(".fluxlift/journal");
    let files = std::fs::read_dir(folder).map(|files| files.flatten().map(|file| file.path()).max());
    files.ok().flatten().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default()
}

/// Kills the process that was resumed `resumed` times before as soon as it has written `moment` itself.
fn kill_at(run: &mut Child, tree: &Tree, resumed: usize, moment: &str) {
    let written =
        || journal(tree.path()).split(r#""run-resumed""#).nth(resumed).is_some_and(|own| own.contains(moment));
    while !written() {
        if let Some(status) = run.try_wait().unwrap() {
            let said = std::fs::read_to_string(tree.path().join(SAID)).unwrap();
            panic!("the run ended with {status} before its journal held {moment}:\n{said}");
        }
        read_pace();
    }
    run.kill().unwrap();
    assert!(!run.wait().unwrap().success());
}

/// A moment between two looks at a file that another process writes.
#[expect(clippy::disallowed_methods, reason = "another process is watched through its file")]
pub(crate) fn read_pace() {
    std::thread::sleep(std::time::Duration::from_millis(2));
}

#[test]
fn a_process_that_is_killed_is_resumed_without_doing_anything_twice() {
    let datacenter = Served::start(world(Options { seed: 11, haste: HASTE, ..Options::default() }, "2.9.4", now()));
    let tree = Tree::reference();
    let mut run = start(&tree, "run-all apply --until bootstrap --non-interactive");
    for (resumed, moment) in MOMENTS.into_iter().enumerate() {
        kill_at(&mut run, &tree, resumed, moment);
        run = start(&tree, "resume");
    }
    let status = run.wait().unwrap();
    assert!(status.success(), "{status}: {}", journal(tree.path()));
    nothing_was_done_twice(&datacenter.stop(), "after three kills");
}
