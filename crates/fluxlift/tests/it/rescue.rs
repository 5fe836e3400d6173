//! `rescue` against a cluster that has converged and was then broken: stuck, rescued, proven; and the acts that lie.

use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use fluxlift::args::{Cli, Global};
use fluxlift::modules;
use fluxlift::reach::Reach;
use fluxlift::run::{Pace, Setting, at_pace};
use fluxlift::system::System;
use fluxlift::ui::Failure;
use fluxlift::watchdog::Witness;
use fluxlift_core::{Deadline, Emitter, ErrorKind, EventKind, Explain as _};
use fluxlift_flux::Strategy;
use fluxlift_flux::rescue::{Done, Force, Limits, Outcome, Plan, Rescue, RescueError};
use fluxlift_gate::{GateContext, TokioClock, pace};
use fluxlift_sim::controllers::Program;
use fluxlift_sim::flux::kinds::{BUCKETS, HELM_RELEASES, KUSTOMIZATIONS, OCI_REPOSITORIES};
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Caller, DeleteOptions, Effect, Fault, GroupResource, Key, Part, Patch, Reason, Status};
use fluxlift_sim::{Datacenter, Net, World};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::bundle::unpacked;
use crate::converged::{SEED, converged};
use crate::reserved;
use crate::served::{Served, now};
use crate::tree::{Tree, run_in};

const PATIENCE: Deadline = Deadline::minutes(10);

/// A world on virtual time, with a rescue at hand.
struct Scene {
    tree: Tree,
    world: World,
    /// How long the trouble is left alone before anybody looks.
    idle: Duration,
    /// With which verb the step begins at which somebody presses Ctrl-C.
    stopped_at: Option<&'static str>,
    /// What somebody else does five seconds after the rescue has begun.
    later: Option<fn(&mut World)>,
}

/// What came of a rescue.
struct Rescued {
    tree: Tree,
    plan: Plan,
    outcome: Outcome,
    world: World,
    events: Vec<EventKind>,
}

impl Rescued {
    /// What was done, as `<force> <target> <whether it helped>`.
    fn done(&self) -> Vec<String> {
        let word = |done: &Done| if done.helped { "helped" } else { "did not help" };
        let line = |done: &Done| format!("{} {} {}", done.act.force.number(), done.act.target, word(done));
        self.outcome.done.iter().map(line).collect()
    }

    fn object(&self, key: &Key) -> &Value {
        self.world.kube.api.get(key).unwrap()
    }
}

impl Scene {
    /// A cluster that has converged, and was then broken by `act`.
    fn broken(act: impl FnOnce(&mut World)) -> Self {
        let (tree, mut world) = converged();
        act(&mut world);
        world.settle();
        Self { tree, world, idle: Duration::from_secs(90), stopped_at: None, later: None }
    }

    /// Rescues what is stuck. `meanwhile` is done to the world after the plan is known and before anything is done.
    fn rescue(self, limits: Limits, meanwhile: impl FnOnce(&mut World)) -> Rescued {
        let (rescued, error) = self.attempt(limits, meanwhile);
        assert!(error.is_none(), "{}", error.map(Failure::from).unwrap().render());
        rescued
    }

    /// The same of a rescue that may not come to its end.
    fn attempt(self, limits: Limits, meanwhile: impl FnOnce(&mut World)) -> (Rescued, Option<RescueError>) {
        let Self { tree, world, idle, stopped_at, later } = self;
        let mut system = System::look().unwrap_or_else(|failure| panic!("{}", failure.render()));
        (system.now, system.seed) = (world.now, SEED);
        let done = at_pace(Pace::Virtual, &Witness::default(), async {
            let clock = Arc::new(TokioClock::starting_at(world.now));
            let datacenter = Datacenter::new(world, clock.clone());
            let driver = datacenter.run();
            pace(idle).await;
            let net = Net::new(datacenter.clone());
            let modules = modules::simulated(net.clone(), clock.clone(), &system, Strategy::default());
            let setting = Setting { modules, clock: clock.clone(), owner: system.owner("rescue") };
            let global = global(&tree);
            let clocked = clock.clone();
            let reached = Reach::default().connect_over(&global, &system, &setting, Arc::new(net), clocked).await?;
            let mut cx = GateContext::quiet(clock);
            let events = Arc::new(std::sync::Mutex::new(Vec::new()));
            let sink = Arc::clone(&events);
            let cancel = cx.cancel.clone();
            cx.events = Emitter::new(move |event| {
                if matches!(&event, EventKind::Step { verb, .. } if Some(&**verb) == stopped_at) {
                    cancel.cancel();
                }
                sink.lock().unwrap().push(event);
            });
            let mut rescue = Rescue::new(&cx, &reached.cluster, limits, PATIENCE);
            let (plan, _) = rescue.plan().await.map_err(Failure::from)?;
            datacenter.with(meanwhile);
            let others = async {
                if let Some(act) = later {
                    pace(Duration::from_secs(5)).await;
                    datacenter.with(act);
                }
            };
            let (outcome, error) = match tokio::join!(rescue.run(), others).0 {
                Ok(outcome) => (outcome, None),
                Err(error) => (Outcome::default(), Some(error)),
            };
            driver.abort();
            let events = events.lock().unwrap().clone();
            Ok((Rescued { tree, plan, outcome, world: datacenter.snapshot(), events }, error))
        });
        done.unwrap_or_else(|failure| panic!("{}", failure.render()))
    }

    fn rescued(self, limits: Limits) -> Rescued {
        self.rescue(limits, |_| {})
    }
}

fn global(tree: &Tree) -> Global {
    Cli::try_parse_from(["fluxlift", "rescue", "--working-dir", tree.cluster().to_str().unwrap()]).unwrap().global
}

fn up_to(most: Force) -> Limits {
    Limits { most, ..Limits::default() }
}

fn release(namespace: &str, name: &str) -> Key {
    Key::namespaced(&HELM_RELEASES, namespace, name)
}

fn merge(world: &mut World, key: &Key, part: Part, patch: Value) {
    let caller = Caller::controller("test", world.now);
    world.kube.api.patch(&caller, key, &Patch::Merge(patch), part).unwrap();
}

/// Writes over the status of an object, as a controller would have that is gone now.
fn set_status(world: &mut World, key: &Key, change: impl FnOnce(&mut Value)) {
    let mut status = world.kube.api.get(key).unwrap()["status"].clone();
    change(&mut status);
    // What is taken out must be named in a merge.
    let gone = world.kube.api.get(key).unwrap()["status"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for field in gone {
        let fields = status.as_object_mut().unwrap();
        fields.entry(field).or_insert(Value::Null);
    }
    merge(world, key, Part::Status, json!({ "status": status }));
}

/// A condition that became so ten minutes ago.
fn condition(world: &World, kind: &str, status: &str, reason: &str) -> Value {
    let since = (world.now - SignedDuration::from_mins(10)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({"type": kind, "status": status, "reason": reason, "message": "as it says", "lastTransitionTime": since})
}

/// No controller has finished a pass over it.
fn unobserved(world: &mut World, key: &Key) {
    set_status(world, key, |status| {
        status["observedGeneration"] = json!(-1);
        status.as_object_mut().unwrap().remove("conditions");
    });
    merge(world, key, Part::Object, json!({"metadata": {"finalizers": null}}));
}

/// Its upgrades have failed, and its retries are used up.
fn exhausted(world: &mut World, key: &Key, reason: &str) {
    let stalled = condition(world, "Stalled", "True", reason);
    let ready = condition(world, "Ready", "False", "UpgradeFailed");
    set_status(world, key, |status| {
        status["conditions"] = json!([ready, stalled]);
        status["upgradeFailures"] = json!(4);
        status["history"][0]["status"] = json!("failed");
        status["lastAttemptedReleaseAction"] = json!("upgrade");
    });
}

fn helm_status(world: &mut World, key: &Key, status: &str) {
    let ready = condition(world, "Ready", "Unknown", "Progressing");
    set_status(world, key, |written| {
        written["conditions"] = json!([ready]);
        written["history"][0]["status"] = json!(status);
    });
}

#[test]
fn every_row_of_the_table_is_diagnosed_rescued_with_the_least_force_and_proven() {
    let scene = Scene::broken(|world| {
        unobserved(world, &release("default", "actual"));
        helm_status(world, &release("default", "mealie"), "pending-upgrade");
        exhausted(world, &release("database", "cloudnative-pg"), "RetriesExceeded");
        exhausted(world, &release("default", "homepage"), "MissingRollbackTarget");
        let ready = condition(world, "Ready", "Unknown", "Progressing");
        let released = condition(world, "Released", "True", "UpgradeSucceeded");
        set_status(world, &release("default", "jellyfin"), |s| s["conditions"] = json!([ready, released]));
        // The source says that its latest generation was not reconciled, and the release waits for that.
        let grafana = Key::namespaced(&OCI_REPOSITORIES, "observability", "grafana");
        set_status(world, &grafana, |status| status["observedGeneration"] = json!(0));
        let waits = condition(world, "Ready", "False", "SourceNotReady");
        set_status(world, &release("observability", "grafana"), |s| s["conditions"] = json!([waits]));
    });
    let rescued = scene.rescued(Limits::default());
    let wanted = [
        "1 helmrelease/default/actual helped",
        "1 helmrelease/default/mealie helped",
        "2 ocirepository/observability/grafana helped",
        "2 helmrelease/observability/grafana helped",
        "3 helmrelease/database/cloudnative-pg helped",
        "4 helmrelease/default/homepage helped",
        "4 helmrelease/default/jellyfin helped",
    ];
    assert_eq!(rescued.done(), wanted);
    assert!(rescued.outcome.proven, "{:#?}", rescued.outcome);
    // What was said before it was done.
    let why = |target: &str| rescued.plan.acts.iter().find(|act| act.target.ends_with(target)).unwrap().why.clone();
    assert_eq!(
        why("default/actual"),
        "helmrelease/default/actual is at observedGeneration -1 and no controller has touched it"
    );
    assert!(why("default/mealie").contains("is left in Helm's status pending-upgrade"));
    // No mark is left behind, nothing was deleted, and each act was told.
    let all = rescued.world.kube.api.entries(&HELM_RELEASES, None);
    let marked = all.filter(|(_, object)| !object["metadata"]["annotations"]["fluxlift.dev/rescue"].is_null());
    assert_eq!(marked.count(), 0);
    assert_eq!(rescued.world.kube.api.entries(&HELM_RELEASES, None).count(), 50);
    let steps = rescued.events.iter().filter(|event| matches!(event, EventKind::Step { .. })).count();
    assert_eq!(steps, rescued.outcome.done.len());
}

#[test]
fn an_artifact_that_is_lost_is_made_again_by_its_source_and_then_the_release_goes_on() {
    let scene = Scene::broken(|world| {
        world.flux.storage.retain(|url, _| !url.contains("ocirepository/observability/grafana"));
        let key = release("observability", "grafana");
        let mut waits = condition(world, "Ready", "False", "ArtifactFailed");
        waits["message"] = json!("Source not ready: artifact not found");
        set_status(world, &key, |status| status["conditions"] = json!([waits]));
    });
    let rescued = scene.rescued(Limits::default());
    let wanted = ["2 ocirepository/observability/grafana helped", "2 helmrelease/observability/grafana helped"];
    assert_eq!(rescued.done(), wanted);
    assert!(rescued.outcome.proven, "{:#?}", rescued.outcome);
}

#[test]
fn a_source_that_could_not_fetch_is_asked_again_once_what_failed_it_is_mended_and_else_a_person_is_told() {
    let source = Key::namespaced(&OCI_REPOSITORIES, "observability", "grafana");
    let broken = |mended: bool| {
        Scene::broken(|world| {
            let mut failed = condition(world, "Ready", "False", "OCIArtifactPullFailed");
            failed["message"] = json!("dial tcp: lookup registry.example: no such host");
            set_status(world, &source, |status| status["conditions"] = json!([failed]));
            let waits = condition(world, "Ready", "False", "SourceNotReady");
            set_status(world, &release("observability", "grafana"), |status| status["conditions"] = json!([waits]));
            if !mended {
                world.flux.faults.failing_sources.insert(source.clone(), u32::MAX);
            }
        })
    };
    let mended = broken(true).rescued(Limits::default());
    let wanted = ["2 ocirepository/observability/grafana helped", "2 helmrelease/observability/grafana helped"];
    assert_eq!(mended.done(), wanted);
    assert!(mended.outcome.proven, "{:#?}", mended.outcome);
    let away = broken(false).rescued(up_to(Force::Storage));
    assert_eq!(away.done(), ["2 ocirepository/observability/grafana did not help"]);
    assert!(!away.outcome.proven);
    assert_eq!(away.outcome.for_a_person[0].target, "ocirepository/observability/grafana");
}

#[test]
fn an_api_that_goes_away_in_the_middle_is_an_error_and_the_next_rescue_goes_on() {
    let key = release("default", "actual");
    let scene = Scene::broken(|world| exhausted(world, &key, "RetriesExceeded"));
    let lost = Fault::any(u32::MAX, Effect::Drop { handled: true });
    let lost = lost.on(Verb::Patch, HELM_RELEASES);
    let (rescued, error) = scene.attempt(Limits::default(), |world| world.kube.faults.add(lost));
    let told = Failure::from(error.expect("a request without an answer was taken for done")).render();
    assert!(told.contains("got no answer from https://"), "{told}");
    // The request was heard all the same, and the mark that came with it tells the next rescue what was done.
    let mark = rescued.object(&key)["metadata"]["annotations"]["fluxlift.dev/rescue"].clone();
    assert!(mark.as_str().is_some_and(|mark| mark.starts_with("RetriesExceeded/3/")), "{mark}");
    let Rescued { tree, mut world, .. } = rescued;
    world.kube.faults.0.clear();
    let next =
        Scene { tree, world, idle: Duration::from_secs(90), stopped_at: None, later: None }.rescued(Limits::default());
    assert_eq!(next.done(), [""; 0], "the reset had helped, and was not done again");
    assert!(next.outcome.proven, "{:#?}", next.outcome);
    assert!(next.object(&key)["metadata"]["annotations"]["fluxlift.dev/rescue"].is_null());
}

#[test]
fn an_act_that_is_handled_and_does_not_help_is_followed_by_more_force_and_at_the_end_by_a_person() {
    let key = release("default", "actual");
    let scene = Scene::broken(|world| {
        world.flux.faults.failing_releases.insert(key.clone(), u32::MAX);
        exhausted(world, &key, "RetriesExceeded");
    });
    let rescued = scene.rescued(up_to(Force::Storage));
    let wanted = ["3 helmrelease/default/actual did not help", "4 helmrelease/default/actual did not help"];
    assert_eq!(rescued.done(), wanted);
    assert!(rescued.outcome.done.iter().all(|done| done.seen.contains("failed again")), "{:#?}", rescued.outcome);
    assert!(!rescued.outcome.proven);
    let left = &rescued.outcome.for_a_person[0];
    assert_eq!(left.target, "helmrelease/default/actual");
    assert!(left.act.starts_with("mend what its message names"), "{}", left.act);
    // It was handled, and that was not taken for help.
    let object = rescued.object(&key);
    let asked = &object["metadata"]["annotations"]["reconcile.fluxcd.io/forceAt"];
    assert!(asked.is_string() && *asked == object["status"]["lastHandledForceAt"]);
    assert!(object["metadata"]["annotations"]["fluxlift.dev/rescue"].is_null(), "a rescue that ended leaves no mark");
}

#[test]
fn what_only_a_person_can_change_is_left_alone_and_said() {
    let (refused, leaving) = (release("default", "actual"), release("default", "mealie"));
    let scene = Scene::broken(|world| {
        let stalled = condition(world, "Stalled", "True", "InvalidCELExpression");
        set_status(world, &refused, |status| status["conditions"] = json!([stalled]));
        helm_status(world, &leaving, "uninstalling");
    });
    let rescued = scene.rescued(up_to(Force::Storage));
    assert_eq!((rescued.done().len(), rescued.outcome.for_a_person.len()), (0, 2), "{:#?}", rescued.outcome);
    assert!(!rescued.outcome.proven);
    for key in [&refused, &leaving] {
        assert!(rescued.object(key)["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"].is_null());
    }
}

#[test]
fn a_frozen_controller_is_restarted_once_and_only_when_that_is_allowed() {
    let frozen = || {
        let mut scene = Scene::broken(|world| {
            world.flux.faults.frozen.insert(Program::HelmController);
            for name in ["actual", "mealie"] {
                let values = json!({"spec": {"values": {"changed": true}}});
                merge(world, &release("default", name), Part::Object, values);
            }
        });
        scene.idle = Duration::from_secs(120);
        scene
    };
    let gentle = frozen().rescued(Limits::default());
    assert_eq!((gentle.done().len(), gentle.outcome.beyond.len()), (0, 1), "{:#?}", gentle.outcome);
    assert_eq!(gentle.outcome.beyond[0].sakes.len(), 2);
    // A new Pod that does no more than the old one is no help.
    let lied = frozen().rescued(up_to(Force::Restart));
    assert_eq!(lied.done(), ["5 deployment/flux-system/helm-controller did not help"]);
    assert!(!lied.outcome.proven);
    // The new process is not stopped.
    let rescued = frozen().rescue(up_to(Force::Restart), |world| world.flux.faults.frozen.clear());
    assert_eq!(rescued.done(), ["5 deployment/flux-system/helm-controller helped"]);
    assert!(rescued.outcome.proven, "{:#?}", rescued.outcome);
}

#[test]
fn no_controller_is_restarted_while_a_helm_action_runs_unless_told() {
    let busy = || {
        let mut scene = Scene::broken(|world| {
            world.flux.faults.frozen.insert(Program::KustomizeController);
            let apps = Key::namespaced(&KUSTOMIZATIONS, "flux-system", "apps");
            merge(world, &apps, Part::Object, json!({"spec": {"interval": "9m"}}));
            let mut running = condition(world, "Reconciling", "True", "Progressing");
            running["message"] = json!("Running 'upgrade' action with timeout of 2h0m0s");
            let ready = condition(world, "Ready", "Unknown", "Progressing");
            set_status(world, &release("default", "mealie"), |s| s["conditions"] = json!([ready, running]));
        });
        scene.idle = Duration::from_secs(120);
        scene
    };
    let held = busy().rescued(up_to(Force::Storage));
    assert_eq!(held.done(), [""; 0]);
    assert!(held.outcome.beyond[0].why.contains("a Helm action runs that a restart would cancel"));
    let limits = Limits { interrupt: true, ..up_to(Force::Restart) };
    let told = busy().rescue(limits, |world| world.flux.faults.frozen.clear());
    assert_eq!(told.done(), ["5 deployment/flux-system/kustomize-controller helped"]);
}

#[test]
fn a_rescue_that_was_killed_is_gone_on_with_and_its_request_is_not_written_again() {
    let key = release("default", "actual");
    let token = "2026-01-01T00:00:00Z";
    let scene = Scene::broken(|world| {
        exhausted(world, &key, "RetriesExceeded");
        // The one before had cleared the failures, in vain, and died.
        let annotations = json!({"fluxlift.dev/rescue": format!("RetriesExceeded/3/{token}")});
        merge(world, &key, Part::Object, json!({"metadata": {"annotations": annotations}}));
    });
    let rescued = scene.rescued(Limits::default());
    assert_eq!(rescued.done(), ["4 helmrelease/default/actual helped"]);
    assert!(rescued.outcome.proven);
    let annotations = &rescued.object(&key)["metadata"]["annotations"];
    assert!(annotations["fluxlift.dev/rescue"].is_null() && annotations["reconcile.fluxcd.io/resetAt"].is_null());
}

#[test]
fn a_rescue_that_is_stopped_by_ctrl_c_ends_as_interrupted_undoes_nothing_and_is_gone_on_with() {
    let key = release("default", "actual");
    let mut scene = Scene::broken(|world| exhausted(world, &key, "RetriesExceeded"));
    scene.stopped_at = Some("reset");
    let (stopped, error) = scene.attempt(Limits::default(), |_| {});
    let error = error.expect("it came to its end");
    assert_eq!((error.kind(), error.kind().exit_code()), (ErrorKind::Interrupted, 5));
    let failure = Failure::from(error).render();
    assert!(failure.contains("run the same command again: it goes on where this one stopped"), "{failure}");
    // What was asked for stays asked for, and says by whom.
    let annotations = stopped.object(&key)["metadata"]["annotations"].clone();
    let asked = annotations["reconcile.fluxcd.io/resetAt"].as_str().unwrap();
    assert_eq!(annotations["reconcile.fluxcd.io/requestedAt"], asked);
    assert_eq!(annotations["fluxlift.dev/rescue"], format!("RetriesExceeded/3/{asked}"));
    let Rescued { tree, world, .. } = stopped;
    let scene = Scene { tree, world, idle: Duration::ZERO, stopped_at: None, later: None };
    let rescued = scene.rescued(Limits::default());
    assert!(rescued.outcome.proven, "{:#?}", rescued.outcome);
    let asked_again =
        rescued.events.iter().any(|event| matches!(event, EventKind::Step { verb, .. } if &**verb == "reset"));
    assert!(!asked_again, "{:#?}", rescued.outcome.done);
    assert!(rescued.object(&key)["metadata"]["annotations"]["fluxlift.dev/rescue"].is_null());
}

/// Deletes a release and makes another one of the same name.
fn replace(world: &mut World, key: &Key) {
    let mut next = world.kube.api.get(key).unwrap().clone();
    merge(world, key, Part::Object, json!({"metadata": {"finalizers": null}}));
    let caller = Caller::controller("test", world.now);
    world.kube.api.delete(&caller, key, &DeleteOptions::default()).unwrap();
    next.as_object_mut().unwrap().remove("status");
    for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "finalizers"] {
        next["metadata"].as_object_mut().unwrap().remove(field);
    }
    world.kube.api.create(&caller, &HELM_RELEASES, key.namespace.as_deref(), next).unwrap();
}

#[test]
fn an_object_that_has_the_name_of_the_one_that_was_looked_at_is_left_alone() {
    let key = release("default", "actual");
    let mut scene = Scene::broken(|world| exhausted(world, &key, "RetriesExceeded"));
    // The look has seen the releases and takes its time over the buckets: meanwhile one is replaced.
    let slow = Fault::any(1, Effect::Delay(Duration::from_secs(8))).on(Verb::List, BUCKETS);
    scene.later = Some(|world| replace(world, &release("default", "actual")));
    let rescued = scene.rescue(Limits::default(), |world| world.kube.faults.add(slow));
    let first = &rescued.outcome.done[0];
    assert_eq!((first.act.target.as_str(), first.helped), ("helmrelease/default/actual", false));
    assert!(first.seen.contains("was replaced since it was looked at"), "{}", first.seen);
    assert!(rescued.object(&key)["metadata"]["annotations"]["reconcile.fluxcd.io/resetAt"].is_null());
}

#[test]
fn what_was_suspended_while_its_source_was_waited_for_is_not_asked() {
    let key = release("observability", "grafana");
    let mut scene = Scene::broken(|world| {
        let source = Key::namespaced(&OCI_REPOSITORIES, "observability", "grafana");
        set_status(world, &source, |status| status["observedGeneration"] = json!(0));
        let waits = condition(world, "Ready", "False", "SourceNotReady");
        set_status(world, &key, |status| status["conditions"] = json!([waits]));
    });
    let slow = Fault::any(1, Effect::Delay(Duration::from_secs(8))).on(Verb::Patch, OCI_REPOSITORIES);
    scene.later = Some(|world| {
        let suspended = json!({"spec": {"suspend": true}});
        merge(world, &release("observability", "grafana"), Part::Object, suspended);
    });
    // The bring-up may have asked for it when what it depends on was ready.
    let before = scene.world.kube.api.get(&key).unwrap()["metadata"]["annotations"].clone();
    let rescued = scene.rescue(Limits::default(), |world| world.kube.faults.add(slow));
    let wanted = ["2 ocirepository/observability/grafana helped", "2 helmrelease/observability/grafana did not help"];
    assert_eq!(rescued.done(), wanted);
    assert!(rescued.outcome.done[1].seen.contains("was suspended meanwhile"), "{}", rescued.outcome.done[1].seen);
    assert_eq!(rescued.object(&key)["metadata"]["annotations"], before);
}

const SECRETS: GroupResource = GroupResource::SECRETS;

#[test]
fn a_release_that_stays_locked_is_unlocked_in_helms_storage_and_its_secret_is_kept() {
    let key = release("default", "actual");
    let secret = Key::namespaced(&SECRETS, "default", "sh.helm.release.v1.actual.v1");
    let locked = || {
        Scene::broken(|world| {
            helm_status(world, &key, "pending-upgrade");
            // It was asked for already, handled, and is locked as before.
            let token = "2026-01-01T00:00:00Z";
            let annotations = json!({"fluxlift.dev/rescue": format!("HelmLocked/1/{token}")});
            merge(world, &key, Part::Object, json!({"metadata": {"annotations": annotations}}));
            pend(world, &secret);
        })
    };
    let gentle = locked().rescued(up_to(Force::Restart));
    assert_eq!((gentle.done().len(), gentle.outcome.beyond.len()), (0, 1), "{:#?}", gentle.outcome);
    assert_eq!(gentle.outcome.beyond[0].target, "secret/default/sh.helm.release.v1.actual.v1");
    let before = gentle.object(&secret)["metadata"]["uid"].clone();
    let rescued = locked().rescued(up_to(Force::Storage));
    assert_eq!(rescued.done(), ["6 secret/default/sh.helm.release.v1.actual.v1 helped"]);
    assert!(rescued.outcome.proven, "{:#?}", rescued.outcome);
    assert_eq!(rescued.object(&secret)["metadata"]["uid"], before);
}

#[test]
fn a_release_that_helm_controller_cannot_unlock_is_unlocked_by_what_it_says_of_that() {
    let key = release("default", "actual");
    let secret = Key::namespaced(&SECRETS, "default", "sh.helm.release.v1.actual.v1");
    let scene = Scene::broken(|world| {
        let said = "Unlock of Helm release default/actual.v1 with chart app-template@3.5.1 in pending-upgrade state \
            failed: secrets is forbidden";
        let conditions = ["Ready", "Released"].map(|kind| {
            let mut condition = condition(world, kind, "False", "PendingRelease");
            condition["message"] = json!(said);
            condition
        });
        set_status(world, &key, |status| status["conditions"] = json!(conditions));
        // It was asked for already, and tried in vain.
        let annotations = json!({"fluxlift.dev/rescue": "HelmLocked/1/2026-01-01T00:00:00Z"});
        merge(world, &key, Part::Object, json!({"metadata": {"annotations": annotations}}));
        pend(world, &secret);
    });
    let rescued = scene.rescued(up_to(Force::Storage));
    assert_eq!(rescued.done(), ["6 secret/default/sh.helm.release.v1.actual.v1 helped"]);
    assert!(rescued.outcome.proven, "{:#?}", rescued.outcome);
}

/// Makes the revision in a Secret of Helm's one whose action has not ended.
fn pend(world: &mut World, secret: &Key) {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let release = json!({"name": secret.name.split('.').nth(4).unwrap(), "namespace": "default", "version": 1,
        "info": {"status": "pending-upgrade", "last_deployed": "2020-01-01T00:00:00Z"}, "manifest": ""});
    let data = STANDARD.encode(STANDARD.encode(release.to_string()));
    let labels = json!({"status": "pending-upgrade"});
    merge(world, secret, Part::Object, json!({"metadata": {"labels": labels}, "data": {"release": data}}));
}

#[test]
fn the_real_program_plans_in_a_document_acts_and_says_when_nothing_is_left() {
    let (tree, world) = converged();
    let served = Served::start(world);
    let idle = run_in(&tree.cluster(), "rescue --dry-run -o json");
    assert_eq!(idle.code, 0, "{}", idle.err);
    assert_eq!(idle.json()["acts"], json!([]));
    let key = release("default", "actual");
    served.with(|world| exhausted(world, &key, "RetriesExceeded"));
    let plan = run_in(&tree.cluster(), "rescue --dry-run -o json");
    assert_eq!(plan.code, 3, "{}", plan.err);
    let act = &plan.json()["acts"][0];
    assert_eq!((&act["force"], &act["target"]), (&json!(3), &json!("helmrelease/default/actual")));
    assert!(act["why"].as_str().unwrap().contains("has failed"), "{act}");
    let gentle = run_in(&tree.cluster(), "rescue --max-force 2 --bundle gentle.tar.gz");
    assert_eq!(gentle.code, 3, "{}", gentle.err);
    let kept = unpacked(&tree.cluster().join("gentle.tar.gz"));
    assert!(kept["bundle.json"].contains("is not allowed (--max-force"), "{}", kept["bundle.json"]);
    assert!(kept["ledger.json"].contains("\"rescue\""), "{}", kept["ledger.json"]);
    assert!(gentle.out.contains("is not allowed (--max-force"), "{}", gentle.out);
    let unknown = run_in(&tree.cluster(), "rescue --only helmrelease/default/nobody");
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("there is no helmrelease/default/nobody"), "{}", unknown.err);
    assert_eq!(run_in(&tree.cluster(), "rescue --max-force 7").code, 64);
    let refusal = Status::new(
        403,
        Reason::Forbidden,
        "helmreleases.helm.toolkit.fluxcd.io \"actual\" is forbidden: \
        User \"admin\" cannot patch resource \"helmreleases\" in API group \"helm.toolkit.fluxcd.io\"",
    );
    let fault = Fault::any(1, Effect::Refuse(refusal));
    let fault = fault.on(fluxlift_sim::kube::wire::request::Verb::Patch, HELM_RELEASES);
    served.with(|world| world.kube.faults.add(fault));
    let refused = run_in(&tree.cluster(), "rescue");
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("cannot patch resource \"helmreleases\""), "{}", refused.err);
    served.with(reserved::by_another);
    reserved::told(&run_in(&tree.cluster(), "rescue"));
    // To look is free.
    assert_eq!(run_in(&tree.cluster(), "rescue --dry-run").code, 3);
    served.with(reserved::no_more);
    let rescued = run_in(&tree.cluster(), "rescue --only actual -o json --bundle none.tar.gz");
    assert!(!tree.cluster().join("none.tar.gz").exists(), "what succeeds leaves no bundle");
    assert_eq!(rescued.code, 0, "{}{}", rescued.out, rescued.err);
    assert_eq!(rescued.json()["done"][0]["helped"], true);
    assert!(!served.with(|world| reserved::is(world)));
    let _nobody = served.gone();
    let gone = run_in(&tree.cluster(), "rescue");
    assert_eq!(gone.code, 1);
    assert!(gone.err.contains("got no answer from https://"), "{}", gone.err);
}

#[test]
fn a_cluster_without_flux_is_told_so() {
    let home = tempfile::tempdir().unwrap();
    let options = fluxlift_sim::Options { seed: SEED, ..fluxlift_sim::Options::default() };
    let made = fluxlift::demo::cluster(options, now());
    let (world, kubeconfig) = made.unwrap_or_else(|failure| panic!("{}", failure.render()));
    std::fs::write(home.path().join("kubeconfig"), kubeconfig).unwrap();
    let _served = Served::start(world);
    let bare = run_in(home.path(), "rescue --kubeconfig kubeconfig");
    assert_eq!(bare.code, 1);
    assert!(bare.err.contains("has no Flux"), "{}", bare.err);
}

#[test]
fn help_names_every_option() {
    let home = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(run_in(home.path(), "rescue -h").out);
}
