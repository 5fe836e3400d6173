//! Playing a scenario, from its first step to its last.

use std::path::Path;

use fluxlift_core::ErrorKind;

use super::perform::{perform, status};
use super::stage::{Stage, change_file};
use super::{Played, PlayedStep, Step, library};
use crate::run::{Pace, at_pace};
use crate::system::System;
use crate::ui::{Failure, note};
use crate::watchdog::Witness;

/// Who looks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A person, who is shown the progress of every command on stderr.
    Person,
    /// A program, which waits for the result.
    Program,
}

/// Plays the scenario called `name` in `folder`, which is empty, on a clock that jumps over every wait. The same seed gives the same
/// events.
///
/// # Errors
/// When there is no such scenario, or it asks for what can't be. What is not as expected is in the result.
pub fn play(name: &str, folder: &Path, seed: u64, system: &System, viewer: Viewer) -> Result<Played, Failure> {
    let scenario = library::find(name)?;
    at_pace(Pace::Virtual, &Witness::default(), async {
        let mut stage = Stage::set(&scenario, folder, seed, system)?;
        let mut steps = Vec::new();
        for (number, step) in scenario.steps.iter().enumerate() {
            if step.anew {
                stage.strike();
                stage = Stage::set(&scenario, &folder.join(format!("step-{number}")), seed, system)?;
            }
            steps.push(take(&stage, step, viewer).await?);
        }
        stage.strike();
        Ok(Played::of(name, &scenario, steps))
    })
}

async fn take(stage: &Stage, step: &Step, viewer: Viewer) -> Result<PlayedStep, Failure> {
    if viewer == Viewer::Person {
        note("Step", &step.say);
    }
    if let Some(behaviour) = &step.world {
        stage.datacenter.with(|world| behaviour.put_on(world))?;
    }
    for backup in &step.backups {
        stage.datacenter.with(|world| world.volsync.back_up(&backup.repository, &backup.identity, backup.bytes));
    }
    for object in &step.objects {
        stage.apply(object)?;
    }
    for edit in &step.files {
        change_file(&stage.folder, edit)?;
    }
    let later = stage.schedule(&step.later);
    let seen = match &step.run {
        Some(line) => Some(perform(stage, line, step.strategy, viewer).await?),
        None => None,
    };
    if let Some(span) = step.wait {
        fluxlift_gate::observe::pace(span.0).await;
    }
    for event in later {
        if !event.is_finished() {
            return Err(Failure::new(ErrorKind::Failed, format!("{}: it ended before all of it happened", step.say)));
        }
        event.await.map_err(|error| Failure::because("an event of the scenario failed", &error))??;
    }
    let status = if step.expect.needs_status() { Some(status(stage).await?) } else { None };
    let checks = stage.datacenter.with(|world| step.expect.check(seen.as_ref(), world, status.as_ref(), &stage.folder));
    Ok(PlayedStep { say: step.say.clone(), command: step.run.clone(), checks })
}
