//! Packs that the real git made.

use std::path::Path;
use std::process::{Command, Stdio};

use fluxlift_net::git::{EntryKind, Oid, pack, walk};

fn git(folder: &Path, arguments: &[&str], stdin: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@b.c"),
            ("GIT_COMMITTER_NAME", "a"),
            ("GIT_COMMITTER_EMAIL", "a@b.c"),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {arguments:?}");
    output.stdout
}

#[test]
fn every_object_of_a_deltified_pack_is_read_and_a_path_is_found() {
    if Command::new("git").arg("--version").output().is_err() {
        println!("skipped: this machine has no git");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q", "-b", "main"], "");
    let mut text: String = (0..2000).map(|n| format!("line {n}\n")).collect();
    std::fs::create_dir_all(at.join("apps/web")).unwrap();
    for round in 0..5 {
        text.push_str(&format!("round {round}\n"));
        std::fs::write(at.join("apps/web/values.yaml"), &text).unwrap();
        git(at, &["add", "."], "");
        git(at, &["commit", "-q", "-m", "round"], "");
    }
    git(at, &["tag", "-a", "v1", "-m", "one"], "");
    let tag: Oid = String::from_utf8(git(at, &["rev-parse", "v1"], "")).unwrap().trim().parse().unwrap();
    let listed =
        String::from_utf8(git(at, &["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"], "")).unwrap();
    for extra in [&["--delta-base-offset"][..], &[]] {
        let arguments = [&["pack-objects", "--stdout", "-q", "--all", "--window=50", "--depth=50"][..], extra].concat();
        let pack = git(at, &arguments, "");
        assert!(pack.len() < text.len(), "the pack holds no deltas, so it proves nothing");
        let objects = pack::read(&pack).unwrap();
        let mut names: Vec<String> = objects.keys().map(Oid::to_string).collect();
        names.sort();
        assert_eq!(names, listed.lines().collect::<Vec<_>>());
        let found = walk::find(&objects, tag, "apps/web/values.yaml").unwrap().unwrap();
        assert_eq!(found.0, EntryKind::File);
        assert_eq!(objects[&found.1].1, text.as_bytes());
    }
}
