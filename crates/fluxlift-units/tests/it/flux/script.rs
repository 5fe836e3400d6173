//! The user's own script at the end of the unit: a real child process, while the clock stands still.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fluxlift_core::{ErrorKind, EventKind};
use fluxlift_sim::Options;
use fluxlift_sim::flux::kinds::HELM_RELEASES;
use fluxlift_sim::kube::Key;
use serde_json::json;
use tempfile::TempDir;

use super::lab::{Lab, chain};

/// A checkout with a script.
fn checkout(script: &str, mode: u32) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("scripts/post-bootstrap.sh");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    root
}

fn lines(lab: &Lab) -> Vec<String> {
    let events = lab.events.lock().unwrap();
    let line = |event: &EventKind| match event {
        EventKind::HookLine { hook, line } => Some(format!("{hook}: {line}")),
        _ => None,
    };
    events.iter().filter_map(line).collect()
}

/// The place of the first event that `is` the one.
fn at(lab: &Lab, is: impl Fn(&EventKind) -> bool) -> usize {
    lab.events.lock().unwrap().iter().position(is).expect("it never happened")
}

fn with_root(lab: &mut Lab, root: &Path) {
    lab.more = json!({"repo_root": root});
}

const TELLS: &str = "#!/bin/sh\necho in $(basename $(pwd))\nls -l \"$KUBECONFIG\" | cut -c1-10\ngrep -c server: \"$KUBECONFIG\"\n\
                     echo \"$KUBECONFIG\" > told\necho to stderr >&2\n";

#[tokio::test(start_paused = true)]
async fn the_script_runs_last_with_a_kubeconfig_of_its_own_and_its_failure_is_a_failure() {
    let mut lab = Lab::new(Options::default());
    lab.apply("flux_operator").await;
    let root = checkout(TELLS, 0o755);
    with_root(&mut lab, root.path());
    let applied = lab.apply("flux_instance").await;
    assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
    let folder = root.path().file_name().unwrap().to_str().unwrap();
    let name = "scripts/post-bootstrap.sh";
    let said = [format!("in {folder}"), "-rw-------".to_owned(), "1".to_owned(), "to stderr".to_owned()];
    assert_eq!(lines(&lab), said.map(|line| format!("{name}: {line}")));
    let proven = |event: &EventKind| matches!(event, EventKind::GateClosed { gate, .. } if gate.as_str() == "delivered set ready");
    let began =
        |event: &EventKind| matches!(event, EventKind::Step { verb, what } if verb == "started" && what == name);
    assert!(at(&lab, proven) < at(&lab, began));
    // The kubeconfig, which is a secret, was there for as long as the script.
    let kubeconfig = std::fs::read_to_string(root.path().join("told")).unwrap();
    assert!(!Path::new(kubeconfig.trim()).exists(), "{kubeconfig}");

    // Not executable, as in many a checkout; and it fails.
    let root = checkout("echo no luck\nexit 3\n", 0o644);
    with_root(&mut lab, root.path());
    let applied = lab.apply("flux_instance").await;
    let shortfall = applied.shortfall.expect("a script that failed was taken for done");
    assert_eq!(shortfall.kind(), ErrorKind::Failed);
    assert!(chain(&*shortfall).contains("post-bootstrap.sh failed: exit status: 3"), "{}", chain(&*shortfall));
    assert!(applied.outputs.contains_key("sync_path"), "Flux is there all the same");
    assert_eq!(lines(&lab).last().unwrap(), "scripts/post-bootstrap.sh: no luck");

    // Turned off, it does not run.
    lab.more["post_bootstrap"] = json!(false);
    assert!(lab.apply("flux_instance").await.shortfall.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_script_does_not_run_while_something_is_not_proven_and_that_is_said() {
    let mut lab = Lab::new(Options::default());
    lab.apply("flux_operator").await;
    let key = Key::namespaced(&HELM_RELEASES, "default", "actual");
    lab.with(|world| world.flux.faults.failing_releases.insert(key, u32::MAX));
    let root = checkout("#!/bin/sh\ntouch ran\n", 0o755);
    with_root(&mut lab, root.path());
    lab.more["rescue_max_force"] = json!(0);
    let shortfall = lab.apply("flux_instance").await.shortfall.expect("a release that always fails was proven");
    assert!(!root.path().join("ran").exists());
    let hints: Vec<String> = shortfall.hints().iter().map(ToString::to_string).collect();
    assert!(hints.iter().any(|hint| hint.contains("did not run")), "{hints:?}");
}
