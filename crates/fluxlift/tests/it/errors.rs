//! The errors that a person meets: each says what failed, where, what was seen last and what to do next, and leaves
//! everything as it was. Each begins where a bootstrap has ended, so that there is something to lose.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Timestamp;
use fluxlift_engine::Home;
use fluxlift_engine::lock::{Lock, Owner};
use fluxlift_sim::World;
use fluxlift_sim::controllers::Program;
use fluxlift_sim::registry::REPOSITORY;
use fluxlift_talos::pki::{Issue, Issuer, PrivateKey, Usage, authority};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use regex::Regex;

use crate::converged::{converged, made};
use crate::folder::Folder;
use crate::served::{Served, Turn};
use crate::tree::{Ran, Tree};

const CLUSTER: &str = "terraform/infra/live/clusters/cluster-101";
const HOME: &str = ".fluxlift";

/// An age key that opens nothing of ours.
pub(crate) const ANOTHER_KEY: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n";

/// A tree whose cluster has converged, and how it was before something went wrong.
struct Before {
    tree: Tree,
    world: World,
    home: Folder,
    made: BTreeSet<String>,
}

impl Before {
    fn new() -> Self {
        let (tree, world) = converged();
        let (home, made) = (Folder::read(&tree.path().join(HOME)), made(&world));
        assert!(!home.is_empty() && !made.is_empty());
        Self { tree, world, home, made }
    }

    /// Runs the binary in the root of the tree, for one unit, or for the whole cluster where `unit` is empty.
    fn run(&self, line: &str, unit: &str) -> Ran {
        self.tree.run(&format!("{line} --working-dir {CLUSTER}/{unit}"))
    }

    /// Changes the file of a unit, and gives what it was.
    fn edit(&self, unit: &str, from: &str, to: &str) -> String {
        self.tree.edit(&format!("{CLUSTER}/{unit}/terragrunt.hcl"), from, to)
    }

    fn mend(&self, unit: &str, text: &str) {
        std::fs::write(self.tree.cluster().join(unit).join("terragrunt.hcl"), text).unwrap();
    }

    /// Not a byte beside the tree was changed: no run has begun.
    fn nothing_was_written(&self) {
        let now = Folder::read(&self.tree.path().join(HOME));
        assert_eq!((now.unlike(&self.home), self.home.unlike(&now)), (vec![], vec![]));
    }

    /// A run has begun and has its journal. The state, its backup and every earlier journal are what they were.
    fn the_state_is_as_it_was(&self) {
        let now = Folder::read(&self.tree.path().join(HOME));
        let lock = |path: &&Path| *path == Path::new("lock.json");
        assert_eq!(self.home.unlike(&now).into_iter().filter(|path| !lock(path)).collect::<Vec<_>>(), [] as [&Path; 0]);
        let fresh = now.unlike(&self.home).into_iter().filter(|path| !lock(path));
        assert!(fresh.clone().all(|path| path.starts_with("journal")), "{:?}", fresh.collect::<Vec<_>>());
        assert_eq!(
            self.tree.run(&format!("state unlock --working-dir {CLUSTER}")).err.trim(),
            "Free  nobody holds the lock"
        );
    }

    /// Nothing was made in the datacenter, and nothing of it is gone.
    fn the_world_is_as_it_was(&self, world: &World) {
        let now = made(world);
        let (new, gone): (Vec<_>, Vec<_>) =
            (now.difference(&self.made).collect(), self.made.difference(&now).collect());
        assert!(new.is_empty() && gone.is_empty(), "new: {new:#?}, gone: {gone:#?}");
    }

    /// The whole cluster is planned again, and nothing is to be done.
    fn all_is_well(&self) {
        let plan = self.run("run-all plan", "");
        assert_eq!(plan.code, 0, "{}", plan.err);
        assert!(plan.out.ends_with("No changes.\n"), "{}", plan.out);
    }
}

/// Every way into a run refuses in the same words, with exit code 1, and not a byte is written.
fn refused(before: &Before) -> String {
    let plan = before.run("run-all plan", "");
    for ran in [&plan, &before.run("run-all apply", ""), &before.run("run-all destroy --non-interactive", "")] {
        assert_eq!((ran.code, &*ran.out), (1, ""), "{}", ran.err);
    }
    before.nothing_was_written();
    plan.err
}

/// What a failed command says at its end, after the lines of the run.
fn failure(ran: &Ran) -> &str {
    let at = ran.err.find("error:").unwrap_or_else(|| panic!("nothing failed: {}", ran.err));
    &ran.err[at..]
}

#[test]
fn bad_hcl_is_shown_with_its_place_and_nothing_is_lost() {
    let before = Before::new();
    before.edit("flux-operator", "paths = [\"../bootstrap\"]", "paths = [\"../bootstrap\"");
    insta::assert_snapshot!(refused(&before));
}

#[test]
fn a_dependency_that_is_not_there_is_shown_where_it_is_named_and_nothing_is_lost() {
    let before = Before::new();
    before.edit("flux-operator", "paths = [\"../bootstrap\"]", "paths = [\"../boostrap\"]");
    insta::assert_snapshot!(refused(&before));
}

#[test]
fn a_cycle_is_printed_as_a_loop_and_nothing_is_lost() {
    let before = Before::new();
    before.edit("bootstrap", "paths = [\"../apply\"]", "paths = [\"../apply\", \"../flux-instance\"]");
    insta::assert_snapshot!(refused(&before));
}

#[test]
fn a_wrong_age_key_is_told_with_the_right_one_and_nothing_is_lost() {
    let before = Before::new();
    std::fs::write(before.tree.path().join("terraform/infra/live/common/test-age.key"), ANOTHER_KEY).unwrap();
    insta::assert_snapshot!(refused(&before));
}

#[test]
fn a_held_lock_is_exit_code_4_with_its_owner_and_nothing_is_lost() {
    let mut before = Before::new();
    let owner = Owner {
        pid: 4711,
        host: std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned(),
        user: "ada".into(),
        command: "run-all apply".into(),
        since: Timestamp::UNIX_EPOCH,
    };
    let home = before.tree.path().join(HOME);
    let held = Lock::acquire(&Home::at(&home), owner.clone(), 0).unwrap();
    before.home = Folder::read(&home);
    for line in ["run-all apply", "run-all destroy --non-interactive"] {
        let refused = before.run(line, "");
        assert_eq!((refused.code, &*refused.out), (4, ""), "{line}: {}", refused.err);
        let expected = format!(
            "error: the state is locked by {owner}\n  \
             hint: wait for that run to end\n  \
             hint: if it hangs, end its process; the lock is free as soon as it is gone\n"
        );
        assert_eq!(refused.err, expected);
    }
    before.nothing_was_written();
    drop(held);
}

#[test]
fn an_api_that_does_not_answer_is_named_with_its_address_and_nothing_is_lost() {
    let before = Before::new();
    let turn = Turn::take();
    let plan = before.run("plan --unit-deadline 1s", "flux-instance");
    assert_eq!((plan.code, &*plan.out), (1, ""));
    // What a unit needs is read side by side: any of it may be refused first.
    let told = failure(&plan);
    let (read, answer) = told.split_once(" got ").unwrap();
    assert!(read.starts_with("error: get "), "{told}");
    insta::assert_snapshot!(answer);
    before.nothing_was_written();
    let apply = before.run("apply --unit-deadline 2s -o json", "flux-instance");
    assert_eq!(apply.code, 1, "{}", apply.err);
    let unit = &apply.json()["units"][0];
    assert!(unit["error"].as_str().unwrap().ends_with("no answer from https://127.101.0.10:6443"), "{unit:#}");
    assert!(unit["causes"].as_array().unwrap().last().unwrap().as_str().unwrap().contains("refused"), "{unit:#}");
    assert!(unit["hints"][0].as_str().unwrap().contains("curl -k https://127.101.0.10:6443/readyz"), "{unit:#}");
    before.the_state_is_as_it_was();
    drop(turn);
    let served = Served::start(before.world.clone());
    before.all_is_well();
    before.the_world_is_as_it_was(&served.stop());
}

/// The kubeconfig of the tree, with a client certificate whose last moment was long ago.
pub(crate) fn expired(kubeconfig: &str) -> String {
    let mut random = ChaCha20Rng::seed_from_u64(1);
    let long_ago: Timestamp = "2024-03-01T00:00:00Z".parse().unwrap();
    let ca = authority(&PrivateKey::p256(&mut random), Some("kubernetes"), long_ago, &mut random).unwrap();
    let wanted = Issue {
        common_name: Some("admin".into()),
        organisation: Some("system:masters".into()),
        usage: Usage::Client,
        addresses: Vec::new(),
        names: Vec::new(),
        not_before: long_ago,
        lifetime: std::time::Duration::from_secs(365 * 24 * 3600),
    };
    let pair = Issuer::new(&ca, "authority").unwrap().issue(&wanted, &mut random).unwrap();
    let with = |text: &str, field: &str, pem: &str| {
        let line = Regex::new(&format!("{field}: .*")).unwrap();
        assert!(line.is_match(text), "{field}");
        line.replace(text, format!("{field}: {}", STANDARD.encode(pem))).into_owned()
    };
    let text = with(kubeconfig, "client-certificate-data", &pair.crt);
    with(&text, "client-key-data", pair.key.expose())
}

#[test]
fn an_expired_client_certificate_is_named_with_its_date_and_nothing_is_lost() {
    let before = Before::new();
    let file = |name: &str| before.tree.path().join(".kube").join(name);
    let ours = std::fs::read_to_string(file("sol.yaml")).unwrap();
    std::fs::write(file("old.yaml"), expired(&ours)).unwrap();
    let whole = before.edit("flux-operator", "= dependency.bootstrap.outputs.kubeconfig\n", "= \"\"\n");
    before.edit("flux-operator", "dependency.bootstrap.outputs.kubeconfig_path", "\".kube/old.yaml\"");
    let served = Served::start(before.world.clone());
    let plan = before.run("plan", "flux-operator");
    assert_eq!((plan.code, &*plan.out), (1, ""));
    insta::assert_snapshot!(failure(&plan));
    before.nothing_was_written();
    let apply = before.run("apply -o json", "flux-operator");
    assert_eq!(apply.code, 1, "{}", apply.err);
    assert!(apply.json()["units"][0]["error"].as_str().unwrap().ends_with("expired on 2025-03-01T00:00:00Z"));
    before.the_state_is_as_it_was();
    before.mend("flux-operator", &whole);
    before.all_is_well();
    before.the_world_is_as_it_was(&served.stop());
}

#[test]
fn a_chart_that_is_not_the_pinned_one_is_refused_with_both_digests_and_nothing_is_lost() {
    let before = Before::new();
    let pin = format!("sha256:{}", "5eed".repeat(16));
    let pinned = format!("inputs = {{\n  flux_operator_chart_digest = \"{pin}\"\n");
    let whole = before.edit("flux-operator", "inputs = {\n", &pinned);
    let served = Served::start(before.world.clone());
    let there = served.with(|world| world.registry.digest_of(REPOSITORY, "0.58.1").unwrap().to_owned());
    let plan = before.run("plan", "flux-operator");
    assert_eq!((plan.code, &*plan.out), (1, ""));
    insta::assert_snapshot!(failure(&plan).replace(&there, "<there>").replace(&pin, "<pinned>"));
    before.nothing_was_written();
    let apply = before.run("apply -o json", "flux-operator");
    assert_eq!(apply.code, 1, "{}", apply.err);
    let error = apply.json()["units"][0]["error"].to_string();
    assert!(error.contains(&pin) && error.contains(&there), "{error}");
    before.the_state_is_as_it_was();
    before.mend("flux-operator", &whole);
    before.all_is_well();
    before.the_world_is_as_it_was(&served.stop());
}

#[test]
fn a_chart_that_was_changed_under_its_digest_is_refused_and_nothing_is_lost() {
    let before = Before::new();
    let mut world = before.world.clone();
    let archive = world.registry.archive_digest(REPOSITORY, "0.58.1").unwrap();
    assert!(world.registry.corrupt_blob(REPOSITORY, &archive, b"something else"));
    let served = Served::start(world);
    let apply = before.run("apply", "flux-operator");
    assert_eq!(apply.code, 1);
    let error = failure(&apply);
    assert!(error.contains(&archive) && error.contains("hint: don't use it"), "{error}");
    before.the_state_is_as_it_was();
    before.the_world_is_as_it_was(&served.stop());
}

/// A patch that changes the instance and rolls no controller.
const PATCH: &str = r#"kustomize_patches = [
    {
      target = { kind = "Service" }
      patch  = "- {op: add, path: /metadata/labels/changed, value: here}"
    },"#;

#[test]
fn a_gate_whose_deadline_passes_is_exit_code_3_with_its_last_verdict_and_nothing_is_lost() {
    let before = Before::new();
    before.edit("flux-instance", "kustomize_patches = [", PATCH);
    let served = Served::start(before.world.clone());
    served.with(|world| world.flux.faults.frozen.insert(Program::HelmController));
    let apply = before.run("apply --unit-deadline 2s -o json", "flux-instance");
    assert_eq!(apply.code, 3, "{}", apply.err);
    let (unit, gate) = (&apply.json()["units"][0], "canary helm-controller HelmRelease");
    let waited = format!("waiting for {gate} was interrupted after ");
    let last = "; the last verdict was: helm-controller leads, but it has not touched the canary: \
                its caches are not synced, or all of its workers are busy (for the last ";
    let error = failure(&apply);
    assert!(error.starts_with("error: the unit did not end within 2.0s\n  cause: "), "{error}");
    assert!(error.contains(&waited) && error.contains(last), "{error}");
    assert!(
        error.contains("hint: see what it says: `kubectl logs -n flux-system deployment/helm-controller`"),
        "{error}"
    );
    assert!(error.contains("hint: mend what it waited for, then run `fluxlift resume`"), "{error}");
    let cause = unit["causes"][0].as_str().unwrap();
    assert!(cause.starts_with(&waited) && cause.contains(last), "{cause}");
    let proof = unit["gates"].as_array().unwrap().iter().find(|proof| proof["name"] == gate).unwrap();
    assert_eq!(proof["verdict"], "pending");
    assert!(proof["unchanged_ms"].as_u64() <= proof["waited_ms"].as_u64() && proof["why"].is_string(), "{proof:#}");
    before.the_state_is_as_it_was();
    before.the_world_is_as_it_was(&served.with(|world| world.clone()));
    // What was changed and not proven is not taken for proven later.
    let plan = before.run("plan", "flux-instance");
    assert!(plan.out.contains("it was changed, and not proven since"), "{}{}", plan.out, plan.err);
    let resume = before.run("resume", "");
    assert_eq!(resume.code, 3, "{}", resume.err);
    assert!(failure(&resume).contains(&waited), "{}", resume.err);
    before.the_state_is_as_it_was();
    served.with(|world| world.flux.faults.frozen.clear());
    let resume = before.run("resume", "");
    assert_eq!(resume.code, 0, "{}", resume.err);
    before.all_is_well();
    before.the_world_is_as_it_was(&served.stop());
}
