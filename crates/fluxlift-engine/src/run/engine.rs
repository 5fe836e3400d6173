//! The front door: plan, run, resume, check.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fluxlift_core::{Clock, EventKind, UnitPath};
use sha2::{Digest, Sha256};

use super::dispatcher::Dispatcher;
use super::{EventSink, RunError, RunOptions, RunReport, Shutdown, Speaker};
use crate::fingerprint::hex;
use crate::hooks::{HookRunner, SystemHooks};
use crate::journal::{History, Journal, JournalObserver, NoObserver, Record, RunId, UnsettledActs};
use crate::lock::{Acquired, Lock, Owner};
use crate::plan::Planner;
use crate::schedule::{Schedule, ScheduleError};
use crate::state::{self, FolderStore, State, Store, UnitDocument, Vault};
use crate::unit::{Check, Modules, Values};
use crate::{Blueprint, Command, Home, Node, Plan};

/// The checks of one unit.
#[derive(Debug, Clone)]
pub struct Preflight {
    /// The unit.
    pub unit: UnitPath,
    /// What was found.
    pub checks: Vec<Check>,
}

/// Everything a run needs from outside.
pub struct Engine<'a> {
    /// The tree.
    pub blueprint: &'a dyn Blueprint,
    /// What makes units.
    pub modules: &'a dyn Modules,
    /// Where journals and lock lie.
    pub home: Home,
    /// Where the state lies.
    pub store: Arc<dyn Store>,
    /// The keys of the state's secrets.
    pub vault: Vault,
    /// Who runs it.
    pub owner: Owner,
    /// The working folder as the journal keeps it, so that `resume` finds the tree again.
    pub working_dir: String,
    /// What a run without a tree was asked for, for the journal: without secrets.
    pub arguments: serde_json::Value,
    /// The injected clock.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub events: EventSink,
    /// How it is stopped.
    pub shutdown: Shutdown,
    /// Who runs the user's hooks.
    pub hooks: Arc<dyn HookRunner>,
    /// Who watches the journal.
    pub observer: Arc<dyn JournalObserver>,
}

impl std::fmt::Debug for Engine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("home", &self.home).field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl<'a> Engine<'a> {
    /// An engine over `blueprint` whose state lies in `home`, without keys and reporters.
    pub fn new(
        blueprint: &'a dyn Blueprint,
        modules: &'a dyn Modules,
        home: Home,
        owner: Owner,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            blueprint,
            modules,
            store: Arc::new(FolderStore::new(home.clone())),
            home,
            vault: Vault::empty(),
            owner,
            working_dir: ".".to_owned(),
            arguments: serde_json::Value::Null,
            clock,
            events: EventSink::silent(),
            shutdown: Shutdown::new(),
            hooks: Arc::new(SystemHooks::default()),
            observer: Arc::new(NoObserver),
        }
    }

    /// What an apply, or with `command` a destroy, would do. Changes nothing and takes no lock.
    ///
    /// # Errors
    /// When the state can't be read or a unit can't be planned.
    pub async fn plan(&self, command: Command, options: &RunOptions) -> Result<Plan, RunError> {
        let state = self.state(options.seed).await?;
        Planner::new(self, &state, options).plan(command).await
    }

    /// Read-only checks of every unit, without a lock.
    ///
    /// # Errors
    /// When the state can't be read or the units can't be put in order.
    pub async fn preflight(&self, options: &RunOptions) -> Result<Vec<Preflight>, RunError> {
        let state = self.state(options.seed).await?;
        Planner::new(self, &state, options).preflight().await
    }

    /// Takes the unit `key` out of the state and leaves what it made in the world. Gives what was remembered of it.
    ///
    /// No key is needed: the other units keep their envelopes. The state before stays as its backup.
    ///
    /// # Errors
    /// When another run holds the lock, the state has no such unit, or it can't be written.
    pub async fn forget(&self, key: &UnitPath) -> Result<UnitDocument, RunError> {
        let lock = self.lock()?;
        lock.fence().check()?;
        Ok(state::forget(&*self.store, key, lock.epoch()).await?)
    }

    /// The outputs of the tree's units that were applied. Readable while a run holds the lock.
    ///
    /// # Errors
    /// When the state can't be read.
    pub async fn outputs(&self) -> Result<BTreeMap<UnitPath, Values>, RunError> {
        let state = self.state(0).await?;
        let known = |path: UnitPath| {
            let outputs = state.outputs(&self.blueprint.key(&path))?.clone();
            Some((path, outputs))
        };
        Ok(self.blueprint.nodes().into_iter().filter_map(|node| known(node.path)).collect())
    }

    /// Applies or destroys the units. With a `plan`, exactly that plan.
    ///
    /// # Errors
    /// When the run can't begin or its journal can't be written. Units that fail are in the report.
    pub async fn run(&self, command: Command, options: RunOptions, plan: Option<&Plan>) -> Result<RunReport, RunError> {
        let nodes = self.nodes(&options)?;
        let schedule = Schedule::new(&nodes, command, options.until.as_ref())?;
        let lock = self.lock()?;
        let mut state = self.state(options.seed).await?;
        if let Some(plan) = plan {
            plan.check(&mut state, &schedule, |_| false)?;
        }
        let carried = History::last(&self.home)?.map(|history| history.unsettled()).unwrap_or_default();
        let run = RunId(lock.epoch());
        let journal = Journal::create(&self.home.journal(run), self.observer.clone())?;
        let record = Record::RunStarted {
            run,
            command,
            options: Box::new(options.clone()),
            working_dir: self.working_dir.clone(),
            arguments: self.arguments.clone(),
            units: schedule.order().iter().map(|unit| self.blueprint.key(unit)).collect(),
            plan: plan.cloned().map(Box::new),
            carried,
        };
        let plan = plan.cloned();
        self.drive(Setup { lock, run, command, options, nodes, schedule, state, journal, record, plan }).await
    }

    /// Goes on with the last run that did not succeed, with its command, its options and its saved plan. The world is
    /// observed anew.
    ///
    /// # Errors
    /// When there is no such run, or as for [`Engine::run`].
    pub async fn resume(&self) -> Result<RunReport, RunError> {
        // Before the lock: with nothing to resume there is nothing to lock.
        History::resumable(&self.home)?;
        let lock = self.lock()?;
        let history = History::resumable(&self.home)?;
        let run = history.run;
        let (command, options) = match history.request() {
            Some((command, options, ..)) => (command, options.clone()),
            None => return Err(crate::journal::JournalError::NothingToResume(self.home.journals()).into()),
        };
        let nodes = self.nodes(&options)?;
        let schedule = Schedule::new(&nodes, command, options.until.as_ref())?;
        let mut state = self.state(options.seed).await?;
        let plan = history.plan().cloned();
        if let Some(plan) = &plan {
            plan.check(&mut state, &schedule, |epoch| history.wrote_under(epoch))?;
        }
        let journal = Journal::reopen(&self.home.journal(run), self.observer.clone())?;
        let record = Record::RunResumed { epoch: lock.epoch() };
        self.drive(Setup { lock, run, command, options, nodes, schedule, state, journal, record, plan }).await
    }

    async fn drive(&self, setup: Setup) -> Result<RunReport, RunError> {
        let Setup { lock, run, command, options, nodes, schedule, state, mut journal, record, plan } = setup;
        let speaker = Speaker::new(self.events.clone(), self.clock.clone());
        let started = self.clock.now();
        let kept = journal.append(started, record);
        kept.map_err(|source| RunError::JournalWrite { run, source })?;
        let mut acts = UnsettledActs::default();
        journal.entries().iter().for_each(|entry| acts.follow(&entry.record));
        speaker.run(EventKind::RunStarted { command: command.to_string(), units: schedule.order().to_vec() });
        let dispatcher = Dispatcher {
            engine: self,
            speaker,
            run,
            command,
            options,
            nodes: nodes.into_iter().map(|node| (node.path.clone(), node)).collect(),
            schedule,
            state,
            journal: Arc::new(Mutex::new(journal)),
            acts: Arc::new(Mutex::new(acts)),
            fence: lock.fence(),
            claimant: lock.claimant().clone(),
            plan,
            started,
            waits: self.shutdown.waits(),
        };
        let report = dispatcher.drive().await;
        drop(lock);
        report
    }

    /// The units that `options` chooses.
    pub(crate) fn nodes(&self, options: &RunOptions) -> Result<Vec<Node>, RunError> {
        let nodes = self.blueprint.nodes();
        let Some(only) = &options.only else { return Ok(nodes) };
        let mut chosen = nodes.into_iter().find(|node| node.path == *only);
        chosen.iter_mut().for_each(|node| node.needs.clear());
        Ok(vec![chosen.ok_or_else(|| ScheduleError::NoSuchUnit(only.clone()))?])
    }

    fn lock(&self) -> Result<Lock, RunError> {
        let last = History::runs(&self.home)?.last().map_or(0, |run| run.0);
        let Acquired { lock, left_behind } = Lock::acquire(&self.home, self.owner.clone(), last)?;
        if let Some(owner) = left_behind {
            let message = format!("took over the lock that {owner} left behind");
            Speaker::new(self.events.clone(), self.clock.clone()).run(EventKind::Warning { message });
        }
        Ok(lock)
    }

    async fn state(&self, seed: u64) -> Result<State, RunError> {
        Ok(State::load(&*self.store, &self.vault).await?.unwrap_or_else(|| State::new(self.lineage(seed))))
    }

    /// A name for a new state: no two trees begin at the same moment with the same seed and in the same process.
    fn lineage(&self, seed: u64) -> String {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(self.clock.now().to_string());
        hash.update(self.owner.host.as_bytes());
        hash.update(self.owner.pid.to_le_bytes());
        hex(&hash.finalize()[..16])
    }
}

/// What a run starts from.
struct Setup {
    lock: Lock,
    run: RunId,
    command: Command,
    options: RunOptions,
    nodes: Vec<Node>,
    schedule: Schedule,
    state: State,
    journal: Journal,
    record: Record,
    plan: Option<Plan>,
}
