//! The commands of a scenario, carried out as at a terminal but in the simulated datacenter.

use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use fluxlift_core::error::chain;
use fluxlift_core::{ErrorKind, UnitPath};
use fluxlift_engine::hooks::SystemHooks;
use fluxlift_engine::{Command as Work, Engine, Plan, RunError, RunReport};
use fluxlift_flux::rescue::Act;
use fluxlift_flux::status::{Report, look};
use fluxlift_gate::{GateContext, Proof};

use super::play::Viewer;
use super::stage::Stage;
use crate::args::{Cli, Command, Global, OverUnits, Scope, this_folder};
use crate::bootstrap::Bootstrap;
use crate::bootstrap::request::Secrets;
use crate::commands::demo::Strategy;
use crate::commands::rescue::{self, Rescue};
use crate::commands::restore::{Done, Restore};
use crate::commands::state::{State, StateCommand};
use crate::demo::{CHART, REPOSITORY};
use crate::follow::followed;
use crate::modules;
use crate::reach::Reach;
use crate::run::{Setting, watched};
use crate::ui::Failure;
use crate::workspace::{Workspace, place};

/// What a command did.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The exit code.
    pub(super) exit: u8,
    /// What it said of its failures, without colour.
    pub(super) said: String,
    /// The gates, by unit.
    pub(super) proofs: Vec<(UnitPath, Proof)>,
    /// The plan, where one was made.
    pub(super) plan: Option<Plan>,
    /// What a rescue did, or would do.
    pub(super) acts: Vec<Acted>,
    /// What a restore did, or would do.
    pub(super) restores: Vec<Restored>,
    /// How long the command took, in the time of the world.
    pub(super) took: Duration,
}

/// A destination of a restore.
#[derive(Debug)]
pub(super) struct Restored {
    /// `namespace/name`.
    pub(super) destination: String,
    /// What was planned for it.
    pub(super) action: &'static str,
    /// Why that, or how it ended.
    pub(super) says: String,
}

/// An act of a rescue.
#[derive(Debug)]
pub(super) struct Acted {
    /// How much force it takes, and of what.
    pub(super) act: Act,
    /// Whether it helped; unknown as long as it is only planned.
    pub(super) helped: Option<bool>,
}

impl Seen {
    fn failed(failure: &Failure) -> Self {
        Self { exit: failure.exit_code(), said: failure.told(), ..Self::default() }
    }

    fn ran(report: RunReport) -> Self {
        let exit = report.failure().map_or(0, ErrorKind::exit_code);
        let failures = report.units.iter().filter_map(|unit| Some(Failure::of_unit(&unit.path, unit.error.as_ref()?)));
        let said: Vec<String> = failures.map(|failure| failure.told()).collect();
        let proofs = report.units.into_iter().flat_map(|unit| {
            let path = unit.path;
            unit.proofs.into_iter().map(move |proof| (path.clone(), proof))
        });
        Self { exit, said: said.join("\n"), proofs: proofs.collect(), ..Self::default() }
    }

    fn planned(plan: Plan) -> Self {
        Self { plan: Some(plan), ..Self::default() }
    }
}

/// Carries out `fluxlift <line>`.
pub(super) async fn perform(stage: &Stage, line: &str, strategy: Strategy, viewer: Viewer) -> Result<Seen, Failure> {
    let words = std::iter::once("fluxlift").chain(line.split_whitespace());
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    if words.get(1).is_some_and(|verb| verb == "bootstrap") {
        let usual = ["--git-url", REPOSITORY, "--path", "kubernetes/clusters/cluster-101", "--chart", CHART];
        words.extend(usual.map(str::to_owned));
    }
    let Cli { mut global, command } = Cli::try_parse_from(words)
        .map_err(|error| Failure::because(format!("`{line}` is no command of fluxlift"), &error))?;
    global.working_dir = stage.working_dir().join(&global.working_dir);
    let began = stage.clock.now();
    let done = match command {
        Command::Bootstrap(args) => bootstrap(stage, &args, strategy, viewer).await,
        Command::Resume(_) => resume(stage, &global, strategy, viewer).await,
        Command::RunAll { command } => over(stage, &global, Scope::All, command, strategy, viewer).await,
        Command::Plan(args) => over(stage, &global, Scope::One, OverUnits::Plan(args), strategy, viewer).await,
        Command::Apply(args) => over(stage, &global, Scope::One, OverUnits::Apply(args), strategy, viewer).await,
        Command::Destroy(args) => over(stage, &global, Scope::One, OverUnits::Destroy(args), strategy, viewer).await,
        Command::Rescue(args) => rescue(stage, &global, &args).await,
        Command::Restore(args) => restore(stage, &global, &args, viewer).await,
        Command::State(args) => forget(stage, &global, &args).await,
        _ => return Err(Failure::new(ErrorKind::Failed, format!("a scenario can't do `{line}`"))),
    };
    let took = stage.clock.now().duration_since(began).try_into().unwrap_or_default();
    Ok(Seen { took, ..done.unwrap_or_else(|failure| Seen::failed(&failure)) })
}

/// How the whole of Flux stands.
///
/// # Errors
/// When the cluster does not answer.
pub(super) async fn status(stage: &Stage) -> Result<Report, Failure> {
    let setting = setting(stage, "status", Strategy::default());
    let dial = Arc::new(stage.net.clone());
    let reach = Reach::default();
    let global = Cli::try_parse_from(["fluxlift", "status"]).map(|cli| cli.global);
    let mut global = global.map_err(|error| Failure::because("`status` is no command", &error))?;
    global.working_dir = stage.working_dir();
    let reached = reach.connect_over(&global, &stage.system, &setting, dial, Arc::clone(&stage.clock)).await?;
    Ok(Report::of(&look(&reached.cluster, None).await?, None))
}

fn setting(stage: &Stage, command: &str, strategy: Strategy) -> Setting {
    let (net, clock) = (stage.net.clone(), Arc::clone(&stage.clock));
    let modules = modules::simulated(net, Arc::clone(&clock), &stage.system, strategy.meaning().0);
    Setting { modules, clock, owner: stage.system.owner(command) }
}

async fn bootstrap(
    stage: &Stage,
    args: &crate::commands::bootstrap::Bootstrap,
    strategy: Strategy,
    viewer: Viewer,
) -> Result<Seen, Failure> {
    let setting = setting(stage, "bootstrap", strategy);
    let request = args.request(&stage.system)?;
    let dial = Arc::new(stage.net.clone());
    let prepared = Bootstrap::prepare(request, Secrets::Read, &stage.system, dial, Arc::clone(&stage.clock)).await?;
    let options = args.options(stage.system.seed);
    let mut engine = prepared.engine(&setting);
    let report = work(viewer, &mut engine, async |engine| prepared.run(engine, options).await).await?;
    Ok(Seen::ran(report))
}

async fn forget(stage: &Stage, global: &Global, args: &State) -> Result<Seen, Failure> {
    let StateCommand::Rm { unit, .. } = &args.command else {
        return Err(Failure::new(ErrorKind::Failed, "a scenario takes units out of the state, and nothing else"));
    };
    let workspace = Workspace::open(global, &stage.system, "destroy", Scope::All)?;
    let setting = setting(stage, "state rm", Strategy::default());
    let engine = setting.engine(&workspace);
    let found = place(global, &stage.system, None)?;
    engine.forget(&found.key_of(unit)).await?;
    Ok(Seen::default())
}

async fn restore(stage: &Stage, global: &Global, args: &Restore, viewer: Viewer) -> Result<Seen, Failure> {
    let setting = setting(stage, "restore", Strategy::default());
    let dial = Arc::new(stage.net.clone());
    let reached = args.reach.connect_over(global, &stage.system, &setting, dial, Arc::clone(&stage.clock)).await?;
    let work = async |cx: &GateContext| {
        let round = args.round(cx, &reached.cluster, &stage.system, stage.system.seed);
        (args.carry_out(&round, None).await, cx.ledger.proofs())
    };
    let (done, proofs) = match viewer {
        Viewer::Person => followed(&setting.clock, work).await,
        Viewer::Program => work(&GateContext::quiet(Arc::clone(&setting.clock))).await,
    };
    let seen = match done {
        Ok(done) => {
            let said: Vec<String> = done.failures().iter().map(Failure::told).collect();
            Seen { exit: done.exit_code(), said: said.join("\n"), restores: restored(&done), ..Seen::default() }
        }
        Err(error) => Seen::failed(&error.into()),
    };
    Ok(Seen { proofs: proofs.into_iter().map(|proof| (this_folder(), proof)).collect(), ..seen })
}

fn restored(done: &Done) -> Vec<Restored> {
    match done {
        Done::Planned(plan) | Done::Changed(plan) => plan
            .rows()
            .into_iter()
            .map(|row| Restored {
                destination: format!("{}/{}", row.namespace, row.name),
                action: row.action,
                says: row.why,
            })
            .collect(),
        Done::Restored(report) => report
            .outcomes
            .iter()
            .map(|outcome| Restored {
                destination: outcome.path(),
                action: outcome.action,
                says: outcome.result.as_ref().map_or_else(|error| chain(error), Clone::clone),
            })
            .collect(),
        Done::Released(_) => Vec::new(),
    }
}

async fn rescue(stage: &Stage, global: &Global, args: &Rescue) -> Result<Seen, Failure> {
    let setting = setting(stage, "rescue", Strategy::default());
    let dial = Arc::new(stage.net.clone());
    let reached = args.reach.connect_over(global, &stage.system, &setting, dial, Arc::clone(&stage.clock)).await?;
    let cx = GateContext::quiet(Arc::clone(&setting.clock));
    let mut rescuer = args.rescuer(&cx, &reached.cluster);
    let (plan, proven) = rescuer.plan().await?;
    if args.dry_run {
        let acts = plan.acts.into_iter().map(|act| Acted { act, helped: None });
        return Ok(Seen { exit: rescue::code(proven), acts: acts.collect(), ..Seen::default() });
    }
    let outcome = rescuer.run().await?;
    let acts = outcome.done.into_iter().map(|done| Acted { act: done.act, helped: Some(done.helped) });
    Ok(Seen { exit: rescue::code(outcome.proven), acts: acts.collect(), ..Seen::default() })
}

async fn resume(stage: &Stage, global: &Global, strategy: Strategy, viewer: Viewer) -> Result<Seen, Failure> {
    let workspace = Workspace::resume(global, &stage.system)?;
    let setting = setting(stage, "resume", strategy);
    let mut engine = setting.engine(&workspace);
    Ok(Seen::ran(work(viewer, &mut engine, async |engine| engine.resume().await).await?))
}

async fn over(
    stage: &Stage,
    global: &Global,
    scope: Scope,
    command: OverUnits,
    strategy: Strategy,
    viewer: Viewer,
) -> Result<Seen, Failure> {
    let (what, run) = match &command {
        OverUnits::Plan(args) => ("plan", &args.run),
        OverUnits::Apply(args) => ("apply", &args.run),
        OverUnits::Destroy(args) => ("destroy", &args.run),
        OverUnits::Output(_) | OverUnits::Validate(_) => {
            return Err(Failure::new(
                ErrorKind::Failed,
                "a scenario plans, applies and destroys units, and nothing else",
            ));
        }
    };
    let workspace = Workspace::open(global, &stage.system, what, scope)?;
    let options = run.options(scope, global, &stage.system);
    let setting = setting(stage, what, strategy);
    let mut engine = setting.engine(&workspace);
    match command {
        OverUnits::Plan(_) => {
            let planned = work(viewer, &mut engine, async |engine| engine.plan(Work::Apply, &options).await).await?;
            Ok(Seen::planned(planned))
        }
        OverUnits::Destroy(_) => {
            let run = async |engine: &Engine<'_>| engine.run(Work::Destroy, options, None).await;
            Ok(Seen::ran(work(viewer, &mut engine, run).await?))
        }
        _ => {
            let run = async |engine: &Engine<'_>| engine.run(Work::Apply, options, None).await;
            Ok(Seen::ran(work(viewer, &mut engine, run).await?))
        }
    }
}

/// Lets `engine` work, watched or not. No child process runs beside a clock that jumps.
async fn work<T>(
    viewer: Viewer,
    engine: &mut Engine<'_>,
    work: impl AsyncFnOnce(&Engine<'_>) -> Result<T, RunError>,
) -> Result<T, Failure> {
    engine.hooks = Arc::new(SystemHooks::alone());
    let done = match viewer {
        Viewer::Person => watched(engine, work).await,
        Viewer::Program => work(engine).await,
    };
    done.map_err(|error| match error {
        RunError::Plan(failures) if failures.0.len() == 1 => {
            let (unit, error) = &failures.0[0];
            Failure::of_unit(unit, error)
        }
        other => other.into(),
    })
}
