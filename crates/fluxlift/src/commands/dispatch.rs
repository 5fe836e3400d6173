//! Which file a command is in.

use super::{
    apply, bootstrap, bundle, completion, demo, destroy, doctor, graph, migrate, output, plan, preflight, report,
    rescue, restore, resume, sim, state, status, validate,
};
use crate::args::{Cli, Command, Global, OverUnits, Scope};
use crate::system::System;
use crate::ui::Failure;

/// Does what was asked for and gives the exit code.
///
/// # Errors
/// What failed, to be shown.
pub fn execute(cli: Cli, system: &System) -> Result<u8, Failure> {
    let Cli { global, command } = cli;
    match command {
        Command::RunAll { command } => over(Scope::All, command, &global, system),
        Command::Run { all, command } => over(if all { Scope::All } else { Scope::One }, command, &global, system),
        Command::Plan(plan) => over(Scope::One, OverUnits::Plan(plan), &global, system),
        Command::Apply(apply) => over(Scope::One, OverUnits::Apply(apply), &global, system),
        Command::Destroy(destroy) => over(Scope::One, OverUnits::Destroy(destroy), &global, system),
        Command::Output(output) => over(Scope::One, OverUnits::Output(output), &global, system),
        Command::Validate(validate) => over(Scope::All, OverUnits::Validate(validate), &global, system),
        Command::Bootstrap(bootstrap) => bootstrap::execute(&bootstrap, &global, system),
        Command::Migrate(migrate) => migrate::execute(&migrate, &global, system),
        Command::Graph(graph) => graph::execute(&graph, &global, system),
        Command::Preflight(preflight) => preflight::execute(&preflight, &global, system),
        Command::Resume(resume) => resume::execute(&resume, &global, system),
        Command::Report(report) => report::execute(&report, &global, system),
        Command::State(state) => state::execute(&state, &global, system),
        Command::Status(status) => status::execute(&status, &global, system),
        Command::Rescue(rescue) => rescue::execute(&rescue, &global, system),
        Command::Doctor(doctor) => doctor::execute(&doctor, &global, system),
        Command::Bundle(bundle) => bundle::execute(&bundle, &global, system),
        Command::Restore(restore) => restore::execute(&restore, &global, system),
        Command::Demo(demo) => demo::execute(&demo, &global, system),
        Command::Sim(sim) => sim::execute(&sim, &global, system),
        Command::Completion(completion) => completion::execute(&completion),
    }
}

fn over(scope: Scope, command: OverUnits, global: &Global, system: &System) -> Result<u8, Failure> {
    match command {
        OverUnits::Plan(plan) => plan::execute(&plan, scope, global, system),
        OverUnits::Apply(apply) => apply::execute(&apply, scope, global, system),
        OverUnits::Destroy(destroy) => destroy::execute(&destroy, scope, global, system),
        OverUnits::Output(output) => output::execute(&output, scope, global, system),
        OverUnits::Validate(validate) => validate::execute(&validate, global, system),
    }
}
