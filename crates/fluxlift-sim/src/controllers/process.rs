//! The processes of controllers: from their start to the moment they may work, and to their end.

use std::collections::BTreeMap;

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::object::{key, label, text};
use super::{Args, Controller, ControllerWake, Program, WorkQueue, lease, log, pods};
use crate::World;
use crate::flux::Profile;
use crate::kube::{GroupResource, Key};

/// Which process, over the whole life of a world.
pub type ProcessId = u64;

/// A running program with its controllers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Process {
    /// What runs.
    pub program: Program,
    /// The Pod it runs in; none for the control plane's own.
    pub pod: Option<Key>,
    /// The container in that Pod.
    pub container: String,
    /// The namespace it runs in.
    pub namespace: String,
    /// What it calls itself in its Lease: `<pod>_<uuid>`.
    pub identity: String,
    /// The image's tag.
    pub version: String,
    /// How this version behaves.
    pub profile: Profile,
    /// Its arguments.
    pub args: Args,
    /// When it started.
    pub started: Timestamp,
    /// Whether its caches have synced. Independent of leadership, as in controller-runtime.
    pub synced: bool,
    /// Whether it holds its Lease.
    pub leader: bool,
    /// The last Lease record of another that it saw, and when it first saw it.
    pub seen_lease: Option<(String, Timestamp)>,
    /// The queue of each of its controllers.
    pub queues: BTreeMap<Controller, WorkQueue>,
}

impl Process {
    /// Whether its controllers work: leader, and its caches synced. Nothing is observed before.
    pub const fn is_active(&self) -> bool {
        self.leader && self.synced
    }

    /// How many workers each of its controllers has.
    pub fn workers(&self) -> usize {
        self.args.concurrent.unwrap_or_else(|| self.program.workers())
    }

    /// The name of its Lease; with a selector it carries a hash of that.
    pub fn lease_name(&self) -> Option<String> {
        let name = self.program.lease()?;
        Some(match &self.args.selector {
            Some(selector) => format!("{name}-{}", &super::digest(selector)[..8]),
            None => name.to_owned(),
        })
    }

    /// Whether it watches `object` (namespace and label selector).
    pub fn watches(&self, object: &Value) -> bool {
        self.args.watches(&self.namespace, object)
    }

    /// Whether its program answers its readiness probe.
    ///
    /// Only source-controller's readiness implies leadership; that of the others is a bare ping.
    pub const fn is_ready(&self) -> bool {
        match self.program {
            Program::SourceController => self.leader,
            _ => true,
        }
    }
}

/// Starts the programs of the control plane itself, once.
pub fn start_control_plane(world: &mut World) {
    for program in [Program::KubeControllerManager, Program::KubeScheduler] {
        let process = Process {
            program,
            pod: None,
            container: String::new(),
            namespace: "kube-system".to_owned(),
            identity: program.name().to_owned(),
            version: String::new(),
            profile: Profile::NEWEST,
            args: Args::default(),
            started: world.now,
            synced: true,
            leader: true,
            seen_lease: None,
            queues: BTreeMap::new(),
        };
        let id = insert(world, process);
        activate(world, id);
    }
}

/// Starts `program` in the container of `pod`.
pub fn start(world: &mut World, program: Program, pod: &Value) -> ProcessId {
    let image = text(pod, "/spec/containers/0/image");
    let key = key(&GroupResource::PODS, pod);
    let process = Process {
        program,
        namespace: key.namespace.clone().unwrap_or_default(),
        identity: format!("{}_{}", key.name, super::uuid(&mut world.random)),
        pod: Some(key),
        container: text(pod, "/spec/containers/0/name").to_owned(),
        version: image.rsplit_once(':').map_or("", |(_, tag)| tag).to_owned(),
        profile: Profile::of_image(program.name(), image),
        args: Args::of_pod(pod),
        started: world.now,
        synced: false,
        leader: false,
        seen_lease: None,
        queues: BTreeMap::new(),
    };
    let hold = world.flux.faults.hold(program);
    if program == Program::SourceController {
        // Its storage is an empty folder that lives as long as its Pod.
        crate::flux::storage::wipe(world, label(pod, "app").unwrap_or_default());
    }
    let id = insert(world, process);
    log::say(world, id, "setup", "starting manager", &[]);
    let sync = SignedDuration::try_from(world.options.cache_sync).unwrap_or(SignedDuration::MAX);
    // The manager is up well under a second after its process; its caches take their own time after that.
    let election = SignedDuration::from_millis(world.random.gen_range(150..350));
    world.agenda.after(world.now, election, ControllerWake::Lease { process: id }.into());
    let synced = program.cache_sync(sync).max(SignedDuration::from_millis(200)).saturating_add(hold);
    world.agenda.after(world.now, synced, ControllerWake::Synced { process: id }.into());
    id
}

fn insert(world: &mut World, process: Process) -> ProcessId {
    world.controllers.made += 1;
    let id = world.controllers.made;
    world.controllers.processes.insert(id, process);
    id
}

/// The caches of a process have synced, unless a kind that it watches is not defined: then it exits with 1.
pub fn synced(world: &mut World, id: ProcessId) {
    let Some(process) = world.controllers.processes.get_mut(&id) else { return };
    let reconciled = process.program.controllers().iter().map(|c| c.resource());
    let mut needed = reconciled.chain(process.program.watches());
    let missing = needed.find(|gr| world.kube.api.kind(gr).is_none());
    if let Some(missing) = missing {
        let error = format!("no matches for kind of resource {missing}");
        log::say(world, id, "setup", "unable to start manager", &[("error", &error)]);
        pods::exited(world, id, 1);
        return;
    }
    process.synced = true;
    log::say(world, id, "setup", "caches synced", &[]);
    if world.controllers.processes.get(&id).is_some_and(Process::is_active) {
        activate(world, id);
    }
}

/// Queues everything that exists: the initial list of a process that has just become able to work.
pub fn activate(world: &mut World, id: ProcessId) {
    log::say(world, id, "", "Starting workers", &[]);
    let Some(process) = world.controllers.processes.get_mut(&id) else { return };
    for controller in process.program.controllers() {
        let mut queue = WorkQueue::default();
        let gr = controller.resource();
        for object in world.kube.api.list(&gr, None) {
            if process.args.watches(&process.namespace, object) {
                queue.add(key(&gr, object));
            }
        }
        process.queues.insert(*controller, queue);
    }
    if process.program == Program::FluxOperator {
        crate::flux::operator::report::at_start(world, id);
    }
}

/// Ends a process that was asked to: it gives its Lease back, so that another may take it at once.
pub fn stop(world: &mut World, id: ProcessId) {
    lease::release(world, id);
    world.controllers.processes.remove(&id);
}

/// Ends a process that was killed: its Lease stays until it expires.
pub fn kill(world: &mut World, id: ProcessId) {
    world.controllers.processes.remove(&id);
}
