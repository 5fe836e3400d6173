//! Workers: they take objects from the queues, make passes, and put objects off.

use jiff::SignedDuration;
use rand::Rng;

use super::{
    Controller, ControllerWake, Outcome, Pass, Passed, ProcessId, Step, WorkQueue, daemonset, deployment, endpoints,
    namespace, replicaset, scheduler,
};
use crate::World;
use crate::flux::{helm, image, kustomize, notification, operator, source};
use crate::kopiur::{restore, schedule, snapshot};
use crate::kube::Key;
use crate::volsync::{claims, destination, snapshots, source as backup};

/// Hands waiting objects to free workers. A pass begins a few milliseconds later: the time from the queue to the first
/// write.
pub fn assign(world: &mut World) {
    let mut begun = Vec::new();
    for (id, process) in &mut world.controllers.processes {
        let workers = process.workers();
        for (controller, queue) in &mut process.queues {
            while let Some(object) = queue.take(workers) {
                begun.push((*id, *controller, object));
            }
        }
    }
    for (process, controller, object) in begun {
        let delay = SignedDuration::from_millis(world.random.gen_range(3..12));
        let wake = ControllerWake::Pass { process, controller, object, step: Step::Begin };
        world.agenda.after(world.now, delay, wake.into());
    }
}

/// A worker makes a step of a pass.
pub fn go_on(world: &mut World, process: ProcessId, controller: Controller, object: Key, step: Step) {
    let Some(running) = world.controllers.processes.get(&process) else { return };
    if world.flux.faults.is_frozen(running.program) {
        // A frozen process goes on where it stood as soon as it thaws.
        let wake = ControllerWake::Pass { process, controller, object, step };
        world.agenda.after(world.now, SignedDuration::from_secs(1), wake.into());
        return;
    }
    let Some(mut pass) = Pass::new(world, process, controller, object.clone()) else { return };
    let outcome = dispatch(&mut pass, step).unwrap_or_else(|status| Outcome::Failed(status.to_string()));
    if let Outcome::Failed(error) | Outcome::Terminal(error) = &outcome {
        pass.log("error", "Reconciler error", &[("error", error)]);
    }
    finish(world, process, controller, object, outcome);
}

fn dispatch(pass: &mut Pass<'_>, step: Step) -> Passed {
    match (pass.controller, step) {
        (Controller::Deployments, _) => deployment::reconcile(pass),
        (Controller::ReplicaSets, _) => replicaset::reconcile(pass),
        (Controller::DaemonSets, _) => daemonset::reconcile(pass),
        (Controller::Namespaces, _) => namespace::reconcile(pass),
        (Controller::EndpointSlices, _) => endpoints::reconcile(pass),
        (Controller::Scheduler, _) => scheduler::reconcile(pass),
        (Controller::FluxInstances, Step::Operator(step)) => operator::go_on(pass, step),
        (Controller::FluxInstances, _) => operator::reconcile(pass),
        (Controller::FluxReports, _) => operator::report::reconcile(pass),
        (Controller::Kustomizations, Step::Kustomize(step)) => kustomize::go_on(pass, step),
        (Controller::Kustomizations, _) => kustomize::reconcile(pass),
        (Controller::HelmReleases, Step::Helm(step)) => helm::go_on(pass, step),
        (Controller::HelmReleases, _) => helm::reconcile(pass),
        (Controller::Receivers, _) => notification::reconcile(pass),
        (Controller::ImageRepositories, _) => image::reconcile_repository(pass),
        (Controller::ImagePolicies, _) => image::reconcile_policy(pass),
        (Controller::ImageUpdateAutomations, _) => image::reconcile_automation(pass),
        (Controller::Claims, _) => claims::reconcile(pass),
        (Controller::VolumeSnapshots, _) => snapshots::reconcile(pass),
        (Controller::ReplicationDestinations, Step::VolSync(step)) => destination::go_on(pass, step),
        (Controller::ReplicationDestinations, _) => destination::reconcile(pass),
        (Controller::ReplicationSources, Step::VolSync(_)) => backup::go_on(pass),
        (Controller::ReplicationSources, _) => backup::reconcile(pass),
        (Controller::Restores, Step::Kopiur(step)) => restore::go_on(pass, &step),
        (Controller::Restores, _) => restore::reconcile(pass),
        (Controller::SnapshotSchedules, _) => schedule::reconcile(pass),
        (Controller::Snapshots, Step::Kopiur(_)) => snapshot::go_on(pass),
        (Controller::Snapshots, _) => snapshot::reconcile(pass),
        (
            Controller::GitRepositories
            | Controller::OciRepositories
            | Controller::HelmRepositories
            | Controller::HelmCharts
            | Controller::Buckets,
            step,
        ) => match step {
            Step::Source(step) => source::go_on(pass, step),
            _ => source::reconcile(pass),
        },
    }
}

fn finish(world: &mut World, process: ProcessId, controller: Controller, object: Key, outcome: Outcome) {
    let now = world.now;
    let Some(queue) = queue(world, process, controller) else { return };
    let delay = match outcome {
        Outcome::Busy(time, step) => {
            let wake = ControllerWake::Pass { process, controller, object, step };
            world.agenda.after(now, time / world.options.haste, wake.into());
            return;
        }
        Outcome::Done | Outcome::Terminal(_) => {
            queue.forget(&object);
            None
        }
        Outcome::After(delay) => {
            queue.forget(&object);
            Some(delay)
        }
        Outcome::Again | Outcome::Failed(_) => Some(queue.back_off(&object)),
    };
    queue.done(&object);
    if let Some(at) = delay.and_then(|delay| now.saturating_add(delay).ok())
        && queue.add_at(object.clone(), at)
    {
        world.agenda.at(at, ControllerWake::Due { process, controller, object }.into());
    }
}

/// An object that was put off is queued.
pub fn due(world: &mut World, process: ProcessId, controller: Controller, object: &Key) {
    let now = world.now;
    if let Some(queue) = queue(world, process, controller) {
        queue.due(object, now);
    }
}

fn queue(world: &mut World, process: ProcessId, controller: Controller) -> Option<&mut WorkQueue> {
    world.controllers.processes.get_mut(&process)?.queues.get_mut(&controller)
}
