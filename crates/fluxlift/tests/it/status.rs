//! `status` against a cluster that has converged, and against what can go wrong in it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use fluxlift::args::{Cli, Global};
use fluxlift::commands::status::text;
use fluxlift::demo::cluster;
use fluxlift::modules;
use fluxlift::reach::Reach;
use fluxlift::run::{Pace, Setting, at_pace};
use fluxlift::system::System;
use fluxlift::ui::Failure;
use fluxlift::watchdog::Witness;
use fluxlift_flux::Strategy;
use fluxlift_flux::status::{Report, Row, look};
use fluxlift_gate::{TokioClock, pace};
use fluxlift_sim::controllers::Program;
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Caller, Effect, Fault, GroupResource, Key, Part, Patch, Reason, Status};
use fluxlift_sim::{Datacenter, Net, Options, World};
use serde_json::{Value, json};

use crate::converged::{SEED, converged};
use crate::served::{Served, now};
use crate::tree::{Tree, run_in};

const RELEASES: GroupResource = GroupResource::known("helm.toolkit.fluxcd.io", "helmreleases");
const REPOSITORIES: GroupResource = GroupResource::known("source.toolkit.fluxcd.io", "gitrepositories");

/// Who is at `folder`, with the words of the command line.
fn global(folder: &Path) -> Global {
    Cli::try_parse_from(["fluxlift", "status", "--working-dir", folder.to_str().unwrap()]).unwrap().global
}

/// Breaks something in `world`, lets so many seconds pass, and gives the status that is seen then.
fn after(tree: &Tree, world: World, seconds: u64, act: impl FnOnce(&mut World)) -> Report {
    after_in(None, tree, world, seconds, act)
}

/// The same for one namespace.
fn after_in(namespace: Option<&str>, tree: &Tree, world: World, seconds: u64, act: impl FnOnce(&mut World)) -> Report {
    let mut system = System::look().unwrap_or_else(|failure| panic!("{}", failure.render()));
    (system.now, system.seed) = (world.now, SEED);
    let done = at_pace(Pace::Virtual, &Witness::default(), async {
        let clock = Arc::new(TokioClock::starting_at(world.now));
        let datacenter = Datacenter::new(world, clock.clone());
        let driver = datacenter.run();
        datacenter.with(act);
        pace(Duration::from_secs(seconds)).await;
        let net = Net::new(datacenter.clone());
        let modules = modules::simulated(net.clone(), clock.clone(), &system, Strategy::default());
        let setting = Setting { modules, clock: clock.clone(), owner: system.owner("status") };
        let global = global(&tree.cluster());
        let reached = Reach::default().connect_over(&global, &system, &setting, Arc::new(net), clock).await?;
        let sight = look(&reached.cluster, namespace).await.map_err(Failure::from)?;
        driver.abort();
        Ok(Report::of(&sight, namespace))
    });
    done.unwrap_or_else(|failure| panic!("{}", failure.render()))
}

fn merge(world: &mut World, key: &Key, patch: Value) {
    let caller = Caller::controller("test", world.now);
    world.kube.api.patch(&caller, key, &Patch::Merge(patch), Part::Object).unwrap();
}

fn release(namespace: &str, name: &str) -> Key {
    Key::namespaced(&RELEASES, namespace, name)
}

fn ask(world: &mut World, key: &Key) {
    let now = world.now.to_string();
    merge(world, key, json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": now}}}));
}

/// What the status says of one object.
fn row<'a>(report: &'a Report, title: &str) -> &'a Row {
    report.objects.iter().find(|row| row.title() == title).unwrap_or_else(|| panic!("no {title}"))
}

#[test]
fn a_cluster_that_has_converged_is_proven_in_every_layer() {
    let (tree, world) = converged();
    let report = after(&tree, world, 1, |_| {});
    insta::assert_snapshot!(text(&report));
    assert!(report.summary.converged && report.summary.root_causes.is_empty());
    let words: Vec<&str> = report.objects.iter().map(|row| row.verdict).filter(|word| *word != "unjudged").collect();
    assert!(words.iter().all(|word| *word == "proven"), "{words:?}");
}

#[test]
fn the_release_that_has_failed_is_at_the_root_of_those_that_depend_on_it() {
    let (tree, world) = converged();
    let report = after(&tree, world, 900, |world| {
        let database = release("database", "cloudnative-pg");
        world.flux.faults.failing_releases.insert(database.clone(), u32::MAX);
        merge(world, &database, json!({"spec": {"values": {"changed": true}}}));
        world.settle();
    });
    let database = row(&report, "helmrelease/database/cloudnative-pg");
    assert_eq!((database.verdict, database.reason), ("stuck", "RetriesExceeded"));
    assert_eq!(database.hint.as_deref(), Some("fluxlift rescue --only helmrelease/database/cloudnative-pg"));
    assert!(database.since.is_some() && database.for_seconds.is_some_and(|seconds| seconds < 900));
}

#[test]
fn what_waits_for_a_failed_release_names_it_and_the_command_that_helps_both() {
    let (tree, world) = converged();
    let report = after(&tree, world, 1000, |world| {
        let database = release("database", "cloudnative-pg");
        world.flux.faults.failing_releases.insert(database.clone(), u32::MAX);
        merge(world, &database, json!({"spec": {"values": {"changed": true}}}));
        for dependent in ["atuin", "autobrr"] {
            let dependent = release("default", dependent);
            merge(world, &dependent, json!({"spec": {"values": {"changed": true}}}));
            ask(world, &dependent);
        }
    });
    let filters = [(r"for (\d+h)?(\d+m)?[\d.]+s", "for <time>")];
    insta::with_settings!({filters => filters}, { insta::assert_snapshot!(text(&report)) });
    for dependent in ["atuin", "autobrr"] {
        let waits = row(&report, &format!("helmrelease/default/{dependent}"));
        assert_eq!((waits.verdict, waits.reason), ("pending", "Dependency"));
        assert!(waits.root_cause.as_deref().unwrap().starts_with("helmrelease/database/cloudnative-pg has failed"));
        assert_eq!(waits.hint, row(&report, "helmrelease/database/cloudnative-pg").hint);
    }
    assert_eq!(report.summary.root_causes[0].holds, 3);
}

#[test]
fn a_repository_that_cannot_be_fetched_is_the_root_and_what_was_delivered_before_still_counts() {
    let (tree, world) = converged();
    let report = after(&tree, world, 300, |world| {
        let repository = Key::namespaced(&REPOSITORIES, "flux-system", "flux-system");
        world.flux.faults.failing_sources.insert(repository.clone(), u32::MAX);
        ask(world, &repository);
    });
    let repository = row(&report, "gitrepository/flux-system/flux-system");
    assert_eq!((repository.verdict, repository.reason), ("pending", "Failing"));
    assert!(
        repository.hint.as_deref().unwrap().starts_with("fluxlift rescue --only gitrepository/flux-system/flux-system")
    );
    assert_eq!(row(&report, "kustomization/flux-system/apps").verdict, "proven");
}

#[test]
fn a_controller_that_is_frozen_is_named_although_its_deployment_is_available() {
    let (tree, world) = converged();
    let report = after(&tree, world, 120, |world| {
        world.flux.faults.frozen.insert(Program::HelmController);
        merge(world, &release("default", "atuin"), json!({"spec": {"values": {"changed": true}}}));
    });
    let controller = row(&report, "deployment/flux-system/helm-controller");
    assert_eq!(controller.verdict, "pending");
    assert!(controller.waits_for.as_deref().unwrap().contains("frozen"), "{controller:?}");
    let held = row(&report, "helmrelease/default/atuin");
    assert_eq!(held.reason, "Unattended");
    assert!(held.root_cause.as_deref().unwrap().starts_with("deployment/flux-system/helm-controller"), "{held:?}");
    assert_eq!(row(&report, "helmrelease/default/autobrr").verdict, "proven");
}

#[test]
fn what_may_not_be_read_is_named_and_nothing_is_called_proven_for_it() {
    let (tree, world) = converged();
    let report = after_in(Some("default"), &tree, world, 1, |world| {
        let refused = Status::new(403, Reason::Forbidden, "deployments.apps is forbidden");
        world.kube.faults.add(Fault::any(9, Effect::Refuse(refused)).on(Verb::List, GroupResource::DEPLOYMENTS));
    });
    assert_eq!(report.summary.unread, ["the controllers in flux-system"]);
    assert_eq!((report.summary.stuck, report.summary.pending), (0, 0), "{}", text(&report));
    assert!(!report.summary.converged);
    let end = text(&report).lines().last().unwrap().to_owned();
    assert!(!end.starts_with("All") && end.ends_with("Not read: the controllers in flux-system."), "{end}");
}

#[test]
fn a_watch_shows_what_changes_and_ends_by_ctrl_c_with_the_code_of_what_it_showed_last() {
    let (tree, world) = converged();
    let served = Served::start(world);
    let mut watch = Command::new(env!("CARGO_BIN_EXE_fluxlift"))
        .args(["status", "--watch", "--every", "50ms", "-n", "default", "-o", "json"])
        .current_dir(tree.cluster())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut shown = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&shown.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["summary"]["converged"], true);
    served.with(|world| merge(world, &release("default", "atuin"), json!({"spec": {"chartRef": {"name": "no-such"}}})));
    let changed = next();
    assert_eq!(changed["summary"]["converged"], false);
    let atuin = changed["objects"].as_array().unwrap().iter().find(|row| row["name"] == "atuin").unwrap();
    assert_ne!(atuin["verdict"], "proven");
    let pid = watch.id();
    assert!(Command::new("sh").args(["-c", &format!("kill -INT {pid}")]).status().unwrap().success());
    assert_eq!(watch.wait().unwrap().code(), Some(3));
}

#[test]
fn a_suspended_release_is_listed_and_not_judged() {
    let (tree, world) = converged();
    let report = after(&tree, world, 60, |world| {
        merge(world, &release("default", "atuin"), json!({"spec": {"suspend": true}}));
    });
    assert_eq!(row(&report, "helmrelease/default/atuin").verdict, "unjudged");
    assert!(report.summary.converged);
}

#[test]
fn the_real_program_reads_the_cluster_of_the_tree_that_it_stands_in() {
    let (tree, world) = converged();
    let served = Served::start(world);
    let ran = run_in(&tree.cluster(), "status -o json");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report = ran.json();
    let releases = report["objects"].as_array().unwrap().iter().filter(|row| row["kind"] == "HelmRelease");
    assert_eq!(releases.filter(|row| row["verdict"] == "proven").count(), 50);
    for field in ["kind", "namespace", "name", "verdict", "reason", "since", "root_cause", "hint"] {
        assert!(report["objects"][0].get(field).is_some(), "{field}");
    }
    let unit = run_in(&tree.cluster().join("flux-instance"), "status -n default -o json");
    assert_eq!(unit.code, 0, "{}", unit.err);
    let unit = unit.json();
    let flux = unit["objects"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["kind"] != "Deployment" && row["kind"] != "FluxInstance");
    let namespaces: std::collections::BTreeSet<&str> = flux.map(|row| row["namespace"].as_str().unwrap()).collect();
    assert_eq!(namespaces, ["default"].into());
    let nowhere = run_in(&tree.cluster(), "status -n nowhere");
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.err.contains("the cluster has no namespace nowhere"), "{}", nowhere.err);
    served.with(|world| merge(world, &release("default", "atuin"), json!({"spec": {"chartRef": {"name": "no-such"}}})));
    let broken = run_in(&tree.cluster(), "status");
    assert_eq!(broken.code, 3, "{}{}", broken.out, broken.err);
    assert!(broken.out.contains("helmrelease/default/atuin"), "{}", broken.out);
    let _nobody = served.gone();
    let gone = run_in(&tree.cluster(), "status");
    assert_eq!(gone.code, 1);
    assert!(gone.err.contains("got no answer from https://"), "{}", gone.err);
}

#[test]
fn a_cluster_without_flux_is_told_so_and_no_kubeconfig_too() {
    let home = tempfile::tempdir().unwrap();
    let ran = run_in(home.path(), "status");
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("error: <tree>/.kube/config cannot be read"), "{}", ran.err);
    let both = run_in(home.path(), "status -A -n default");
    assert_eq!(both.code, 64);
    let made = cluster(Options { seed: SEED, ..Options::default() }, now());
    let (world, kubeconfig) = made.unwrap_or_else(|failure| panic!("{}", failure.render()));
    std::fs::write(home.path().join("kubeconfig"), kubeconfig).unwrap();
    let _served = Served::start(world);
    let bare = run_in(home.path(), "status --kubeconfig kubeconfig");
    assert_eq!(bare.code, 1);
    assert!(bare.err.contains("has no Flux") && bare.err.contains("fluxlift bootstrap"), "{}", bare.err);
}

#[test]
fn help_names_every_option() {
    let home = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(run_in(home.path(), "status -h").out);
}
