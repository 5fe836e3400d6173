//! `doctor` against a cluster that has converged, and against what can be wrong with it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use fluxlift::args::{Cli, Global};
use fluxlift::commands::doctor::text;
use fluxlift::demo::cluster;
use fluxlift::doctor::examine;
use fluxlift::modules;
use fluxlift::reach::Reach;
use fluxlift::run::{Pace, Setting, at_pace};
use fluxlift::system::System;
use fluxlift::watchdog::Witness;
use fluxlift_flux::Strategy;
use fluxlift_flux::doctor::{Report, ids};
use fluxlift_gate::{TokioClock, pace};
use fluxlift_sim::controllers::Program;
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Caller, Effect, Fault, GroupResource, Key, Part, Patch, Reason, Status};
use fluxlift_sim::{Datacenter, Net, Options, World, kopiur, volsync};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::converged::{SEED, converged};
use crate::served::{Served, now};
use crate::tree::{Tree, run_in};

const NAMESPACE: &str = "flux-system";

fn global(folder: &Path) -> Global {
    Cli::try_parse_from(["fluxlift", "doctor", "--working-dir", folder.to_str().unwrap()]).unwrap().global
}

/// Breaks something in `world`, lets so many seconds pass, and gives what doctor says then, by a clock that is `off`.
fn after_by(off: SignedDuration, seconds: u64, act: impl FnOnce(&mut World, &Tree)) -> Report {
    let (tree, mut world) = converged();
    let mut system = System::look().unwrap_or_else(|failure| panic!("{}", failure.render()));
    (system.now, system.seed) = (world.now, SEED);
    act(&mut world, &tree);
    let done = at_pace(Pace::Virtual, &Witness::default(), async {
        let clock = Arc::new(TokioClock::starting_at(world.now));
        let ours = Arc::new(TokioClock::starting_at(world.now + off));
        let datacenter = Datacenter::new(world, clock.clone());
        let driver = datacenter.run();
        pace(Duration::from_secs(seconds)).await;
        let net = Net::new(datacenter.clone());
        let modules = modules::simulated(net.clone(), clock.clone(), &system, Strategy::default());
        let setting = Setting { modules, clock: clock.clone(), owner: system.owner("doctor") };
        let global = global(&tree.cluster());
        let (kubeconfig, _) = Reach::default().find(&global, &system, &setting).await?;
        let examined = examine(&kubeconfig, &global, &system, Arc::new(net), ours).await;
        driver.abort();
        Ok(Report::of(&examined.exam, &[]))
    });
    done.unwrap_or_else(|failure| panic!("{}", failure.render()))
}

fn after(seconds: u64, act: impl FnOnce(&mut World, &Tree)) -> Report {
    after_by(SignedDuration::ZERO, seconds, act)
}

fn merge(world: &mut World, key: &Key, part: Part, patch: Value) {
    let caller = Caller::controller("test", world.now);
    world.kube.api.patch(&caller, key, &Patch::Merge(patch), part).unwrap();
}

fn create(world: &mut World, resource: &GroupResource, namespace: Option<&str>, object: Value) {
    let caller = Caller::controller("test", world.now);
    world.kube.api.create(&caller, resource, namespace, object).unwrap();
}

/// What was found: id and object, in their order.
fn found(report: &Report) -> Vec<(&str, &str)> {
    report.findings.iter().map(|finding| (finding.id, finding.object.as_deref().unwrap_or_default())).collect()
}

#[test]
fn a_cluster_that_has_converged_has_no_finding() {
    let report = after(1, |_, _| {});
    assert_eq!(found(&report), [], "{}", text(&report));
    assert!(report.summary.healthy);
    let filters = [
        (r"holds for another \S+", "holds for another <time>"),
        (r"\d+(\.\d+)?m?s between", "<time> between"),
        (r"age1\w+", "<age key>"),
    ];
    insta::with_settings!({filters => filters}, { insta::assert_snapshot!(text(&report)) });
}

#[test]
fn what_is_broken_below_is_found_with_what_stands_on_it() {
    let report = after(200, |world, _| {
        world.flux.faults.frozen.insert(Program::HelmController);
        create(
            world,
            &GroupResource::VALIDATING_WEBHOOKS,
            None,
            json!({"apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "policy"}, "webhooks": [{
                "name": "policy.example.org", "clientConfig": {"service": {"namespace": "policy", "name": "webhook"}},
                "rules": [{"resources": ["pods"], "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"]}],
                "sideEffects": "None", "admissionReviewVersions": ["v1"]}]}),
        );
        let key = Key::namespaced(&GroupResource::SECRETS, NAMESPACE, "sops-age");
        world.kube.api.delete(&Caller::controller("test", world.now), &key, &Default::default()).unwrap();
    });
    let ids = found(&report);
    for expected in [
        ("webhook-blocks", "validatingwebhookconfiguration/policy policy.example.org"),
        ("controller-without-leader", "deployment/flux-system/helm-controller"),
        ("age-key-missing", "secret/flux-system/sops-age"),
    ] {
        assert!(ids.contains(&expected), "{expected:?} is not among {ids:?}");
    }
    // A frozen process does not answer for its metrics, and that is said.
    assert!(report.findings.iter().any(|finding| finding.id == "not-known" && finding.check == "queues"));
    assert!(!report.summary.healthy);
}

#[test]
fn a_clock_that_is_wrong_and_what_a_killed_run_left_are_found() {
    let report = after_by(SignedDuration::from_secs(40), 1, |world, tree| {
        let canary = json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {
            "name": "fluxlift-canary-1", "labels": {"fluxlift.dev/canary": "1"}},
            "spec": {"interval": "1h", "suspend": true, "chartRef": {"kind": "OCIRepository", "name": "none"}}});
        create(world, &GroupResource::known("helm.toolkit.fluxcd.io", "helmreleases"), Some(NAMESPACE), canary);
        let instance =
            Key::namespaced(&GroupResource::known("fluxcd.controlplane.io", "fluxinstances"), NAMESPACE, "flux");
        merge(world, &instance, Part::Object, json!({"metadata": {"annotations": {"fluxlift.dev/unproven": "true"}}}));
        let since = world.now.to_string();
        let owner = json!({"pid": 1, "host": "elsewhere", "user": "me", "command": "run-all apply", "since": since});
        let record = json!({"epoch": 99, "owner": owner}).to_string();
        std::fs::write(tree.path().join(".fluxlift/lock.json"), record).unwrap();
    });
    let ids: Vec<&str> = found(&report).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["lock-held", "clock-skew", "change-unproven", "canary-left"], "{}", text(&report));
}

#[test]
fn what_a_killed_restore_holds_and_a_killed_rescue_began_are_found() {
    let report = after(1, |world, _| {
        for definition in [volsync::definitions::all(), kopiur::definitions::all()].concat() {
            volsync::install::apply(world, definition).unwrap();
        }
        // Until they are Established.
        world.advance_to(world.now + SignedDuration::from_secs(5));
        for (kind, name, label) in [
            ("ReplicationSource", "plex", "fluxlift.dev/held-by-restore"),
            ("ReplicationDestination", "plex-dst", "fluxlift.dev/restoring"),
        ] {
            let metadata = json!({"name": name, "namespace": "default", "labels": {label: "run1"}});
            let object = json!({"apiVersion": "volsync.backube/v1alpha1", "kind": kind, "metadata": metadata,
                "spec": {"sourcePVC": "plex", "paused": true}});
            volsync::install::apply(world, object).unwrap();
        }
        let metadata =
            json!({"name": "plex", "namespace": "default", "labels": {"fluxlift.dev/held-by-restore": "run1"}});
        let schedule = json!({"apiVersion": "kopiur.home-operations.com/v1alpha1", "kind": "SnapshotSchedule",
            "metadata": metadata, "spec": {"schedule": {"cron": "0 * * * *", "suspend": true}}});
        volsync::install::apply(world, schedule).unwrap();
        let release = GroupResource::known("helm.toolkit.fluxcd.io", "helmreleases");
        let release = Key::namespaced(&release, "default", "atuin");
        merge(world, &release, Part::Object, json!({"metadata": {"annotations": {"fluxlift.dev/rescue": "{}"}}}));
    });
    assert_eq!(
        found(&report),
        [
            ("backups-held", "replicationsource/default/plex"),
            ("backups-held", "snapshotschedule/default/plex"),
            ("restore-unfinished", "replicationdestination/default/plex-dst"),
            ("rescue-unfinished", "helmrelease/default/atuin"),
        ],
        "{}",
        text(&report)
    );
    assert!(report.summary.healthy, "warnings change no exit code");
}

#[test]
fn a_flux_by_hand_beside_the_instance_and_a_node_that_runs_full_are_found() {
    let report = after(1, |world, _| {
        let resource = GroupResource::known("kustomize.toolkit.fluxcd.io", "kustomizations");
        let root = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "old", "labels": {"kustomize.toolkit.fluxcd.io/name": "old"}},
            "spec": {"suspend": true, "interval": "1h", "prune": true, "path": "./",
                "sourceRef": {"kind": "GitRepository", "name": "old"}}});
        create(world, &resource, Some(NAMESPACE), root);
        let node = world.kube.api.list(&GroupResource::NODES, None).next().unwrap();
        let mut conditions = node["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let node = Key::cluster(&GroupResource::NODES, node["metadata"]["name"].as_str().unwrap());
        conditions.retain(|condition| condition["type"] != "DiskPressure");
        conditions.push(json!({"type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure"}));
        merge(world, &node, Part::Status, json!({"status": {"conditions": conditions}}));
    });
    let ids: Vec<&str> = found(&report).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["bootstrap-leftover", "node-pressure"], "{}", text(&report));
}

#[test]
fn what_may_not_be_read_is_not_known_and_what_is_not_ready_is_not_fine() {
    let report = after(1, |world, _| {
        let refused = Status::new(403, Reason::Forbidden, "forbidden");
        world.kube.faults.add(Fault::any(9, Effect::Refuse(refused)).on(Verb::List, GroupResource::NODES));
    });
    let checks: Vec<&str> = report.findings.iter().map(|finding| finding.check).collect();
    assert_eq!(checks, ["nodes", "pressure", "versions"], "{}", text(&report));
    assert!(report.findings.iter().all(|finding| finding.id == "not-known"));
    assert!(!report.summary.healthy);
}

#[test]
fn the_real_program_examines_a_cluster_before_flux_is_on_it_and_one_that_is_gone() {
    let home = tempfile::tempdir().unwrap();
    let made = cluster(Options { seed: SEED, ..Options::default() }, now() - SignedDuration::from_mins(5));
    let (mut world, kubeconfig) = made.unwrap_or_else(|failure| panic!("{}", failure.render()));
    // Its nodes have got their network meanwhile.
    world.advance_to(now());
    std::fs::write(home.path().join("kubeconfig"), kubeconfig).unwrap();
    let served = Served::start(world);
    let ran = run_in(home.path(), "doctor --kubeconfig kubeconfig -o json --skip dns");
    let report = ran.json();
    assert_eq!((ran.code, &report["summary"]["healthy"]), (0, &json!(true)), "{}{}", ran.out, ran.err);
    let outcome = |report: &Value, name: &str| {
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["check"] == name).map(|check| check["outcome"].clone())
    };
    assert_eq!(outcome(&report, "nodes"), Some(json!("fine")));
    for not_yet in ["operator", "definitions", "instance", "leaders", "queues", "sources", "age-key"] {
        assert_eq!(outcome(&report, not_yet), Some(json!("absent")), "{not_yet}");
    }
    let _nobody = served.gone();
    let gone = run_in(home.path(), "doctor --kubeconfig kubeconfig");
    assert_eq!(gone.code, 3, "{}", gone.err);
    assert!(gone.out.starts_with("ERRORS\n  api-unreachable\n"), "{}", gone.out);
    let wrong = run_in(home.path(), "doctor --skip nothing");
    assert_eq!(wrong.code, 64);
}

#[test]
fn each_finding_has_a_page_and_each_page_a_finding() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages: Vec<String> = std::fs::read_dir(root.join("docs/findings"))
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut words: Vec<String> = ids::ALL.iter().map(|id| format!("{}.md", id.word())).collect();
    pages.sort();
    words.sort();
    assert_eq!(pages, words);
    for id in ids::ALL {
        let text = std::fs::read_to_string(root.join(id.page())).unwrap();
        assert!(text.starts_with(&format!("# {}\n", id.word())), "{}", id.word());
        for section in ["## What was seen", "## Why it matters", "## What to do"] {
            assert!(text.contains(section), "{} has no {section}", id.word());
        }
    }
}
