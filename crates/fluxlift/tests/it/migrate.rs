//! `migrate` on a simulated cluster as `flux bootstrap` leaves it: handed over, refused, killed and gone on, taken back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser as _;
use fluxlift::args::{Cli, Command};
use fluxlift::bootstrap::Bootstrap;
use fluxlift::bootstrap::request::Secrets;
use fluxlift::commands::migrate_text;
use fluxlift::demo::bootstrapped;
use fluxlift::migrate::{Asked, Migration};
use fluxlift::modules;
use fluxlift::run::{Pace, Setting, at_pace};
use fluxlift::standalone::home::of_cluster;
use fluxlift::system::System;
use fluxlift::ui::Failure;
use fluxlift::watchdog::Witness;
use fluxlift_core::ErrorKind;
use fluxlift_engine::journal::{Entry, JournalObserver, NoObserver};
use fluxlift_engine::{Command as Verb, RunOptions, RunReport};
use fluxlift_flux::Strategy;
use fluxlift_gate::{TokioClock, pace};
use fluxlift_sim::kube::wire::request::Verb as Write;
use fluxlift_sim::kube::{Caller, Effect, Fault, Key, Kind, Part, Patch, Reason, Status};
use fluxlift_sim::referee::{self, Tally};
use fluxlift_sim::{Datacenter, Net, Options, World};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bundle::unpacked;
use crate::folder::Folder;
use crate::reserved;
use crate::served::{Served, now};
use crate::tree::run_in;

const START: &str = "2026-01-01T00:00:00Z";
const ALL: Tally = Tally { total: 50, ready: 50, unobserved: 0 };
const CHART: &str = "--chart oci://127.101.0.3:5000/charts/flux-operator";
const FOLDER: &str = "kubernetes/clusters/cluster-101/flux-system";

/// A cluster as `flux bootstrap` leaves it, and a home folder with its kubeconfig.
fn machine() -> (World, TempDir) {
    let home = tempfile::tempdir().unwrap();
    let made = bootstrapped(Options { seed: 1, ..Options::default() }, "2.9.4", START.parse().unwrap());
    let (world, kubeconfig) = made.unwrap_or_else(|failure| panic!("{}", failure.render()));
    std::fs::create_dir_all(home.path().join(".kube")).unwrap();
    std::fs::write(home.path().join(".kube/config"), kubeconfig).unwrap();
    (world, home)
}

/// One session of somebody at that machine.
struct Session<'a> {
    system: &'a System,
    setting: &'a Setting,
    net: Net,
    asked: Asked,
    datacenter: Datacenter,
}

impl Session<'_> {
    async fn look(&self) -> Result<Migration, Failure> {
        let dial = Arc::new(self.net.clone());
        Migration::look(&self.asked, self.system, dial, Arc::clone(&self.setting.clock)).await
    }

    /// Goes on with what was begun, or hands over.
    async fn hand_over(&self, observer: Arc<dyn JournalObserver>) -> Result<RunReport, Failure> {
        let (dial, clock) = (Arc::new(self.net.clone()), Arc::clone(&self.setting.clock));
        let target = Migration::reach(&self.asked, self.system, dial.clone(), clock.clone()).await?;
        let begun = Migration::unfinished(&self.asked, &target, self.system, dial.clone(), clock.clone()).await?;
        let request = match begun {
            Some(request) => request,
            None => self.look().await?.request(&self.asked),
        };
        let prepared = Bootstrap::prepare(request, Secrets::Read, self.system, dial, clock).await?;
        let mut engine = prepared.engine(self.setting);
        engine.observer = observer;
        let options = RunOptions { seed: self.system.seed, ..RunOptions::default() };
        let report = prepared.run(&engine, options).await.unwrap_or_else(|error| panic!("{error}"));
        Ok(report)
    }

    /// What `resume` asks before it goes on.
    async fn may_go_on(&self) -> Result<(), Failure> {
        let (dial, clock) = (Arc::new(self.net.clone()), Arc::clone(&self.setting.clock));
        let target = Migration::reach(&self.asked, self.system, dial.clone(), clock.clone()).await?;
        let request = Bootstrap::remembered(&of_cluster(&target.identity, self.system)?)?;
        Migration::may_go_on(&request, self.system, dial, clock).await
    }

    async fn back(&self) -> Result<RunReport, Failure> {
        let (dial, clock) = (Arc::new(self.net.clone()), Arc::clone(&self.setting.clock));
        let target = Migration::reach(&self.asked, self.system, dial.clone(), clock.clone()).await?;
        let request = Migration::way_back(&self.asked, &target, self.system, dial.clone(), clock.clone()).await?;
        let prepared = Bootstrap::prepare(request, Secrets::Read, self.system, dial, clock).await?;
        let engine = prepared.engine(self.setting);
        let options = RunOptions { seed: self.system.seed, ..RunOptions::default() };
        Ok(engine.run(Verb::Destroy, options, None).await.unwrap_or_else(|error| panic!("{error}")))
    }
}

/// Does `work` as somebody whose home folder is `home` and who said `line`, in `world`; gives the world as it is then.
fn at<T>(
    home: &Path,
    world: World,
    line: &str,
    work: impl AsyncFnOnce(&Session<'_>) -> Result<T, Failure>,
) -> (Result<T, Failure>, World) {
    let mut system = System::look().unwrap_or_else(|failure| panic!("{}", failure.render()));
    system.env.vars = BTreeMap::new();
    system.env.home = Some(home.to_owned());
    (system.dir, system.seed, system.now) = (home.to_owned(), 7, world.now);
    let cli = Cli::try_parse_from(format!("fluxlift migrate {line}").split_whitespace()).unwrap();
    let Command::Migrate(args) = cli.command else { panic!("{line}") };
    let done = at_pace(Pace::Virtual, &Witness::default(), async {
        let clock = Arc::new(TokioClock::starting_at(world.now));
        let datacenter = Datacenter::new(world, clock.clone());
        let driver = datacenter.run();
        let net = Net::new(datacenter.clone());
        let modules = modules::simulated(net.clone(), clock.clone(), &system, Strategy::default());
        let setting = Setting { modules, clock, owner: system.owner("migrate test") };
        let asked = args.asked(&system);
        let session = Session { system: &system, setting: &setting, net, asked, datacenter: datacenter.clone() };
        let done = work(&session).await;
        driver.abort();
        Ok((done, datacenter.snapshot()))
    });
    done.unwrap_or_else(|failure| panic!("{}", failure.render()))
}

fn looked(home: &Path, world: World, line: &str) -> Result<Migration, Failure> {
    at(home, world, line, async |session| session.look().await).0
}

fn succeeded(report: &RunReport) {
    let errors: Vec<String> = report.units.iter().filter_map(|u| u.error.as_ref()).map(|e| e.chain()).collect();
    assert!(report.succeeded(), "{errors:#?}");
}

/// How many writes the trap would refuse.
const WRITES: u32 = 1_000;

/// The same world, whose API refuses and counts every request that would write.
fn trapped(mut world: World) -> World {
    let verbs = vec![Write::Create, Write::Update, Write::Patch, Write::Delete, Write::DeleteCollection];
    let refusal = Status::new(500, Reason::InternalError, "nothing is to be written here");
    world.kube.faults.add(Fault { verbs, ..Fault::any(WRITES, Effect::Refuse(refusal)) });
    world
}

/// How many requests have tried to write.
fn writes(world: &World) -> u32 {
    WRITES - world.kube.faults.0[0].count
}

/// Why a migration is refused, which must be before anything was written to the cluster, to Git or to this machine.
fn refused(home: &Path, world: &World, line: &str) -> String {
    let head =
        |world: &World| world.git.repositories.get("home-ops.git").and_then(|repository| repository.head("main"));
    let files = Folder::read(home);
    let (done, left) =
        at(home, trapped(world.clone()), line, async |session| session.hand_over(Arc::new(NoObserver)).await);
    let failure = done.err().unwrap_or_else(|| panic!("{line} was not refused"));
    assert_eq!(failure.exit_code(), 1);
    assert_eq!(writes(&left), 0, "{line}: the cluster was written to");
    assert!(Folder::read(home) == files, "{line}: a file was written");
    assert!(head(&left) == head(world), "{line}: something was pushed");
    anstream::adapter::strip_str(&failure.render()).to_string().replace(&home.display().to_string(), "<home>")
}

/// The UIDs of everything that Flux brings.
fn uids(world: &World) -> BTreeMap<String, String> {
    let of_flux = |object: &&Value| object["kind"] == "HelmRelease" || object["kind"] == "Kustomization";
    let all = world.kube.api.all().map(|(_, object)| &**object);
    let entry = |object: &Value| {
        let metadata = &object["metadata"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (format!("{} {} {}", object["kind"], metadata["namespace"], metadata["name"]), text(&metadata["uid"]))
    };
    all.filter(of_flux).map(entry).collect()
}

fn kind_of(world: &World, kind: &str) -> Arc<Kind> {
    world.kube.api.kinds().find(|known| known.kind == kind).unwrap().clone()
}

fn find(world: &World, kind: &str, name: &str) -> Option<Value> {
    let known = world.kube.api.kinds().find(|known| known.kind == kind)?.clone();
    world.kube.api.get(&Key::of(&known.gr, known.namespaced.then_some("flux-system"), name)).cloned()
}

fn merge(world: &mut World, kind: &str, name: &str, patch: Value) {
    let key = Key::of(&kind_of(world, kind).gr, Some("flux-system"), name);
    let caller = Caller::controller("test", world.now);
    world.kube.api.patch(&caller, &key, &Patch::Merge(patch), Part::Object).unwrap();
}

/// Changes the files of the repository by one commit.
fn commit(world: &mut World, change: impl FnOnce(&mut BTreeMap<String, String>)) {
    let now = world.now;
    let repository = world.git.repositories.get_mut("home-ops.git").unwrap();
    let head = repository.head("main").unwrap();
    let files = repository.files_at(&head).unwrap();
    let mut files: BTreeMap<String, String> =
        files.into_iter().map(|(path, content)| (path, String::from_utf8_lossy(&content).into_owned())).collect();
    change(&mut files);
    repository.commit("main", files, "Change", now);
}

/// Takes the folder of `flux bootstrap` out of the repository.
fn remove_folder(files: &mut BTreeMap<String, String>) {
    files.retain(|path, _| !path.starts_with(FOLDER));
    let list = files.get_mut("kubernetes/clusters/cluster-101/kustomization.yaml").unwrap();
    *list = list.replace("  - flux-system\n", "");
}

#[test]
fn the_plan_carries_everything_along() {
    let (world, home) = machine();
    assert_eq!(referee::count(&world), ALL, "the cluster of before has not settled");
    let migration = looked(home.path(), world, CHART).unwrap_or_else(|failure| panic!("{}", failure.render()));
    insta::assert_snapshot!(migrate_text::render(&migration, None));
}

#[test]
fn a_bootstrapped_flux_is_handed_over_and_nothing_is_lost_not_even_when_the_folder_goes() {
    let (world, home) = machine();
    let before = uids(&world);
    let root = find(&world, "Kustomization", "flux-system").unwrap();
    assert_eq!(root["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"], "flux-system");
    let (report, world) = at(home.path(), world, CHART, async |s| s.hand_over(Arc::new(NoObserver)).await);
    let report = report.unwrap_or_else(|failure| panic!("{}", failure.render()));
    succeeded(&report);
    let proofs = report.units.iter().flat_map(|unit| &unit.proofs);
    let gates: Vec<String> = proofs.map(|proof| proof.gate.to_string()).collect();
    for gate in ["canary helm-controller HelmRelease", "kustomization/flux-system adopted", "delivered set ready"] {
        assert!(gates.iter().any(|name| name == gate), "{gate} is not in {gates:#?}");
    }
    assert_eq!(uids(&world), before);
    let root = find(&world, "Kustomization", "flux-system").unwrap();
    assert_eq!(root["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"], Value::Null);
    assert_eq!(root["metadata"]["labels"]["fluxcd.controlplane.io/name"], "flux");
    assert_eq!(root["spec"]["decryption"]["secretRef"]["name"], "sops-age");
    let helm = find(&world, "Deployment", "helm-controller").unwrap();
    let args = helm["spec"]["template"]["spec"]["containers"][0]["args"].to_string();
    assert_eq!(args.matches("--requeue-dependency=5s").count(), 1, "{args}");
    assert_eq!(referee::count(&world), ALL);

    let (after, world) = at(home.path(), world, CHART, async |session| {
        let migration = session.look().await?;
        session.datacenter.with(|world| commit(world, remove_folder));
        pace(Duration::from_secs(30 * 60)).await;
        Ok(migration)
    });
    let after = after.unwrap_or_else(|failure| panic!("{}", failure.render()));
    assert!(after.is_adopted() && after.deleted_with_folder.is_empty(), "{:?}", after.deleted_with_folder);
    insta::assert_snapshot!("left_to_do", migrate_text::render(&after, None));
    assert_eq!(uids(&world), before, "the folder took something with it");
    assert!(find(&world, "Deployment", "helm-controller").is_some());
    assert_eq!(referee::count(&world), ALL);
}

/// Labels the root as kustomize-controller does, once the operator has applied it.
struct InFlight {
    datacenter: Datacenter,
    times: Mutex<u32>,
}

impl JournalObserver for InFlight {
    fn before(&self, _: &Entry) -> std::io::Result<()> {
        Ok(())
    }

    fn after(&self, entry: &Entry) {
        let record = serde_json::to_value(&entry.record).unwrap();
        if record["proof"]["gate"] == "kustomization/flux-system ready" {
            let labels = json!({"kustomize.toolkit.fluxcd.io/name": "flux-system",
                "kustomize.toolkit.fluxcd.io/namespace": "flux-system"});
            self.datacenter.with(|world| {
                let root = find(world, "Kustomization", "flux-system").unwrap();
                let key = Key::of(&kind_of(world, "Kustomization").gr, Some("flux-system"), "flux-system");
                let config = json!({"apiVersion": root["apiVersion"], "kind": "Kustomization",
                    "metadata": {"name": "flux-system", "namespace": "flux-system", "labels": labels}});
                let caller = Caller::controller("kustomize-controller", world.now);
                world.kube.api.patch(&caller, &key, &Patch::Apply { config, force: true }, Part::Object).unwrap();
            });
            *self.times.lock().unwrap() += 1;
        }
    }
}

#[test]
fn a_root_that_a_pass_in_flight_has_labelled_anew_is_asked_for_once_more() {
    let (world, home) = machine();
    let (report, world) = at(home.path(), world, CHART, async |session| {
        let (datacenter, times) = (session.datacenter.clone(), Mutex::new(0));
        let in_flight = Arc::new(InFlight { datacenter, times });
        let report = session.hand_over(in_flight.clone()).await;
        assert_eq!(*in_flight.times.lock().unwrap(), 1, "nothing was labelled while the root was taken over");
        report
    });
    let report = report.unwrap_or_else(|failure| panic!("{}", failure.render()));
    succeeded(&report);
    let proofs = report.units.iter().flat_map(|unit| &unit.proofs);
    let adopted = proofs.filter(|proof| proof.gate.to_string() == "kustomization/flux-system adopted");
    assert!(adopted.clone().count() == 1 && adopted.clone().all(|proof| proof.waited < Duration::from_secs(60)));
    let root = find(&world, "Kustomization", "flux-system").unwrap();
    assert_eq!(root["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"], Value::Null);
}

#[test]
fn a_cluster_on_which_another_run_is_at_work_is_not_handed_over_until_that_has_ended() {
    let (mut world, home) = machine();
    reserved::by_another(&mut world);
    let (refused, world) = at(home.path(), world, CHART, async |session| session.hand_over(Arc::new(NoObserver)).await);
    let refused = refused.unwrap_or_else(|failure| panic!("{}", failure.render()));
    assert_eq!(refused.failure(), Some(ErrorKind::LockHeld));
    let told = refused.units.iter().find_map(|unit| unit.error.as_ref()).unwrap().to_string();
    assert!(told.contains("reserved by grace@laptop (pid 7) running rescue since"), "{told}");
    assert!(find(&world, "Deployment", "flux-operator").is_none());
    assert!(looked(home.path(), world, CHART).is_ok(), "to look is free");
}

#[test]
fn a_check_sends_no_request_that_writes_and_a_migration_would_have() {
    let home = tempfile::tempdir().unwrap();
    let made = bootstrapped(Options { seed: 1, ..Options::default() }, "2.9.4", now());
    let (world, kubeconfig) = made.unwrap_or_else(|failure| panic!("{}", failure.render()));
    std::fs::write(home.path().join("kubeconfig"), kubeconfig).unwrap();
    let files = Folder::read(home.path());
    let served = Served::start(trapped(world));
    let check = run_in(home.path(), "migrate --check -o json --kubeconfig kubeconfig");
    assert_eq!(check.code, 0, "{}", check.err);
    assert_eq!(check.json()["phase"], "bootstrapped");
    assert_eq!(served.with(|world| writes(world)), 0, "the cluster was written to");
    assert!(Folder::read(home.path()) == files, "a file was written");
    let real = run_in(
        home.path(),
        &format!("migrate --auto-approve --unit-deadline 2s --kubeconfig kubeconfig --bundle b.tar.gz {CHART}"),
    );
    assert_ne!(real.code, 0, "{}", real.out);
    let kept = unpacked(&home.path().join("b.tar.gz"));
    assert!(kept["bundle.json"].contains("flux-operator: "), "{}", kept["bundle.json"]);
    assert!(served.with(|world| writes(world)) > 0, "the trap counts nothing: {}", real.err);
}

#[test]
fn every_way_to_lose_workloads_is_refused_by_its_own_name() {
    let (world, home) = machine();
    let changed = |change: &dyn Fn(&mut World)| {
        let mut world = world.clone();
        change(&mut world);
        world
    };
    let with = |change: &dyn Fn(&mut BTreeMap<String, String>)| changed(&|world| commit(world, change));
    let of_root = |patch: Value| changed(&|world| merge(world, "Kustomization", "flux-system", patch.clone()));
    let of_source = |patch: Value| changed(&|world| merge(world, "GitRepository", "flux-system", patch.clone()));
    let file = |name: &str| format!("{FOLDER}/{name}");
    let lists = |line: &'static str| {
        with(&move |files| files.get_mut(&format!("{FOLDER}/kustomization.yaml")).unwrap().push_str(line))
    };
    let image = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: \
                 imagepolicies.image.toolkit.fluxcd.io\n";
    let cases: Vec<(&str, World, &str)> = vec![
        ("another path", world.clone(), "--path kubernetes/clusters/cluster-102"),
        ("another name", world.clone(), "--sync-name home-ops"),
        ("a controller left behind", world.clone(), "--components source-controller,kustomize-controller"),
        ("an older version", world.clone(), "--flux-version 2.8.3"),
        ("the folder is gone", with(&remove_folder), ""),
        ("images that cannot be carried", lists("images: []\n"), ""),
        ("components that cannot be carried", lists("components: [../common]\n"), ""),
        (
            "a patch above the folder",
            with(&|files| {
                let above = files.get_mut("kubernetes/clusters/cluster-101/kustomization.yaml").unwrap();
                above.push_str("patches: [{target: {kind: Deployment, name: helm-controller}, patch: '[]'}]\n");
            }),
            "",
        ),
        ("a listed file is missing", lists("patchesStrategicMerge: [gone.yaml]\n"), ""),
        (
            "a definition left behind",
            with(&|files| {
                files.get_mut(&file("gotk-components.yaml")).unwrap().push_str(&format!("---\n{image}"));
            }),
            "",
        ),
        ("a range of versions", of_source(json!({"spec": {"ref": {"branch": null, "semver": ">=1.0"}}})), ""),
        ("a suspended root", of_root(json!({"spec": {"suspend": true}})), ""),
        ("a root that is not Ready", of_root(json!({"spec": {"interval": "11m"}})), ""),
        ("a block that is gone before the state", world.clone(), "--terraform code --terraform-state state.json"),
    ];
    let state = r#"{"version": 4, "resources": [{"mode": "managed", "type": "flux_bootstrap_git", "name": "this"}]}"#;
    std::fs::create_dir_all(home.path().join("code")).unwrap();
    std::fs::write(home.path().join("code/main.tf"), "provider \"talos\" {}\n").unwrap();
    std::fs::write(home.path().join("state.json"), state).unwrap();
    let said: Vec<String> =
        cases.iter().map(|(case, world, line)| format!("# {case}\n{}\n", refused(home.path(), world, line))).collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_cluster_without_flux_has_nothing_to_migrate() {
    let home = tempfile::tempdir().unwrap();
    let made = fluxlift::demo::cluster(Options::default(), START.parse().unwrap());
    let (world, kubeconfig) = made.unwrap_or_else(|failure| panic!("{}", failure.render()));
    std::fs::create_dir_all(home.path().join(".kube")).unwrap();
    std::fs::write(home.path().join(".kube/config"), kubeconfig).unwrap();
    let said = refused(home.path(), &world, "");
    assert!(said.contains("no root Kustomization") && said.contains("fluxlift bootstrap"), "{said}");
}

#[test]
fn a_patch_that_only_the_live_objects_have_goes_along_as_well() {
    let (mut world, home) = machine();
    commit(&mut world, |files| {
        let own = files.get_mut(&format!("{FOLDER}/kustomization.yaml")).unwrap();
        *own = own.split("patches:").next().unwrap().to_owned();
    });
    let migration = looked(home.path(), world, CHART).unwrap_or_else(|failure| panic!("{}", failure.render()));
    let patches: Vec<String> =
        migration.plan.patches.iter().map(|carried| format!("{}: {}", carried.from, carried.patch["patch"])).collect();
    assert!(patches.iter().any(|patch| patch.contains("sops-age")), "{patches:#?}");
    assert_eq!(patches.iter().filter(|patch| patch.contains("--requeue-dependency=5s")).count(), 2, "{patches:#?}");
}

/// A moment in the life of a run: the world and everything on disk.
struct Fork {
    at: String,
    world: World,
    home: TempDir,
}

/// Keeps a fork before some records are on disk.
struct Forks {
    datacenter: Datacenter,
    home: std::path::PathBuf,
    taken: Arc<Mutex<Vec<Fork>>>,
}

impl JournalObserver for Forks {
    fn before(&self, entry: &Entry) -> std::io::Result<()> {
        if entry.seq % 9 == 2 {
            let home = tempfile::tempdir().unwrap();
            Folder::read(&self.home).write(home.path());
            let what = serde_json::to_value(&entry.record).unwrap()["record"].clone();
            let mut world = self.datacenter.snapshot();
            // It would hold for the folder that this one is a copy of.
            reserved::no_more(&mut world);
            self.taken.lock().unwrap().push(Fork { at: format!("{} {what}", entry.seq), world, home });
        }
        Ok(())
    }

    fn after(&self, _: &Entry) {}
}

#[test]
fn a_migration_that_was_killed_goes_on_or_back_and_loses_nothing() {
    let (world, home) = machine();
    let before = uids(&world);
    let taken: Arc<Mutex<Vec<Fork>>> = Arc::default();
    let (report, _) = at(home.path(), world, CHART, async |session| {
        let (datacenter, home) = (session.datacenter.clone(), home.path().to_owned());
        session.hand_over(Arc::new(Forks { datacenter, home, taken: taken.clone() })).await
    });
    succeeded(&report.unwrap_or_else(|failure| panic!("{}", failure.render())));
    let taken = std::mem::take(&mut *taken.lock().unwrap());
    assert!(taken.len() >= 3, "{} forks", taken.len());
    let (mut half_way, mut went_back, mut too_late) = (0, 0, 0);
    for Fork { at: moment, world, home } in taken {
        let has_sync =
            find(&world, "FluxInstance", "flux").is_some_and(|instance| instance["spec"]["sync"].is_object());
        if find(&world, "FluxInstance", "flux").is_some() && !has_sync {
            let mut gone = world.clone();
            commit(&mut gone, remove_folder);
            let said = refused(home.path(), &gone, CHART);
            assert!(said.contains(&format!("{FOLDER} is gone from")), "{moment}: {said}");
            // `resume` looks at Git again, too.
            let (resumed, _) = at(home.path(), gone, CHART, async |session| session.may_go_on().await);
            let said = resumed.unwrap_err().render();
            assert!(said.contains(&format!("{FOLDER} is gone from")), "{moment}: {said}");
            let (resumed, _) = at(home.path(), world.clone(), CHART, async |session| session.may_go_on().await);
            assert!(resumed.is_ok(), "{moment}");
            let said = refused(home.path(), &world, &format!("{CHART} --sync-name home-ops"));
            assert!(said.contains("would make a second root"), "{moment}: {said}");
            half_way += 1;
        }
        let copy = tempfile::tempdir().unwrap();
        Folder::read(home.path()).write(copy.path());
        let (back, left) = at(copy.path(), world.clone(), CHART, async |session| {
            let report = session.back().await?;
            pace(Duration::from_secs(15 * 60)).await;
            Ok(report)
        });
        match back {
            Ok(report) => {
                assert!(!has_sync, "{moment}: it went back after the sync was added");
                succeeded(&report);
                assert!(find(&left, "FluxInstance", "flux").is_none(), "{moment}");
                assert!(find(&left, "Deployment", "flux-operator").is_none(), "{moment}");
                let helm = find(&left, "Deployment", "helm-controller").unwrap_or_else(|| panic!("{moment}"));
                let owner = &helm["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"];
                assert_eq!(owner, "flux-system", "{moment}: the root in Git does not look after {helm:#}");
                went_back += 1;
            }
            Err(failure) => {
                assert!(has_sync, "{moment}: {}", failure.render());
                too_late += 1;
            }
        }
        assert_eq!(uids(&left), before, "{moment}: going back lost something");
        let (report, world) = at(home.path(), world, CHART, async |s| s.hand_over(Arc::new(NoObserver)).await);
        succeeded(&report.unwrap_or_else(|failure| panic!("{moment}: {}", failure.render())));
        assert_eq!(uids(&world), before, "{moment}: going on lost something");
        assert_eq!(referee::count(&world), ALL, "{moment}");
    }
    assert!(
        half_way > 0 && went_back > 0 && too_late > 0,
        "{half_way} half-way, {went_back} back, {too_late} too late"
    );
}

#[test]
fn a_release_that_is_lost_on_the_way_is_told_and_not_taken_for_done() {
    let (world, home) = machine();
    let (report, _) = at(home.path(), world, CHART, async |session| {
        let migration = session.look().await?;
        let mut request = migration.request(&session.asked);
        let census = &mut request.handover.as_mut().unwrap().census;
        census.uids.insert("helmrelease/default/once-was".to_owned(), "an-uid".to_owned());
        let (dial, clock) = (Arc::new(session.net.clone()), Arc::clone(&session.setting.clock));
        let prepared = Bootstrap::prepare(request, Secrets::Read, session.system, dial, clock).await?;
        let engine = prepared.engine(session.setting);
        let options = RunOptions { seed: 7, ..RunOptions::default() };
        Ok(prepared.run(&engine, options).await.unwrap_or_else(|error| panic!("{error}")))
    });
    let report = report.unwrap_or_else(|failure| panic!("{}", failure.render()));
    let errors: Vec<String> = report.units.iter().filter_map(|u| u.error.as_ref()).map(|e| e.chain()).collect();
    assert_eq!(report.failure().map(|kind| kind.exit_code()), Some(3), "{errors:?}");
    assert!(errors.concat().contains("helmrelease/default/once-was is gone"), "{errors:?}");
}

#[test]
fn code_that_is_found_in_a_checkout_is_told_what_to_do_in_order() {
    let (world, home) = machine();
    let repository = &world.git.repositories["home-ops.git"];
    let mut files: BTreeMap<String, Vec<u8>> = repository
        .files_at(&repository.head("main").unwrap())
        .unwrap()
        .into_iter()
        .map(|(path, content)| (path, content.to_vec()))
        .collect();
    let module = "terraform/infra/modules/talos_bootstrap";
    let key = "resource \"kubernetes_secret\" \"sops_age\" {\n  metadata {\n    name = \"sops-age\"\n  }\n}\n";
    for (path, text) in [
        (format!("{module}/flux.tf"), "resource \"flux_bootstrap_git\" \"this\" {\n  path = var.git_path\n}\n"),
        (format!("{module}/main.tf"), key),
        (format!("{module}/variables.tf"), "variable \"git_path\" {}\n\nvariable \"other\" {}\n"),
        (
            "terraform/infra/live/prod/bootstrap/terragrunt.hcl".to_owned(),
            "terraform {\n  source = \"${get_repo_root()}/terraform/infra/modules//talos_bootstrap\"\n}\n",
        ),
        (format!("{FOLDER}/alerts.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: alerts\n"),
    ] {
        files.insert(path, text.as_bytes().to_vec());
    }
    let own = files.get_mut(&format!("{FOLDER}/kustomization.yaml")).unwrap();
    *own = String::from_utf8(own.clone())
        .unwrap()
        .replace("resources:\n", "resources:\n  - alerts.yaml\n  - ../../crds\n")
        .into_bytes();
    for (path, content) in files {
        let path = home.path().join("repo").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let line = format!("{CHART} --repo repo");
    // A checkout that Flux is ahead of would be planned by patches of before.
    let git = home.path().join("repo/.git");
    std::fs::create_dir_all(git.join("refs/heads")).unwrap();
    std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    std::fs::write(git.join("refs/heads/main"), "0123456789abcdef0123456789abcdef01234567\n").unwrap();
    let stale = looked(home.path(), world.clone(), &line).unwrap_err().render();
    assert!(stale.contains("is at commit 0123456789ab, and Flux has fetched"), "{stale}");
    std::fs::remove_dir_all(git).unwrap();
    let migration = looked(home.path(), world, &line).unwrap_or_else(|failure| panic!("{}", failure.render()));
    let text = migrate_text::render(&migration, None);
    let steps = text.split_once("AFTERWARDS").unwrap().1;
    insta::assert_snapshot!(steps.split("If a tree shall look after it").next().unwrap());
}
