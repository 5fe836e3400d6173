//! Asks every unit what an apply would do.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::{
    Act, ActLog, ActLogError, ChangeKind, Deadline, EventKind, Prior as PriorAct, Timestamp, UnitPath, UnitResult,
    Value,
};
use fluxlift_gate::{GateContext, Ledger};
use futures::FutureExt;

use super::looks::{Look, Looks};
use super::spared::spared;
use super::{Known, Plan, PlannedUnit};
use crate::hooks::Hooks;
use crate::journal::History;
use crate::lock::Claimant;
use crate::run::{Engine, Failures, Preflight, RunError, RunOptions, Speaker, considering, elapsed, seed_of};
use crate::schedule::Schedule;
use crate::state::State;
use crate::unit::{Change, Check, UnitContext, UnitError};
use crate::{Command, Evaluated, InputHash};

/// How long a unit that is only looked at may repeat what fails in passing: somebody waits for the answer, and nothing
/// is lost by asking again.
const LOOK: Deadline = Deadline::secs(30);

/// Plans against one state. Reads only.
pub(crate) struct Planner<'a> {
    engine: &'a Engine<'a>,
    state: &'a State,
    options: &'a RunOptions,
    speaker: Speaker,
}

/// What the units are asked for, and those that are not asked, with the reason.
struct Question {
    command: Command,
    excluded: BTreeMap<UnitPath, String>,
    /// Those that a destroy leaves alone.
    spared: BTreeMap<UnitPath, String>,
    /// Those that a destroy finds although the state does not have them, by their keys.
    partly: BTreeSet<UnitPath>,
}

/// What a unit answered.
pub(super) struct Answer {
    pub(super) path: UnitPath,
    started: Timestamp,
    input_hash: Option<InputHash>,
    change: Result<Change, UnitError>,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(engine: &'a Engine<'a>, state: &'a State, options: &'a RunOptions) -> Self {
        let speaker = Speaker::new(engine.events.clone(), engine.clock.clone());
        Self { engine, state, options, speaker }
    }

    pub(crate) async fn plan(&self, command: Command) -> Result<Plan, RunError> {
        let nodes = self.engine.nodes(self.options)?;
        let mut schedule = Schedule::new(&nodes, command, self.options.until.as_ref())?;
        let order = schedule.order().to_vec();
        let began = self.engine.clock.now();
        let partly = match command {
            Command::Destroy => self.partly_made()?,
            Command::Plan | Command::Apply => BTreeSet::new(),
        };
        let exists = |path: &UnitPath| {
            let key = self.engine.blueprint.key(path);
            self.state.units.contains_key(&key) || partly.contains(&key)
        };
        let spared = match command {
            Command::Destroy => spared(&nodes, &schedule, exists),
            Command::Plan | Command::Apply => BTreeMap::new(),
        };
        self.speaker.run(EventKind::RunStarted { command: Command::Plan.to_string(), units: order.clone() });
        let excluded = nodes.into_iter().filter_map(|node| Some((node.path, node.excluded?))).collect();
        let question = Question { command, excluded, spared, partly };
        let excluded = &question.excluded;
        let mut known = Known::of(self.engine.blueprint, self.state);
        let mut looks = Looks::default();
        let mut begun = BTreeSet::new();
        let mut planned: BTreeMap<UnitPath, PlannedUnit> = BTreeMap::new();
        let mut failures = Failures(Vec::new());
        loop {
            let ready = schedule.ready();
            ready.iter().filter(|path| begun.insert((*path).clone())).for_each(|path| self.begins(path, excluded));
            self.look_ahead(&question, &schedule, &known, &mut looks);
            if let Some(path) = ready.iter().find(|path| excluded.contains_key(*path)) {
                schedule.succeed(path);
                continue;
            }
            let Some(answer) = ready.iter().find_map(|path| looks.take(path)) else {
                if ready.is_empty() {
                    break;
                }
                tokio::select! {
                    biased;
                    () = self.engine.shutdown.requested() => return Err(RunError::Interrupted("plan")),
                    () = looks.go_on() => continue,
                }
            };
            let has_others = answer.change.as_ref().is_ok_and(|change| known.expect(&answer.path, change));
            match self.take(answer) {
                Ok(unit) => {
                    if has_others {
                        schedule.dependents(&unit.path).iter().for_each(|path| looks.forget(path));
                    }
                    schedule.succeed(&unit.path);
                    planned.insert(unit.path.clone(), unit);
                }
                Err((path, error)) => {
                    for lost in schedule.fail(&path) {
                        let result = UnitResult::EarlyExit { cause: path.clone() };
                        self.speaker.unit(&lost, EventKind::UnitFinished { result, took: Duration::ZERO });
                    }
                    failures.0.push((path, error));
                }
            }
        }
        let succeeded = failures.0.is_empty();
        self.speaker.run(EventKind::RunFinished { succeeded, took: elapsed(began, self.engine.clock.now()) });
        if !succeeded {
            return Err(RunError::Plan(failures));
        }
        // Excluded units keep their place in the order, so that a saved plan can be checked against it.
        let units = order
            .into_iter()
            .map(|path| {
                let reason = excluded.get(&path).map(|why| vec![format!("excluded: {why}")]).unwrap_or_default();
                planned.remove(&path).unwrap_or(PlannedUnit {
                    path,
                    change: ChangeKind::None,
                    reasons: reason,
                    input_hash: None,
                })
            })
            .collect();
        Ok(Plan { command, lineage: self.state.lineage.clone(), serial: self.state.serial, units })
    }

    /// The keys of units that no run finished and for which acts were meant: a destroy takes away what these made.
    fn partly_made(&self) -> Result<BTreeSet<UnitPath>, RunError> {
        let last = History::last(&self.engine.home)?;
        let acts = last.map(|history| history.unsettled()).unwrap_or_default();
        Ok(acts.into_iter().map(|act| act.unit).collect())
    }

    /// It is the turn of `path`.
    fn begins(&self, path: &UnitPath, excluded: &BTreeMap<UnitPath, String>) {
        let Some(reason) = excluded.get(path) else { return self.speaker.unit(path, EventKind::UnitStarted) };
        let result = UnitResult::Excluded { reason: reason.clone() };
        self.speaker.unit(path, EventKind::UnitFinished { result, took: Duration::ZERO });
    }

    /// Begins to look at units as if nothing before them changed: mostly nothing does, and waiting for one answer after
    /// the other is what a plan would spend its time with.
    fn look_ahead(&self, question: &Question, schedule: &Schedule, known: &Known<'_>, looks: &mut Looks) {
        let ready = schedule.ready();
        for path in schedule.left().filter(|path| !question.excluded.contains_key(*path)) {
            if looks.len() >= self.options.parallelism.max(1) {
                break;
            }
            let its_turn = ready.contains(path);
            if looks.may_ask(path, its_turn) {
                match self.ask(question, path, known, its_turn) {
                    Some(look) => looks.begin(path.clone(), look),
                    None => looks.leave_for_its_turn(path.clone()),
                }
            }
        }
    }

    /// A look at what becomes of one unit; `None` when it must wait for its turn, because the user's hooks run around it.
    fn ask(&self, question: &Question, path: &UnitPath, known: &Known<'_>, its_turn: bool) -> Option<Look> {
        let path = path.clone();
        let started = self.engine.clock.now();
        let at_once =
            |path, input_hash, change| Some(async move { Answer { path, started, input_hash, change } }.boxed());
        let key = self.engine.blueprint.key(&path);
        let before = self.state.units.get(&key);
        if question.command == Command::Destroy {
            let change = if let Some(why) = question.spared.get(&path) {
                Change::because(ChangeKind::None, [why.clone()])
            } else if before.is_some() {
                Change::because(ChangeKind::Delete, ["it is in the state"])
            } else if question.partly.contains(&key) {
                Change::because(ChangeKind::Delete, ["a run that did not end well may have made some of it"])
            } else {
                Change::because(ChangeKind::None, ["it was never applied"])
            };
            return at_once(path, None, Ok(change));
        }
        let evaluated = match self.engine.blueprint.evaluate(&path, Command::Plan, known) {
            Ok(evaluated) => evaluated,
            Err(error) => return at_once(path, None, Err(error)),
        };
        if let Some(reason) = not_known_yet(&evaluated) {
            return at_once(path, None, Ok(Change::because(ChangeKind::Unknown, [reason])));
        }
        if !its_turn && !evaluated.hooks.is_empty() {
            return None;
        }
        let module = evaluated.spec.module.clone();
        let input_hash = InputHash::of(&self.state.lineage, &module, &evaluated.spec.inputs);
        let unit = match self.engine.modules.unit(evaluated.spec) {
            Ok(unit) => unit,
            Err(error) => return at_once(path, None, Err(error)),
        };
        let cx = self.context(&path, &key);
        let hooks =
            Hooks { hooks: evaluated.hooks, runner: self.engine.hooks.clone(), events: cx.gates.events.clone() };
        let unproven = before.and_then(|b| b.unproven.clone());
        let look = async move {
            let change = match hooks.before().await {
                Ok(()) => {
                    let change = unit.plan(&cx).await;
                    change.map(|change| considering(change, unproven.as_deref(), cx.prior.as_ref()))
                }
                Err(error) => Err(error),
            };
            let after = hooks.after(change.as_ref().err()).await;
            let change = change.and_then(|change| after.map(|()| change));
            Answer { path, started, input_hash, change }
        };
        Some(look.boxed())
    }

    fn take(&self, answer: Answer) -> Result<PlannedUnit, (UnitPath, Arc<UnitError>)> {
        let Answer { path, started, input_hash, change } = answer;
        let took = elapsed(started, self.engine.clock.now());
        match change {
            Ok(Change { kind, reasons, .. }) => {
                self.speaker.unit(&path, EventKind::Planned { change: kind, reasons: reasons.clone() });
                let result = UnitResult::Succeeded { change: kind };
                self.speaker.unit(&path, EventKind::UnitFinished { result, took });
                Ok(PlannedUnit { path, change: kind, reasons, input_hash })
            }
            Err(error) => {
                let result = UnitResult::Failed { error: error.to_string() };
                self.speaker.unit(&path, EventKind::UnitFinished { result, took });
                Err((path, Arc::new(error)))
            }
        }
    }

    pub(crate) async fn preflight(&self) -> Result<Vec<Preflight>, RunError> {
        let nodes = self.engine.nodes(self.options)?;
        let schedule = Schedule::new(&nodes, Command::Apply, self.options.until.as_ref())?;
        let known = Known::of(self.engine.blueprint, self.state);
        let mut found = Vec::new();
        for unit in schedule.order() {
            if nodes.iter().any(|node| node.path == *unit && node.excluded.is_some()) {
                continue;
            }
            let checks = tokio::select! {
                biased;
                () = self.engine.shutdown.requested() => return Err(RunError::Interrupted("preflight")),
                checks = self.check(unit, &known) => checks,
            };
            found.push(Preflight { unit: unit.clone(), checks });
        }
        Ok(found)
    }

    async fn check(&self, path: &UnitPath, known: &Known<'_>) -> Vec<Check> {
        let name = "its inputs can be evaluated".to_owned();
        let evaluated = match self.engine.blueprint.evaluate(path, Command::Plan, known) {
            Ok(evaluated) => evaluated,
            Err(error) => return vec![Check { name, outcome: Err(error.chain()) }],
        };
        let (mocked, waits) = (!evaluated.mocked.is_empty(), not_known_yet(&evaluated));
        match (self.engine.modules.unit(evaluated.spec), waits) {
            // What mock outputs name is not there to be looked at. A unit with inputs that are not known looks at the rest.
            (_, Some(waits)) if mocked => vec![Check { name, outcome: Ok(format!("not yet: {waits}")) }],
            (Ok(unit), _) => unit.preflight(&self.context(path, &self.engine.blueprint.key(path))).await,
            // Null does not have to fit the unit.
            (Err(_), Some(waits)) => vec![Check { name, outcome: Ok(format!("not yet: {waits}")) }],
            (Err(error), None) => vec![Check { name, outcome: Err(error.chain()) }],
        }
    }

    fn context(&self, path: &UnitPath, key: &UnitPath) -> UnitContext {
        let events = self.speaker.emitter(path, |_| {});
        let clock = self.engine.clock.clone();
        UnitContext {
            gates: GateContext { clock, events, cancel: self.engine.shutdown.waits(), ledger: Ledger::default() },
            acts: Arc::new(NoActs),
            prior: self.state.units.get(key).map(|unit| unit.prior.clone()),
            deadline: self.options.unit_deadline.min(LOOK),
            // A look takes no lock: it has no folder to name.
            claimant: Claimant { owner: self.engine.owner.clone(), folder: String::new() },
            seed: seed_of(self.options.seed, key),
        }
    }
}

/// Why the inputs are not known yet, if they are not.
fn not_known_yet(evaluated: &Evaluated) -> Option<String> {
    if !evaluated.mocked.is_empty() {
        let units: Vec<&str> = evaluated.mocked.iter().map(UnitPath::as_str).collect();
        return Some(format!("its inputs wait for the outputs of {}", units.join(", ")));
    }
    let unknown = evaluated.spec.inputs.iter().find(|(_, value)| Value::has_unknown(value));
    unknown.map(|(name, _)| format!("its input {name} is not known yet"))
}

/// A plan does nothing that would have to be remembered.
struct NoActs;

impl ActLog for NoActs {
    fn intend(&self, act: &Act) -> Result<PriorAct, ActLogError> {
        Err(refused(act))
    }

    fn done(&self, act: &Act, _: serde_json::Value) -> Result<(), ActLogError> {
        Err(refused(act))
    }
}

fn refused(act: &Act) -> ActLogError {
    ActLogError { what: format!("{} {}", act.verb, act.target), source: io::Error::other("a plan does no acts") }
}
