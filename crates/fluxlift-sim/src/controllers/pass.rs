//! One pass of one controller over one object.

use std::sync::Arc;

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::object::{has_finalizer, items};
use super::{Controller, Process, ProcessId, log};
use crate::World;
use crate::flux::{helm, kustomize, operator, source};
use crate::kopiur;
use crate::kube::{Caller, DeleteOptions, Deleted, GroupResource, Key, Part, Patch, Status};
use crate::volsync;

/// Where a worker is within a pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// At the beginning.
    Begin,
    /// Within a pass of flux-operator.
    Operator(operator::Step),
    /// Within a pass of source-controller.
    Source(source::Step),
    /// Within a pass of kustomize-controller.
    Kustomize(kustomize::Step),
    /// Within a pass of helm-controller.
    Helm(helm::Step),
    /// Within a pass of VolSync.
    VolSync(volsync::Step),
    /// Within a pass of kopiur.
    Kopiur(kopiur::Step),
}

/// What a step of a pass ended with.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The object is done until it changes.
    Done,
    /// Queue it again through the rate limiter: controller-runtime's `Requeue: true`.
    Again,
    /// Queue it again after so long: controller-runtime's `RequeueAfter`.
    After(SignedDuration),
    /// It failed; it is tried again with back-off.
    Failed(String),
    /// It failed for good: nothing but a change of the object helps.
    Terminal(String),
    /// The worker is busy with it for so long, and then goes on with a step.
    Busy(SignedDuration, Step),
}

/// What a step of a pass gives back; a refusal of the API fails the pass.
pub type Passed = Result<Outcome, Status>;

/// What a controller may use during one step of a pass.
pub struct Pass<'w> {
    /// The world; controllers touch it through the methods below.
    pub world: &'w mut World,
    /// The process that makes the pass.
    pub process: ProcessId,
    /// Its controller.
    pub controller: Controller,
    /// The object.
    pub key: Key,
    user: String,
}

impl<'w> Pass<'w> {
    /// A pass of `controller` in `process` over the object `key`. `None` when the process is gone.
    pub(super) fn new(world: &'w mut World, process: ProcessId, controller: Controller, key: Key) -> Option<Self> {
        let running = world.controllers.processes.get(&process)?;
        let user = match &running.pod {
            Some(_) => format!("system:serviceaccount:{}:{}", running.namespace, running.program.name()),
            None => format!("system:{}", running.program.name()),
        };
        Some(Self { world, process, controller, key, user })
    }

    /// The moment it is.
    pub fn now(&self) -> Timestamp {
        self.world.now
    }

    /// The process that makes the pass.
    pub fn process(&self) -> &Process {
        &self.world.controllers.processes[&self.process]
    }

    /// A duration between two numbers of milliseconds.
    pub fn between(&mut self, least: u64, most: u64) -> SignedDuration {
        SignedDuration::from_millis(i64::try_from(self.world.random.gen_range(least..most)).unwrap_or(i64::MAX))
    }

    /// `duration`, up to a twentieth longer or shorter, as the Flux controllers spread their intervals.
    pub fn jittered(&mut self, duration: SignedDuration) -> SignedDuration {
        duration.checked_mul(self.world.random.gen_range(95..=105)).map_or(duration, |d| d / 100)
    }

    /// The object of this pass, if it is still there.
    pub fn object(&self) -> Option<Arc<Value>> {
        self.get(&self.key)
    }

    /// An object.
    pub fn get(&self, key: &Key) -> Option<Arc<Value>> {
        self.world.kube.api.shared(key).cloned()
    }

    /// The objects of a resource.
    pub fn list(&self, gr: &GroupResource, namespace: Option<&str>) -> Vec<Arc<Value>> {
        self.world.kube.api.entries(gr, namespace).map(|(_, object)| Arc::clone(object)).collect()
    }

    /// Creates an object.
    ///
    /// # Errors
    /// Those of the API.
    pub fn create(&mut self, gr: &GroupResource, object: Value) -> Result<Arc<Value>, Status> {
        let (user, manager, now) = self.identity();
        let caller = Caller { user: &user, ..Caller::controller(manager, now) };
        self.world.kube.api.create(&caller, gr, None, object)
    }

    /// Applies an object server-side under the controller's own name, taking fields from their owners.
    ///
    /// # Errors
    /// Those of the API; 404 for a kind that is not defined.
    pub fn apply(&mut self, config: Value) -> Result<Arc<Value>, Status> {
        let key = self.world.kube.api.key_of(&config).ok_or_else(Status::no_such_path)?;
        let (user, manager, now) = self.identity();
        let caller = Caller { user: &user, ..Caller::controller(manager, now) };
        self.world.kube.api.patch(&caller, &key, &Patch::Apply { config, force: true }, Part::Object)
    }

    /// Changes any object but its status.
    ///
    /// # Errors
    /// Those of the API.
    pub fn modify(&mut self, key: &Key, change: impl FnOnce(&mut Value)) -> Result<Arc<Value>, Status> {
        self.write(key, Part::Object, change)
    }

    /// Changes the status of another object than that of this pass.
    ///
    /// # Errors
    /// Those of the API.
    pub fn modify_status(&mut self, key: &Key, change: impl FnOnce(&mut Value)) -> Result<(), Status> {
        self.write(key, Part::Status, |object| {
            if !object["status"].is_object() {
                object["status"] = json!({});
            }
            change(&mut object["status"]);
        })
        .map(drop)
    }

    /// Deletes an object, what it owns afterwards.
    ///
    /// # Errors
    /// Those of the API.
    pub fn delete(&mut self, key: &Key) -> Result<Deleted, Status> {
        let (user, manager, now) = self.identity();
        let caller = Caller { user: &user, ..Caller::controller(manager, now) };
        self.world.kube.api.delete(&caller, key, &DeleteOptions::default())
    }

    /// Changes the status of this pass's object. One that is gone needs none.
    ///
    /// # Errors
    /// 403 when the controller's rights to write status were taken away, else those of the API.
    pub fn status(&mut self, change: impl FnOnce(&mut Value)) -> Result<(), Status> {
        let program = self.process().program;
        if self.world.flux.faults.may_not_write_status(program) {
            let why = format!("User \"{}\" cannot patch resource \"{}/status\"", self.user, self.key.gr.resource);
            return Err(Status::forbidden(&self.key.gr, &self.key.name, &why));
        }
        let key = self.key.clone();
        if self.get(&key).is_none() {
            return Ok(());
        }
        self.write(&key, Part::Status, |object| {
            if !object["status"].is_object() {
                object["status"] = json!({});
            }
            change(&mut object["status"]);
        })
        .map(drop)
    }

    /// Puts `finalizer` on this pass's object.
    ///
    /// # Errors
    /// Those of the API.
    pub fn add_finalizer(&mut self, finalizer: &str) -> Result<(), Status> {
        let key = self.key.clone();
        self.write(&key, Part::Object, |object| {
            let mut finalizers: Vec<Value> = items(object, "/metadata/finalizers").cloned().collect();
            finalizers.push(json!(finalizer));
            object["metadata"]["finalizers"] = json!(finalizers);
        })
        .map(drop)
    }

    /// Takes `finalizer` from this pass's object, if it is there and carries it.
    ///
    /// # Errors
    /// Those of the API.
    pub fn drop_finalizer(&mut self, finalizer: &str) -> Result<(), Status> {
        if !self.object().is_some_and(|object| has_finalizer(&object, finalizer)) {
            return Ok(());
        }
        let key = self.key.clone();
        self.write(&key, Part::Object, |object| {
            let rest: Vec<Value> = items(object, "/metadata/finalizers").filter(|f| *f != finalizer).cloned().collect();
            object["metadata"]["finalizers"] = json!(rest);
        })
        .map(drop)
    }

    /// Writes a line to the log of the process's Pod.
    pub fn log(&mut self, level: &str, message: &str, fields: &[(&str, &str)]) {
        log::about(self.world, self.process, level, self.controller, &self.key, message, fields);
    }

    fn write(&mut self, key: &Key, part: Part, change: impl FnOnce(&mut Value)) -> Result<Arc<Value>, Status> {
        let (user, manager, now) = self.identity();
        let caller = Caller { user: &user, ..Caller::controller(manager, now) };
        self.world.kube.api.modify(&caller, key, part, change)
    }

    fn identity(&self) -> (String, &'static str, Timestamp) {
        (self.user.clone(), self.process().program.name(), self.world.now)
    }
}
