//! `bootstrap` on a simulated cluster, under virtual time: from nothing to fifty releases, again, changed, killed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser as _;
use fluxlift::args::{Cli, Command};
use fluxlift::bootstrap::Bootstrap;
use fluxlift::bootstrap::request::Secrets;
use fluxlift::demo::cluster;
use fluxlift::modules;
use fluxlift::run::{Pace, Setting, at_pace};
use fluxlift::system::System;
use fluxlift::ui::Failure;
use fluxlift::watchdog::Witness;
use fluxlift_core::{Timestamp, UnitResult};
use fluxlift_engine::journal::{Entry, JournalObserver, NoObserver};
use fluxlift_engine::{RunError, RunOptions, RunReport};
use fluxlift_flux::Strategy;
use fluxlift_gate::TokioClock;
use fluxlift_sim::kube::Key;
use fluxlift_sim::referee::{self, Tally};
use fluxlift_sim::{Datacenter, Net, Options, World};
use tempfile::TempDir;

use crate::crash::with_less;
use crate::folder::Folder;
use crate::infrastructure::RELEASES;
use crate::reserved;
use crate::served::{Served, now};
use crate::tree::{Ran, run_in, run_with};

const START: &str = "2026-01-01T00:00:00Z";
const ALL: Tally = Tally { total: 50, ready: 50, unobserved: 0 };

/// What the cluster of the reference tree is delivered from.
const ASKED: &str = "--git-url http://127.101.0.4:3000/home-ops.git --path kubernetes/clusters/cluster-101 \
                     --chart oci://127.101.0.3:5000/charts/flux-operator";

/// A cluster without Flux, and a home folder with its kubeconfig.
fn machine(seed: u64) -> (World, TempDir) {
    machine_since(START.parse().unwrap(), Options { seed, ..Options::default() })
}

fn machine_since(then: Timestamp, options: Options) -> (World, TempDir) {
    let home = tempfile::tempdir().unwrap();
    let made = cluster(options, then);
    let (world, kubeconfig) = made.unwrap_or_else(|failure| panic!("{}", failure.render()));
    std::fs::create_dir_all(home.path().join(".kube")).unwrap();
    std::fs::write(home.path().join(".kube/config"), kubeconfig).unwrap();
    (world, home)
}

/// The system of somebody whose home folder is `home`.
fn system(home: &Path, vars: &[(&str, &str)]) -> System {
    let mut system = System::look().unwrap_or_else(|failure| panic!("{}", failure.render()));
    system.env.vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    system.env.home = Some(home.to_owned());
    system.dir = home.to_owned();
    system.seed = 7;
    system
}

/// Runs `fluxlift bootstrap <line>` in `world`, and gives the world as it is then.
fn bootstrap(
    home: &Path,
    world: World,
    line: &str,
    vars: &[(&str, &str)],
    observer: impl FnOnce(&Datacenter) -> Arc<dyn JournalObserver>,
) -> (Result<Result<RunReport, RunError>, Failure>, World) {
    let mut system = system(home, vars);
    system.now = world.now;
    let cli = Cli::try_parse_from(format!("fluxlift bootstrap {line}").split_whitespace()).unwrap();
    let Command::Bootstrap(args) = cli.command else { panic!("{line}") };
    let done = at_pace(Pace::Virtual, &Witness::default(), async {
        let clock = Arc::new(TokioClock::starting_at(world.now));
        let datacenter = Datacenter::new(world, clock.clone());
        let driver = datacenter.run();
        let net = Net::new(datacenter.clone());
        let modules = modules::simulated(net.clone(), clock.clone(), &system, Strategy::default());
        let setting = Setting { modules, clock: clock.clone(), owner: system.owner("bootstrap test") };
        let ran = async {
            let request = args.request(&system)?;
            let dial = Arc::new(net);
            let prepared =
                Bootstrap::prepare(request, Secrets::Read, &system, dial.clone(), Arc::clone(&setting.clock)).await?;
            if !args.skip_git_check {
                prepared.check_repository(dial, clock).await?;
            }
            let mut engine = prepared.engine(&setting);
            engine.observer = observer(&datacenter);
            Ok(prepared.run(&engine, RunOptions { seed: system.seed, ..RunOptions::default() }).await)
        };
        let ran = ran.await;
        driver.abort();
        Ok((ran, datacenter.snapshot()))
    });
    done.unwrap_or_else(|failure| panic!("{}", failure.render()))
}

/// The same, for a run that must succeed.
fn succeeds(home: &Path, world: World, line: &str, vars: &[(&str, &str)]) -> (RunReport, World) {
    let (ran, world) = bootstrap(home, world, line, vars, |_| Arc::new(NoObserver));
    (report(ran, line), world)
}

fn report(ran: Result<Result<RunReport, RunError>, Failure>, at: &str) -> RunReport {
    let report = ran.unwrap_or_else(|failure| panic!("{at}: {}", failure.render()));
    let report = report.unwrap_or_else(|error| panic!("{at}: {error}"));
    let errors: Vec<String> = report.units.iter().filter_map(|u| u.error.as_ref()).map(|e| e.chain()).collect();
    assert!(report.succeeded(), "{at}: {errors:?}");
    report
}

/// Why a bootstrap did not even begin.
fn fails(home: &Path, world: World, line: &str) -> String {
    let (ran, _) = bootstrap(home, world, line, &[], |_| Arc::new(NoObserver));
    let failure = ran.err().unwrap();
    assert_eq!(failure.exit_code(), 1);
    anstream::adapter::strip_str(&failure.render()).to_string().replace(&home.display().to_string(), "<home>")
}

fn changes(report: &RunReport) -> Vec<String> {
    let change = |result: &UnitResult| match result {
        UnitResult::Succeeded { change } => change.to_string(),
        other => other.word().to_owned(),
    };
    report.units.iter().map(|unit| format!("{}: {}", unit.path, change(&unit.result))).collect()
}

/// The folders of state below `home`, one for each cluster.
fn clusters(home: &Path) -> Vec<PathBuf> {
    let folder = home.join(".local/state/fluxlift/clusters");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Every file below `folder`, as text.
fn everything(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        text += &if path.is_dir() { everything(&path) } else { std::fs::read_to_string(&path).unwrap_or_default() };
    }
    text
}

#[test]
fn flux_comes_onto_a_cluster_that_exists_and_a_second_time_nothing_changes() {
    let (world, home) = machine(1);
    let (report, world) = succeeds(home.path(), world, ASKED, &[]);
    assert_eq!(changes(&report), ["flux-operator: create", "flux-instance: create"]);
    assert_eq!(referee::count(&world), ALL);
    let early = world.referee.early();
    assert!(early.is_empty(), "{early:?}");
    let (again, world) = succeeds(home.path(), world, ASKED, &[]);
    assert_eq!(changes(&again), ["flux-operator: no change", "flux-instance: no change"]);
    assert_eq!(referee::count(&world), ALL);
}

#[test]
fn a_token_becomes_a_secret_of_the_live_instance_and_is_written_nowhere() {
    let (world, home) = machine(2);
    let (_, world) = succeeds(home.path(), world, ASKED, &[]);
    let token = [("FLUXLIFT_GIT_TOKEN", "hunter2-hunter2")];
    let (report, world) = succeeds(home.path(), world, ASKED, &token);
    assert_eq!(changes(&report), ["flux-operator: no change", "flux-instance: update"]);
    assert_eq!(referee::count(&world), ALL);
    let kind = world.kube.api.kinds().find(|kind| kind.kind == "Secret").unwrap().clone();
    let secret = world.kube.api.get(&Key::of(&kind.gr, Some("flux-system"), "flux-system")).unwrap();
    assert!(secret["data"]["password"].is_string());
    let state = everything(&home.path().join(".local"));
    assert!(state.contains("FLUXLIFT_GIT_TOKEN"), "where the token comes from is not in the journal");
    assert!(!state.contains("hunter2"), "the token is in the state");
}

#[test]
fn the_ledger_of_a_bootstrap_is_shown_outside_of_any_tree() {
    let (world, home) = machine(3);
    succeeds(home.path(), world, ASKED, &[]);
    let [state] = &clusters(home.path())[..] else { panic!("not one cluster") };
    for line in ["report -o json".to_owned(), format!("report -o json --state-dir {}", state.display())] {
        let report = run_in(home.path(), &line);
        assert_eq!(report.code, 0, "{line}: {}", report.err);
        let json = report.json();
        assert_eq!(json["status"], "succeeded", "{line}");
        let proofs: Vec<&str> =
            json["proofs"].as_array().unwrap().iter().map(|p| p["proof"]["gate"].as_str().unwrap()).collect();
        for gate in ["fluxreport/flux fresh", "canary helm-controller HelmRelease", "delivered set ready"] {
            assert!(proofs.contains(&gate), "{line}: {gate} is not in {proofs:#?}");
        }
    }
    let list = run_in(home.path(), "state list");
    assert!(list.out.contains("flux_operator") && list.out.contains("flux_instance"), "{}{}", list.out, list.err);
    let resume = run_in(home.path(), "resume");
    assert_eq!(resume.code, 1);
    assert!(resume.err.contains("there is no unfinished run"), "{}", resume.err);
}

/// A moment in the life of a run: the world and everything on disk.
struct Fork {
    at: String,
    world: World,
    home: TempDir,
}

/// Keeps a fork of some records, before and after they are on disk.
struct Forks {
    datacenter: Datacenter,
    home: PathBuf,
    taken: Arc<Mutex<Vec<Fork>>>,
}

impl Forks {
    fn take(&self, when: &str, entry: &Entry) {
        let home = tempfile::tempdir().unwrap();
        Folder::read(&self.home).write(home.path());
        let what = serde_json::to_value(&entry.record).unwrap()["record"].clone();
        let mut world = self.datacenter.snapshot();
        // It would hold for the folder that this one is a copy of.
        reserved::no_more(&mut world);
        self.taken.lock().unwrap().push(Fork { at: format!("{when} {} {what}", entry.seq), world, home });
    }
}

impl JournalObserver for Forks {
    fn before(&self, entry: &Entry) -> io::Result<()> {
        if entry.seq % 5 == 1 {
            self.take("before", entry);
        }
        Ok(())
    }

    fn after(&self, entry: &Entry) {
        if entry.seq % 16 == 1 {
            self.take("after", entry);
        }
    }
}

#[test]
fn a_bootstrap_that_was_killed_goes_on_with_the_same_command() {
    let (world, home) = machine(4);
    let world = with_less(world);
    let taken = Arc::new(Mutex::new(Vec::new()));
    let forks = |datacenter: &Datacenter| -> Arc<dyn JournalObserver> {
        Arc::new(Forks { datacenter: datacenter.clone(), home: home.path().to_owned(), taken: taken.clone() })
    };
    let (ran, _) = bootstrap(home.path(), world, ASKED, &[], forks);
    report(ran, "undisturbed");
    let taken = std::mem::take(&mut *taken.lock().unwrap());
    assert!(taken.len() >= 10, "{} forks", taken.len());
    let left = Mutex::new(taken.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    // The lock must not be held while a fork goes on.
                    let fork = left.lock().unwrap().next();
                    let Some(fork) = fork else { break };
                    goes_on(fork);
                }
            });
        }
    });
}

fn goes_on(Fork { at, world, home }: Fork) {
    let began = everything(home.path()).contains("run-started");
    let (ran, world) = bootstrap(home.path(), world, ASKED, &[], |_| Arc::new(NoObserver));
    let report = report(ran, &at);
    assert_eq!(referee::count(&world), Tally { total: RELEASES, ready: RELEASES, unobserved: 0 }, "{at}");
    let early = world.referee.early();
    assert!(early.is_empty(), "{at}: {} releases came before every canary was handled", early.len());
    // It is the same run that went on, once it had begun at all.
    let runs = run_in(home.path(), "report --list -o json").json();
    assert!(!began || runs.as_array().unwrap().len() == 1, "{at}: {runs}");
    assert!(!began || report.run.0 == 1, "{at}: {}", report.run);
}

#[test]
fn two_clusters_never_share_state_although_their_kubeconfigs_are_called_the_same() {
    let (first, home) = machine(5);
    succeeds(home.path(), first, ASKED, &[]);
    let (second, other) = machine(6);
    Folder::read(&other.path().join(".kube")).write(&home.path().join(".kube"));
    let (report, _) = succeeds(home.path(), second, ASKED, &[]);
    assert_eq!(changes(&report), ["flux-operator: create", "flux-instance: create"]);
    assert_eq!(clusters(home.path()).len(), 2);
}

#[test]
fn the_real_program_brings_flux_onto_a_served_cluster_changes_nothing_again_and_takes_it_off() {
    let quick = Options { cache_sync: Duration::from_millis(500), haste: 30, ..Options::default() };
    let (world, home) = machine_since(now(), quick);
    let served = Served::start(world);
    // The sources alone: releases would take minutes of real time.
    let asked = format!("bootstrap -o json {}/sources", ASKED.split(" --chart").next().unwrap());
    let asked = format!("{asked} --chart oci://127.101.0.3:5000/charts/flux-operator");
    let changes = |ran: &Ran| -> Vec<String> {
        let report = ran.json();
        let units = report["units"].as_array().unwrap().iter();
        units.map(|unit| format!("{}: {}", unit["path"].as_str().unwrap(), unit["change"].as_str().unwrap())).collect()
    };
    let first = run_in(home.path(), &asked);
    assert_eq!(first.code, 0, "{}", first.err);
    let again = run_in(home.path(), &asked);
    assert_eq!(again.code, 0, "{}", again.err);
    assert_eq!(changes(&first), ["flux-operator: create", "flux-instance: create"]);
    assert_eq!(changes(&again), ["flux-operator: none", "flux-instance: none"]);
    let [state] = &clusters(home.path())[..] else { panic!("not one cluster") };
    let destroyed = run_in(home.path(), &format!("destroy --auto-approve --state-dir {}", state.display()));
    assert_eq!(destroyed.code, 0, "{}", destroyed.err);
    let world = served.stop();
    let left: Vec<_> = world.kube.api.all().filter(|(_, object)| object["kind"] == "FluxInstance").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_cannot_begin_says_why() {
    let (world, home) = machine(8);
    insta::assert_snapshot!(fails(home.path(), world.clone(), &format!("{ASKED} --context venus")));
    insta::assert_snapshot!(fails(home.path(), world.clone(), &format!("{ASKED} --kubeconfig no/such/file")));
    insta::assert_snapshot!(fails(home.path(), world.clone(), &format!("{ASKED} --sops-age-key-file no.key")));
    std::fs::write(home.path().join("no.key"), "hunter2").unwrap();
    let no_key = fails(home.path(), world.clone(), &format!("{ASKED} --sops-age-key-file no.key"));
    assert!(no_key.contains("holds no age key") && !no_key.contains("hunter2"), "{no_key}");
    insta::assert_snapshot!(fails(home.path(), world.clone(), &format!("{ASKED} --branch develop")));
    insta::assert_snapshot!(fails(home.path(), world.clone(), &ASKED.replace("cluster-101", "cluster-7")));
    insta::assert_snapshot!(fails(home.path(), world.clone(), &ASKED.replace("home-ops.git", "no-ops.git")));
    let config = home.path().join(".kube/config");
    let elsewhere = std::fs::read_to_string(&config).unwrap().replace("127.101.0.10:6443", "127.101.9.9:6443");
    std::fs::write(&config, elsewhere).unwrap();
    let refused = fails(home.path(), world, ASKED);
    assert!(refused.contains("namespace/kube-system"), "{refused}");
    assert!(!home.path().join(".local").exists(), "state was kept of a cluster that never answered");
}

#[test]
fn mistakes_in_the_command_line_are_exit_code_64() {
    let home = tempfile::tempdir().unwrap();
    for (line, word) in [
        ("--path x", "--git-url"),
        ("--git-url https://example.org/x.git", "--path"),
        ("--git-url git@github.com:you/home-ops.git --path x", "https://github.com/you/home-ops.git"),
        ("--git-url not-a-url --path x", "http or https"),
        ("--git-url https://example.org/x.git --path ../x", "not a folder of the repository"),
        ("--git-url https://example.org/x.git --path x --git-token-file - --sops-age-key-file -", "stdin"),
    ] {
        let ran = run_in(home.path(), &format!("bootstrap {line}"));
        assert_eq!(ran.code, 64, "{line}: {}", ran.err);
        assert!(ran.err.contains(word), "{line}: {}", ran.err);
    }
    let leaked = run_in(home.path(), "bootstrap --git-url https://you:hunter2@example.org/x.git --path x");
    assert_eq!(leaked.code, 64);
    assert!(!leaked.err.contains("hunter2"), "{}", leaked.err);
}

#[test]
fn without_a_kubeconfig_it_says_which_file_it_looked_for() {
    let home = tempfile::tempdir().unwrap();
    let asked = "bootstrap --git-url https://example.org/x.git --path x";
    let ran = run_in(home.path(), asked);
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("error: <tree>/.kube/config cannot be read"), "{}", ran.err);
    let listed = run_with(home.path(), asked, &[("KUBECONFIG", "a:b")]);
    assert!(listed.err.starts_with("error: <tree>/b cannot be read"), "{}", listed.err);
}

#[test]
fn help_names_every_option() {
    let home = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(run_in(home.path(), "bootstrap -h").out);
}
