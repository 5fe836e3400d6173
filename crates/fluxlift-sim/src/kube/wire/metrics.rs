//! What a controller counts, as the API server fetches it from the Pod: `pods/{name}:8080/proxy/metrics`.

use std::fmt::Write as _;

use super::answer::{self, Answer};
use super::target::Objects;
use crate::World;
use crate::controllers::Process;
use crate::kube::{GroupResource, Key, Reason, Status};

/// The only path of a Pod that is answered.
pub const PATH: &str = "proxy/metrics";
/// The port of every Flux controller's metrics.
const PORT: &str = "8080";

/// Whether the request is for a Pod's metrics.
pub fn is_asked_for(objects: &Objects, part: &str) -> bool {
    objects.gr == GroupResource::PODS && part == PATH
}

/// The metrics of the program in a Pod.
///
/// # Errors
/// 404 for a Pod that is not there, 503 when nothing in it answers.
pub fn answer(world: &World, objects: &Objects) -> Result<Answer, Status> {
    let named = objects.name.as_deref().unwrap_or_default();
    let (name, port) = named.split_once(':').unwrap_or((named, "80"));
    let pod = Key::of(&GroupResource::PODS, objects.namespace.as_deref(), name);
    if world.kube.api.get(&pod).is_none() {
        return Err(Status::not_found(&pod));
    }
    let running = world.controllers.processes.values().find(|process| process.pod.as_ref() == Some(&pod));
    match running.filter(|process| port == PORT && !world.flux.faults.is_frozen(process.program)) {
        Some(process) => Ok(answer::text(counted(process))),
        None => Err(Status::new(
            503,
            Reason::ServiceUnavailable,
            format!("error trying to reach service: dial tcp: {named}: connect: connection refused"),
        )),
    }
}

fn counted(process: &Process) -> String {
    let mut text = String::new();
    for (controller, queue) in &process.queues {
        let (name, (depth, busy)) = (controller.name(), queue.depth());
        let workers = process.workers();
        let _ = writeln!(text, "workqueue_depth{{controller=\"{name}\",name=\"{name}\",priority=\"0\"}} {depth}");
        let _ = writeln!(text, "controller_runtime_active_workers{{controller=\"{name}\"}} {busy}");
        let _ = writeln!(text, "controller_runtime_max_concurrent_reconciles{{controller=\"{name}\"}} {workers}");
    }
    text
}
