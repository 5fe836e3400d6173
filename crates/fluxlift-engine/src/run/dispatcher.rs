//! The dispatcher: one loop that owns the run.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use fluxlift_core::{ChangeKind, ErrorKind, EventKind, Timestamp, UnitPath, UnitResult, Value};
use fluxlift_gate::{GateContext, Ledger};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;

use super::aborted::Aborted;
use super::executor::{Ended, Executor, Outcome};
use super::{Engine, RunError, RunOptions, RunReport, Speaker, UnitReport, seed_of};
use crate::hooks::Hooks;
use crate::journal::{Record, RunId, SharedJournal, UnitActs, UnsettledActs, shared};
use crate::lock::{Claimant, Fence};
use crate::plan::Known;
use crate::schedule::Schedule;
use crate::state::{State, UnitState};
use crate::unit::{Prior, UnitContext, UnitError};
use crate::{Command, InputHash, Node, Plan};

/// Everything a run owns. Units run as futures on the dispatcher's own task: nothing else can change it.
pub(super) struct Dispatcher<'a> {
    pub(super) engine: &'a Engine<'a>,
    pub(super) speaker: Speaker,
    pub(super) run: RunId,
    pub(super) command: Command,
    pub(super) options: RunOptions,
    pub(super) nodes: BTreeMap<UnitPath, Node>,
    pub(super) schedule: Schedule,
    pub(super) state: State,
    pub(super) journal: SharedJournal,
    pub(super) acts: Arc<Mutex<UnsettledActs>>,
    pub(super) fence: Fence,
    pub(super) claimant: Claimant,
    pub(super) plan: Option<Plan>,
    pub(super) started: Timestamp,
    pub(super) waits: CancellationToken,
}

/// What changes while the loop turns.
#[derive(Default)]
struct Progress {
    running: FuturesUnordered<BoxFuture<'static, Ended>>,
    /// The units that run, when they started, and what they have proven so far.
    started: BTreeMap<UnitPath, (Timestamp, Ledger)>,
    /// Every unit that started, in that order.
    begun: Vec<UnitPath>,
    reports: Vec<UnitReport>,
    halted: bool,
    stopping: bool,
    fatal: Option<RunError>,
}

impl Dispatcher<'_> {
    /// Runs to the end.
    pub(super) async fn drive(mut self) -> Result<RunReport, RunError> {
        let mut progress = Progress::default();
        loop {
            self.start_ready(&mut progress).await;
            if progress.running.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                () = self.engine.shutdown.aborted() => break,
                () = self.engine.shutdown.requested(), if !progress.stopping => self.heed(&mut progress),
                Some(ended) = progress.running.next() => self.settle(ended, &mut progress).await,
            }
        }
        self.finish(progress)
    }

    /// Heeds a request to stop: nothing new starts, and whoever asked learns what a second request does.
    fn heed(&self, progress: &mut Progress) {
        if self.engine.shutdown.is_requested() && !progress.stopping {
            (progress.stopping, progress.halted) = (true, true);
            let message = "stopping after the current acts; once more to abort".to_owned();
            self.speaker.run(EventKind::Warning { message });
        }
    }

    async fn start_ready(&mut self, progress: &mut Progress) {
        self.heed(progress);
        while !progress.halted && progress.running.len() < self.options.parallelism.max(1) {
            let Some(path) = self.schedule.ready().into_iter().next() else { return };
            self.schedule.start(&path);
            if let Some(result) = self.left_out(&path) {
                self.conclude(&path, None, Vec::new(), result, None, progress);
                self.schedule.succeed(&path);
                continue;
            }
            let started = self.engine.clock.now();
            progress.begun.push(path.clone());
            self.speaker.unit(&path, EventKind::UnitStarted);
            match self.prepare(&path, started) {
                Ok(executor) => {
                    progress.started.insert(path.clone(), (started, executor.cx.gates.ledger.clone()));
                    let (unit, input_hash) = (self.engine.blueprint.key(&path), executor.input_hash.clone());
                    self.write(Record::UnitStarted { unit, input_hash }, progress);
                    progress.running.push(executor.run().boxed());
                }
                Err(error) => {
                    let outcome = Err(Arc::new(error));
                    let ended = Ended { path, started: Some(started), proofs: Vec::new(), outcome, afterwards: None };
                    self.settle(ended, progress).await;
                }
            }
        }
    }

    /// Why a unit takes no part, if it takes none.
    fn left_out(&self, path: &UnitPath) -> Option<UnitResult> {
        if let Some(reason) = &self.nodes.get(path)?.excluded {
            return Some(UnitResult::Excluded { reason: reason.clone() });
        }
        let key = self.engine.blueprint.key(path);
        let untouched = !self.state.units.contains_key(&key)
            && !self.acts.lock().unwrap_or_else(PoisonError::into_inner).any_of(&key);
        (self.command == Command::Destroy && untouched)
            .then(|| UnitResult::Excluded { reason: "it was never applied".to_owned() })
    }

    fn prepare(&self, path: &UnitPath, started: Timestamp) -> Result<Executor, UnitError> {
        let engine = self.engine;
        let key = engine.blueprint.key(path);
        // Not every unit has acts that ask: a run that was fenced off begins nothing.
        self.fence.check()?;
        if self.command == Command::Destroy && self.nodes.get(path).is_some_and(|node| node.keep) {
            return Err(UnitError::new(format!("{path} must not be destroyed: prevent_destroy is set"))
                .with_hint("take prevent_destroy away first if you mean it"));
        }
        let outputs = Known::of(engine.blueprint, &self.state);
        let evaluated = engine.blueprint.evaluate(path, self.command, &outputs)?;
        if let Some(mocked) = evaluated.mocked.first() {
            return Err(UnitError::new(format!("{path} needs the outputs of {mocked}, which was not applied yet"))
                .with_hint(format!("apply {mocked} first, or use run-all")));
        }
        if let Some((name, _)) = evaluated.spec.inputs.iter().find(|(_, value)| Value::has_unknown(value)) {
            return Err(UnitError::new(format!("the input {name} of {path} is not known")));
        }
        let module = evaluated.spec.module.clone();
        let input_hash = InputHash::of(&self.state.lineage, &module, &evaluated.spec.inputs);
        if let Some(plan) = &self.plan {
            plan.check_unit(path, input_hash.as_ref())?;
        }
        let unit = engine.modules.unit(evaluated.spec)?;
        if self.command == Command::Apply && unit.keeps_secrets() && !engine.vault.can_seal() {
            let refused = crate::state::StateError::WouldHoldSecrets { unit: key };
            return Err(refused.into());
        }
        let before = self.state.units.get(&key);
        let cx = self.context(path, &key, before);
        let hooks = Hooks { hooks: evaluated.hooks, runner: engine.hooks.clone(), events: cx.gates.events.clone() };
        Ok(Executor {
            path: path.clone(),
            command: self.command,
            unit,
            cx,
            hooks,
            retries: evaluated.retries,
            settled: before.is_some_and(|b| b.module == module && b.input_hash == input_hash && b.unproven.is_none()),
            unproven: before.and_then(|b| b.unproven.clone()),
            module,
            input_hash,
            started,
        })
    }

    fn context(&self, path: &UnitPath, key: &UnitPath, before: Option<&UnitState>) -> UnitContext {
        let clock = self.engine.clock.clone();
        let ledger = Ledger::default();
        let events = {
            let (journal, ledger, clock, key) = (self.journal.clone(), ledger.clone(), clock.clone(), key.clone());
            self.speaker.emitter(path, move |kind| {
                if let (EventKind::GateClosed { .. }, Some(proof)) = (kind, ledger.proofs().pop()) {
                    let record = Record::GateClosed { unit: key.clone(), proof };
                    // A journal that can't take it refuses every later record too, and that stops the run.
                    let _ = shared(&journal).append(clock.now(), record);
                }
            })
        };
        let acts =
            UnitActs::new(key.clone(), self.journal.clone(), self.acts.clone(), self.fence.clone(), clock.clone());
        UnitContext {
            gates: GateContext { clock, events, cancel: self.waits.child_token(), ledger },
            acts: Arc::new(acts),
            prior: before.map(|b| b.prior.clone()),
            deadline: self.options.unit_deadline,
            claimant: self.claimant.clone(),
            seed: seed_of(self.options.seed, key),
        }
    }

    async fn settle(&mut self, ended: Ended, progress: &mut Progress) {
        let Ended { path, started, proofs, outcome, afterwards } = ended;
        let settled = match outcome {
            Ok(outcome) => self.remember(&path, outcome).await.and_then(|change| afterwards.map_or(Ok(change), Err)),
            Err(error) => Err(error),
        };
        let (result, error) = match settled {
            Ok(change) => (UnitResult::Succeeded { change }, None),
            Err(error) if error.kind() == ErrorKind::Interrupted => (UnitResult::Cancelled, Some(error)),
            Err(error) => (UnitResult::Failed { error: error.to_string() }, Some(error)),
        };
        let succeeded = error.is_none();
        let failed = matches!(result, UnitResult::Failed { .. });
        self.conclude(&path, started, proofs, result, error, progress);
        if succeeded {
            self.schedule.succeed(&path);
        } else {
            progress.halted |= failed && self.options.fail_fast;
            for lost in self.schedule.fail(&path) {
                let result = if failed { UnitResult::EarlyExit { cause: path.clone() } } else { UnitResult::Cancelled };
                self.conclude(&lost, None, Vec::new(), result, None, progress);
            }
        }
    }

    /// Writes what a unit came to into the state. When that fails the unit has failed, and the state is as it was.
    async fn remember(&mut self, path: &UnitPath, outcome: Outcome) -> Result<ChangeKind, Arc<UnitError>> {
        let key = self.engine.blueprint.key(path);
        let before = self.state.units.get(&key).cloned();
        let (change, shortfall) = match outcome {
            Outcome::Unchanged => return Ok(ChangeKind::None),
            Outcome::Destroyed => {
                if self.state.units.remove(&key).is_none() {
                    return Ok(ChangeKind::Delete);
                }
                (ChangeKind::Delete, None)
            }
            Outcome::Applied { module, input_hash, change, applied } => {
                let prior = Prior { outputs: applied.outputs, identity: applied.identity };
                let mut unit = UnitState::new(module, input_hash, prior);
                if let Some(shortfall) = &applied.shortfall {
                    unit = unit.unproven(shortfall.to_string());
                }
                self.state.units.insert(key.clone(), unit);
                (change, applied.shortfall)
            }
        };
        if let Err(error) = self.save().await {
            match before {
                Some(unit) => self.state.units.insert(key, unit),
                None => self.state.units.remove(&key),
            };
            return Err(Arc::new(error));
        }
        shortfall.map_or(Ok(change), Err)
    }

    async fn save(&mut self) -> Result<(), UnitError> {
        self.fence.check()?;
        self.state.save(&*self.engine.store, &self.engine.vault, self.fence.epoch()).await?;
        Ok(())
    }

    /// Writes down how a unit ended, says so, and keeps it for the report.
    fn conclude(
        &self,
        path: &UnitPath,
        started: Option<Timestamp>,
        proofs: Vec<fluxlift_gate::Proof>,
        result: UnitResult,
        error: Option<Arc<UnitError>>,
        progress: &mut Progress,
    ) {
        let finished = self.engine.clock.now();
        let took = super::report::between(started.unwrap_or(finished), finished);
        let unit = self.engine.blueprint.key(path);
        self.write(Record::UnitFinished { unit, result: result.clone(), took }, progress);
        self.speaker.unit(path, EventKind::UnitFinished { result: result.clone(), took });
        progress.started.remove(path);
        progress.reports.push(UnitReport { path: path.clone(), result, started, finished, proofs, error });
    }

    /// Appends a record. A journal that can't be written ends the run: nothing may happen that it does not know.
    fn write(&self, record: Record, progress: &mut Progress) {
        if let RecordKept::No(source) = self.append(record)
            && progress.fatal.is_none()
        {
            progress.fatal = Some(RunError::JournalWrite { run: self.run, source });
            progress.halted = true;
            self.waits.cancel();
        }
    }

    fn append(&self, record: Record) -> RecordKept {
        if let Record::UnitFinished { .. } = &record {
            self.acts.lock().unwrap_or_else(PoisonError::into_inner).follow(&record);
        }
        match shared(&self.journal).append(self.engine.clock.now(), record) {
            Ok(()) => RecordKept::Yes,
            Err(source) => RecordKept::No(source),
        }
    }

    fn finish(mut self, mut progress: Progress) -> Result<RunReport, RunError> {
        // Dropping a running unit closes its open gates, each with its last verdict.
        progress.running.clear();
        for (path, (started, ledger)) in std::mem::take(&mut progress.started) {
            let proofs = ledger.proofs();
            let aborted = Some(Arc::new(Aborted::after(&proofs).into()));
            self.conclude(&path, Some(started), proofs, UnitResult::Cancelled, aborted, &mut progress);
        }
        let stopped = self.engine.shutdown.is_requested();
        for path in self.schedule.drain() {
            let result = if stopped || progress.fatal.is_some() {
                UnitResult::Cancelled
            } else {
                UnitResult::Excluded { reason: "an earlier unit failed and --fail-fast is set".to_owned() }
            };
            self.conclude(&path, None, Vec::new(), result, None, &mut progress);
        }
        let finished = self.engine.clock.now();
        let mut units = progress.reports;
        let begun = progress.begun;
        units.sort_by_key(|unit| begun.iter().position(|path| *path == unit.path).unwrap_or(usize::MAX));
        let cancelled = units.iter().any(|unit| unit.result == UnitResult::Cancelled);
        let interrupted = stopped && cancelled;
        let report =
            RunReport { run: self.run, command: self.command, started: self.started, finished, units, interrupted };
        let (succeeded, took) = (report.succeeded(), report.took());
        let last = if cancelled { Record::RunInterrupted } else { Record::RunFinished { succeeded, took } };
        let kept = self.append(last);
        self.speaker.run(EventKind::RunFinished { succeeded, took });
        match (progress.fatal, kept) {
            (Some(fatal), _) => Err(fatal),
            (None, RecordKept::No(source)) => Err(RunError::JournalWrite { run: self.run, source }),
            (None, RecordKept::Yes) => Ok(report),
        }
    }
}

/// Whether the journal took a record.
enum RecordKept {
    Yes,
    No(io::Error),
}
