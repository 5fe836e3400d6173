//! `restore` at the command line: the real program, and what it says to people.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use fluxlift::args::{Cli, Command};
use fluxlift::commands::restore::{Done, plan_text, report_text};
use fluxlift::demo::cluster;
use fluxlift::run::{Pace, at_pace};
use fluxlift::system::System;
use fluxlift::watchdog::Witness;
use fluxlift_flux::restore::Plan;
use fluxlift_gate::{GateContext, TokioClock, pace};
use fluxlift_kube::{Cluster, Kubeconfig};
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Effect, Fault, GroupResource, Key, Reason, Status};
use fluxlift_sim::volsync::install::{CLASS, apply, snapshot_class};
use fluxlift_sim::volsync::{install, kinds};
use fluxlift_sim::{Datacenter, Net, Options, World};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bundle::unpacked;
use crate::converged::SEED;
use crate::reserved;
use crate::served::{Served, now};
use crate::tree::run_in;

const S3: &str = "s3://key:verysecret@backups";

/// A cluster with VolSync, and the destination of an application whose repository holds `snapshots` snapshots of it.
struct Scene {
    folder: TempDir,
    kubeconfig: String,
    world: World,
}

impl Scene {
    /// The applications by their names, each with whether its repository has a snapshot of it.
    fn with(apps: &[(&str, bool)]) -> Self {
        let start = now() - SignedDuration::from_hours(1);
        let made = cluster(Options { seed: SEED, ..Options::default() }, start);
        let (mut world, kubeconfig) = made.unwrap_or_else(|failure| panic!("{}", failure.render()));
        install(&mut world).unwrap();
        let world = later(world, 120, |world| {
            snapshot_class(world).unwrap();
            apps.iter().for_each(|(name, _)| app(world, name));
        });
        // Their own restores found nothing: what is in the repository came later.
        let world = later(world, 60, |world| {
            for (name, _) in apps.iter().filter(|(_, backed_up)| *backed_up) {
                world.volsync.back_up(S3, &format!("{name}@default"), 4096);
            }
        });
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".kube")).unwrap();
        std::fs::write(folder.path().join(".kube/config"), &kubeconfig).unwrap();
        Self { folder, kubeconfig, world }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the command with these words comes to, in virtual time.
    fn done(self, line: &str) -> Done {
        self.confirmed(line, None)
    }

    /// The same, where somebody has confirmed a plan before.
    fn confirmed(self, line: &str, plan: Option<&Plan>) -> Done {
        let words = ["fluxlift", "restore"].into_iter().chain(line.split(' '));
        let Command::Restore(args) = Cli::try_parse_from(words).unwrap().command else { panic!("not a restore") };
        let mut system = System::look().unwrap_or_else(|failure| panic!("{}", failure.render()));
        system.now = self.world.now;
        let done = at_pace(Pace::Virtual, &Witness::default(), async {
            let clock = Arc::new(TokioClock::starting_at(self.world.now));
            let datacenter = Datacenter::new(self.world, clock.clone());
            let driver = datacenter.run();
            let kubeconfig = Kubeconfig::from_text(&self.kubeconfig, None, None).unwrap();
            let cluster = Cluster::connect(&kubeconfig, Arc::new(Net::new(datacenter)), clock.clone(), SEED)?;
            let cx = GateContext::quiet(clock);
            let done = args.carry_out(&args.round(&cx, &cluster, &system, SEED), plan).await?;
            driver.abort();
            Ok(done)
        });
        done.unwrap_or_else(|failure| panic!("{}", failure.render()))
    }
}

/// Lets so many seconds pass in `world`, and then changes it.
fn later(world: World, seconds: u64, act: impl FnOnce(&mut World)) -> World {
    let passed = at_pace(Pace::Virtual, &Witness::default(), async {
        let clock = Arc::new(TokioClock::starting_at(world.now));
        let datacenter = Datacenter::new(world, clock);
        let driver = datacenter.run();
        pace(Duration::from_secs(seconds)).await;
        datacenter.with(act);
        driver.abort();
        Ok(datacenter.snapshot())
    });
    passed.unwrap_or_else(|failure| panic!("{}", failure.render()))
}

fn app(world: &mut World, name: &str) {
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": format!("{name}-volsync"), "namespace": "default"},
        "stringData": {"KOPIA_REPOSITORY": S3, "KOPIA_PASSWORD": "verysecret"}});
    let source = json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationSource",
        "metadata": {"name": name, "namespace": "default"}, "spec": {"sourcePVC": name,
            "trigger": {"schedule": "0 4 * * *"}, "kopia": {"repository": format!("{name}-volsync")}}});
    let destination = json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationDestination",
        "metadata": {"name": format!("{name}-dst"), "namespace": "default"},
        "spec": {"trigger": {"manual": "restore-once"}, "kopia": {"repository": format!("{name}-volsync"),
            "copyMethod": "Snapshot", "capacity": "5Gi", "storageClassName": CLASS,
            "volumeSnapshotClassName": CLASS, "sourceIdentity": {"sourceName": name}}}});
    for object in [secret, source, destination] {
        apply(world, object).unwrap();
    }
}

fn source(world: &World, name: &str) -> Value {
    world.kube.api.get(&Key::namespaced(&kinds::SOURCES, "default", name)).cloned().unwrap()
}

#[test]
fn a_plan_says_what_and_why_and_a_report_what_came_of_it() {
    let apps = [("atuin", true), ("plex", false)];
    let Done::Planned(plan) = Scene::with(&apps).done("--dry-run") else { panic!("no plan") };
    insta::assert_snapshot!("plan", plan_text(&plan));
    let done = Scene::with(&apps).done("--all");
    assert_eq!(done.exit_code(), 3);
    let failures: Vec<String> = done.failures().iter().map(|failure| failure.render()).collect();
    assert_eq!(failures.len(), 1);
    let text = anstream::adapter::strip_str(&failures[0]).to_string();
    assert!(text.contains("default/plex-dst: data of default/plex-dst restored is stuck"), "{text}");
    assert!(text.contains("hint: name the right identity"), "{text}");
    let Done::Restored(report) = done else { panic!("no report") };
    let filters = [(r"volsync-\w+-dst-dest-\d+", "<image>")];
    insta::with_settings!({filters => filters}, { insta::assert_snapshot!("report", report_text(&report)) });
    let json = report.to_json();
    assert_eq!((&json["proven"], &json["held"]), (&json!(false), &json!(["replicationsource/default/plex"])));
    assert_eq!(json["destinations"][0]["proven"], true);
}

/// Whether the files of a bundle show why the restore of plex is not proven, and no secret.
fn understood(files: &BTreeMap<String, String>) {
    let json = |name: &str| -> Value {
        let text = files.get(name).unwrap_or_else(|| panic!("no {name} among {:?}", files.keys()));
        serde_json::from_str(text).unwrap()
    };
    let why = json("bundle.json")["because"].as_str().unwrap().to_owned();
    assert!(why.contains("the repository has no snapshot of plex@default"), "{why}");
    let proofs = json("ledger.json")["proofs"].to_string();
    assert!(proofs.contains("data of default/plex-dst restored") && proofs.contains("stuck"), "{proofs}");
    let destinations = json("objects/replicationdestinations.json");
    let all = destinations.as_array().unwrap();
    let plex = all.iter().find(|one| one["metadata"]["name"] == "plex-dst").unwrap();
    assert_eq!(plex["status"]["latestMoverStatus"]["result"], "Successful");
    assert!(plex["spec"]["kopia"]["repository"].is_string() && plex["spec"]["trigger"]["manual"].is_string(), "{plex}");
    let sources = json("objects/replicationsources.json");
    assert!(sources.to_string().contains("\"paused\":true"), "{sources}");
    for name in ["volumesnapshots", "persistentvolumeclaims", "persistentvolumes"] {
        assert!(json(&format!("objects/{name}.json")).is_array());
    }
    assert!(files.keys().any(|name| name.starts_with("logs/volsync-system.volsync-")), "{:?}", files.keys());
    let leak = files.iter().find(|(name, text)| name.contains("verysecret") || text.contains("verysecret"));
    assert_eq!(leak.map(|(name, _)| name), None, "a secret is in it");
}

#[test]
fn what_came_after_a_plan_was_confirmed_is_not_done_without_being_asked_for() {
    let Done::Planned(plan) = Scene::with(&[("atuin", true)]).done("--dry-run") else { panic!("no plan") };
    let Done::Changed(now) = Scene::with(&[("atuin", true), ("plex", true)]).confirmed("--all", Some(&plan)) else {
        panic!("it was done")
    };
    assert_eq!(now.rows().len(), 2);
    let Done::Restored(report) = Scene::with(&[("atuin", true)]).confirmed("--all", Some(&plan)) else {
        panic!("it was not done")
    };
    assert!(report.failure().is_none(), "{report:?}");
}

#[test]
fn the_real_program_plans_restores_and_releases() {
    let mut scene = Scene::with(&[("atuin", true), ("plex", false)]);
    scene.world.volsync.moving = SignedDuration::from_millis(100);
    scene.world.options.haste = 20;
    let served = Served::start(scene.world.clone());
    let plan = run_in(scene.path(), "restore --dry-run -o json");
    assert_eq!(plan.code, 3, "{}", plan.err);
    assert_eq!(plan.json()["destinations"][0]["action"], "restore");
    assert_eq!(plan.json()["destinations"][0]["repository"], "s3");
    assert!(!format!("{}{}", plan.out, plan.err).contains("verysecret"));
    let unknown = run_in(scene.path(), "restore sonarr");
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("there is no destination sonarr") && unknown.err.contains("default/atuin-dst"));
    let nowhere = run_in(scene.path(), "restore --all -n nowhere");
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.err.contains("the cluster has no namespace nowhere"), "{}", nowhere.err);
    let none = run_in(scene.path(), "restore --all -n kube-system");
    assert_eq!(none.code, 1);
    assert!(
        none.err.contains("there is no ReplicationDestination and no Restore in namespace kube-system"),
        "{}",
        none.err
    );
    served.with(reserved::by_another);
    reserved::told(&run_in(scene.path(), "restore atuin-dst"));
    reserved::told(&run_in(scene.path(), "restore --release --all"));
    assert_eq!(run_in(scene.path(), "restore --dry-run").code, 3, "to look is free");
    served.with(reserved::no_more);
    let good = run_in(scene.path(), "restore atuin-dst -o json");
    assert_eq!(good.code, 0, "{}{}", good.out, good.err);
    assert_eq!((&good.json()["proven"], &good.json()["held"]), (&json!(true), &json!([])));
    let empty = run_in(scene.path(), "restore default/plex-dst --bundle empty.tar.gz");
    assert_eq!(empty.code, 3, "{}{}", empty.out, empty.err);
    assert!(empty.err.contains("the repository has no snapshot of plex@default"), "{}", empty.err);
    assert!(empty.out.contains("replicationsource/default/plex"), "{}", empty.out);
    assert_eq!(served.with(|world| source(world, "plex"))["spec"]["paused"], true);
    understood(&unpacked(&scene.path().join("empty.tar.gz")));
    let released = run_in(scene.path(), "restore --release --all -o json");
    assert_eq!(released.json(), json!({"released": ["replicationsource/default/plex"]}));
    assert_eq!(served.with(|world| source(world, "plex"))["spec"]["paused"], Value::Null);
    let refusal = Effect::Refuse(Status::new(403, Reason::Forbidden, "you may not list claims"));
    let forbidden = Fault::any(1, refusal).on(Verb::List, GroupResource::PERSISTENT_VOLUME_CLAIMS);
    served.with(|world| world.kube.faults.add(forbidden));
    let refused = run_in(scene.path(), "restore --dry-run");
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("you may not list claims"), "{}", refused.err);
    let _nobody = served.gone();
    let gone = run_in(scene.path(), "restore --all");
    assert_eq!(gone.code, 1);
    assert!(gone.err.contains("got no answer from https://"), "{}", gone.err);
}

#[test]
fn a_cluster_without_volsync_and_kopiur_is_told_so_and_a_line_that_names_nothing_is_refused() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run_in(home.path(), "restore").code, 64);
    assert_eq!(run_in(home.path(), "restore --all plex").code, 64);
    let made = cluster(Options { seed: SEED, ..Options::default() }, now());
    let (world, kubeconfig) = made.unwrap_or_else(|failure| panic!("{}", failure.render()));
    std::fs::write(home.path().join("kubeconfig"), kubeconfig).unwrap();
    let _served = Served::start(world);
    let bare = run_in(home.path(), "restore --all --kubeconfig kubeconfig");
    assert_eq!(bare.code, 1);
    assert!(
        bare.err.contains("has no VolSync and no kopiur") && bare.err.contains("hint: install VolSync or kopiur"),
        "{}",
        bare.err
    );
}

#[test]
fn help_names_every_option() {
    let home = tempfile::tempdir().unwrap();
    insta::assert_snapshot!("help", run_in(home.path(), "restore -h").out);
}
