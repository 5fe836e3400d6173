//! All topics, and what comes of them.

use std::collections::BTreeSet;
use std::time::Instant;

use fluxlift_e2e::likeness::{Found, Listed, Script, differences};
use fluxlift_e2e::{Tools, tools};
use libtest_mimic::{Completion, Failed, Trial};
use serde_json::Value;

use super::servers::Servers;
use super::side::Side;
use crate::bench::{self, Broken, note};

/// Each topic with its steps.
const TOPICS: [(&str, &str); 17] = [
    ("objects", include_str!("steps/objects.steps")),
    ("errors", include_str!("steps/errors.steps")),
    ("patches", include_str!("steps/patches.steps")),
    ("apply", include_str!("steps/apply.steps")),
    ("status", include_str!("steps/status.steps")),
    ("lists", include_str!("steps/lists.steps")),
    ("deletion", include_str!("steps/deletion.steps")),
    ("namespaces", include_str!("steps/namespaces.steps")),
    ("definitions", include_str!("steps/definitions.steps")),
    ("observed", include_str!("steps/observed.steps")),
    ("tables", include_str!("steps/tables.steps")),
    ("discovery", include_str!("steps/discovery.steps")),
    ("openapi", include_str!("steps/openapi.steps")),
    ("events", include_str!("steps/events.steps")),
    ("defaults", include_str!("steps/defaults.steps")),
    ("access", include_str!("steps/access.steps")),
    // The last one makes the servers forget.
    ("watches", include_str!("steps/watches.steps")),
];

/// Where the differences that may be are listed.
const DOCUMENT: &str = include_str!("../../../../docs/sim-likeness.md");
const SECTION: &str = "The Kubernetes API";

/// Topics to be asked alone, while one works on them: `FLUXLIFT_LIKENESS=apply,lists`.
const ONLY: &str = "FLUXLIFT_LIKENESS";

const NAME: &str = "the_simulated_api_answers_as_the_real_one_but_for_what_is_listed";

/// The one trial: the list can only be checked when everything was asked.
pub(crate) fn trial() -> Trial {
    Trial::ignorable_test(NAME, || {
        let tools = match equipment() {
            Ok(tools) => tools,
            Err(reason) => return Ok(Completion::ignored_with(reason)),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let began = Instant::now();
        let verdict = runtime.block_on(compared(&tools));
        bench::tell(NAME, began.elapsed());
        verdict.map(|()| Completion::Completed).map_err(|Broken(why)| Failed::from(why))
    })
}

fn equipment() -> Result<Tools, String> {
    let tools = bench::asked_for()?;
    let missing = tools.missing(&tools::CONTROL_PLANE);
    if missing.is_empty() { Ok(tools) } else { Err(format!("missing: {}; see cargo xtask tools", missing.join(", "))) }
}

async fn compared(tools: &Tools) -> Result<(), Broken> {
    let unreadable = |error: &dyn std::fmt::Display| Broken(error.to_string());
    let listed = Listed::read(DOCUMENT, SECTION).map_err(|error| unreadable(&error))?;
    let only = std::env::var(ONLY).unwrap_or_default();
    let only: BTreeSet<&str> = only.split(',').filter(|topic| !topic.is_empty()).collect();
    let scripts = TOPICS.iter().filter(|(topic, _)| only.is_empty() || only.contains(topic));
    let scripts: Vec<Script> = scripts
        .map(|(topic, text)| Script::read(topic, text).map_err(|error| unreadable(&error)))
        .collect::<Result<_, _>>()?;

    let mut servers = Servers::start(tools).await?;
    let mut found = Vec::new();
    for script in &scripts {
        found.extend(run(script, servers.sides()).await?);
    }
    servers.must_run()?;
    let steps: usize = scripts.iter().map(Script::compared).sum();
    note(format_args!(
        "{steps} steps in {} topics; {} places differ, by {} listed rows",
        scripts.len(),
        found.len(),
        listed.len()
    ));
    let mut faults = listed.faults(&found);
    if !only.is_empty() {
        faults.retain(|fault| fault.starts_with("not listed"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Broken(format!("{} faults:\n{}", faults.len(), faults.join("\n")))) }
}

/// Asks both sides every step, and finds where they differ.
async fn run(script: &Script, [mut real, mut sim]: [Side; 2]) -> Result<Vec<Found>, Broken> {
    let topic = &script.topic;
    real.enter(topic).await?;
    sim.enter(topic).await?;
    let mut found = Vec::new();
    for step in &script.steps {
        let (really, simulated) = tokio::join!(real.perform(&step.act), sim.perform(&step.act));
        let place = |Broken(why)| Broken(format!("{topic}, line {}: {why}", step.line));
        let (really, simulated): (Value, Value) = (really.map_err(place)?, simulated.map_err(place)?);
        let mut differing = differences(&really, &simulated);
        if really["code"] != simulated["code"] {
            // A yes and a no have nothing in common: that is one difference, not one for each field.
            differing.retain(|difference| difference.place == "/code");
        }
        found.extend(differing.into_iter().map(|difference| Found { step: step.name.clone(), difference }));
    }
    Ok(found)
}
