//! Commands that are no runs, one at a time: by a lock on this machine, by a Lease from another one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fluxlift::alone::alone;
use fluxlift::run::{Pace, at_pace};
use fluxlift::system::System;
use fluxlift::ui::Failure;
use fluxlift::watchdog::Witness;
use fluxlift_core::{Clock, ErrorKind};
use fluxlift_gate::{GateContext, TokioClock, pace};
use fluxlift_kube::{Cluster, Kubeconfig};
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Effect, Fault, GroupResource, Reason, Status};
use fluxlift_sim::{Datacenter, Net, Options};
use tempfile::TempDir;

use crate::reserved;

const START: &str = "2026-01-01T00:00:00Z";

/// A cluster, and two machines from which it is reached.
struct Scene {
    datacenter: Datacenter,
    cluster: Cluster,
    cx: GateContext,
    clock: Arc<TokioClock>,
    homes: [TempDir; 2],
}

impl Scene {
    fn system(&self, home: &Path) -> System {
        let mut system = System::look().unwrap_or_else(|failure| panic!("{}", failure.render()));
        system.env.vars = [("USER".to_owned(), "ada".to_owned())].into();
        system.env.home = Some(home.to_owned());
        system.now = self.clock.now();
        system
    }

    /// `command` on the machine of this number: what it does takes so many seconds.
    async fn run(&self, machine: usize, command: &str, seconds: u64) -> Result<(), Failure> {
        let system = self.system(self.homes[machine].path());
        let work = async {
            pace(Duration::from_secs(seconds)).await;
            Ok(())
        };
        alone(&self.cx, &self.cluster, &system, command, work).await
    }

    fn seconds(&self, since: fluxlift_core::Timestamp) -> i64 {
        self.clock.now().duration_since(since).as_secs()
    }

    fn is_reserved(&self) -> bool {
        self.datacenter.with(|world| reserved::is(world))
    }
}

fn scene(act: impl AsyncFnOnce(&Scene)) {
    let made = fluxlift::demo::cluster(Options { seed: 1, ..Options::default() }, START.parse().unwrap());
    let (world, kubeconfig) = made.unwrap_or_else(|failure| panic!("{}", failure.render()));
    let done = at_pace(Pace::Virtual, &Witness::default(), async {
        let clock = Arc::new(TokioClock::starting_at(world.now));
        let datacenter = Datacenter::new(world, clock.clone());
        let driver = datacenter.run();
        let kubeconfig = Kubeconfig::from_text(&kubeconfig, None, None)?;
        let cluster = Cluster::connect(&kubeconfig, Arc::new(Net::new(datacenter.clone())), clock.clone(), 1)?;
        let cx = GateContext::quiet(clock.clone());
        let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        act(&Scene { datacenter, cluster, cx, clock, homes }).await;
        driver.abort();
        Ok(())
    });
    done.unwrap_or_else(|failure| panic!("{}", failure.render()));
}

/// Who runs it, as those are told who come second.
fn named(command: &str) -> String {
    format!("(pid {}) running {command} since {START}", std::process::id())
}

#[test]
fn of_two_at_once_the_second_is_refused_with_who_is_at_work_and_since_when() {
    for command in ["rescue", "restore"] {
        scene(async |scene| {
            let second = async {
                pace(Duration::from_secs(20)).await;
                for (machine, why) in [(0, "the state is locked by ada@"), (1, "is reserved by ada@")] {
                    let before = scene.clock.now();
                    let refused = scene.run(machine, command, 0).await.unwrap_err();
                    assert_eq!(refused.exit_code(), ErrorKind::LockHeld.exit_code(), "{}", refused.render());
                    assert!(refused.render().contains(why), "{}", refused.render());
                    assert!(refused.render().contains(&named(command)), "{}", refused.render());
                    assert_eq!(scene.seconds(before), 0, "it took its time to say no");
                }
            };
            let (first, ()) = tokio::join!(scene.run(0, command, 60), second);
            first.unwrap_or_else(|failure| panic!("{}", failure.render()));
            assert!(!scene.is_reserved());
            scene.run(1, command, 0).await.unwrap_or_else(|failure| panic!("{}", failure.render()));
        });
    }
}

#[test]
fn one_that_was_killed_is_followed_at_once_on_its_machine_and_from_another_one_when_its_lease_has_run_out() {
    for (machine, most) in [(0, 0), (1, 30)] {
        scene(async |scene| {
            let killed = tokio::time::timeout(Duration::from_secs(18), scene.run(0, "rescue", 600)).await;
            assert!(killed.is_err() && scene.is_reserved());
            let before = scene.clock.now();
            // Refused as long as the other may still be there.
            while let Err(refused) = scene.run(machine, "rescue", 0).await {
                assert_eq!(refused.exit_code(), ErrorKind::LockHeld.exit_code(), "{}", refused.render());
                pace(Duration::from_secs(1)).await;
            }
            let waited = scene.seconds(before);
            assert!(waited <= most, "machine {machine} waited {waited}s");
        });
    }
}

#[test]
fn who_may_not_write_leases_is_told_which_role_is_missing_and_nothing_is_done() {
    scene(async |scene| {
        let denied = Effect::Refuse(Status::new(403, Reason::Forbidden, "no leases for you"));
        let fault = Fault::any(1, denied).on(Verb::Create, GroupResource::LEASES);
        scene.datacenter.with(|world| world.kube.faults.add(fault));
        let system = scene.system(scene.homes[0].path());
        let work = async { panic!("it went on unreserved") };
        let refused: Result<(), Failure> = alone(&scene.cx, &scene.cluster, &system, "rescue", work).await;
        let told = refused.unwrap_err().render();
        assert!(told.contains("no leases for you"), "{told}");
        assert!(told.contains("kubectl create role fluxlift-lease -n default"), "{told}");
    });
}

#[test]
fn on_a_machine_where_nothing_can_be_kept_the_lease_alone_keeps_others_away() {
    scene(async |scene| {
        let nowhere = scene.homes[0].path().join("file");
        std::fs::write(&nowhere, "").unwrap();
        let system = scene.system(&nowhere);
        let other = async {
            pace(Duration::from_secs(5)).await;
            let refused = scene.run(1, "restore", 0).await.unwrap_err().render();
            assert!(refused.contains(&named("rescue")), "{refused}");
        };
        let work = async {
            pace(Duration::from_secs(10)).await;
            Ok(())
        };
        let (first, ()) = tokio::join!(alone(&scene.cx, &scene.cluster, &system, "rescue", work), other);
        first.unwrap_or_else(|failure| panic!("{}", failure.render()));
    });
}
