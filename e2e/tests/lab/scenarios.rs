//! The failures that must never come back, played from their files against real programs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fluxlift_e2e::laws;
use fluxlift_e2e::patience::pass;
use fluxlift_e2e::product::Outcome;
use fluxlift_e2e::scenario::{Expect, Later, ObjectSeen, Scenario, Start, Step, World, in_haste};
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, PostParams};
use kube::core::TypeMeta;
use libtest_mimic::{Failed, Trial};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::newcomer;
use crate::stage::{Stage, printed};

pub(crate) const CASES: [Case; 5] = [
    case!(the_scenario_no_nodes_yet_ends_as_its_file_says),
    case!(the_scenario_fail_open_ends_as_its_file_says),
    case!(the_scenario_no_pods_yet_ends_as_its_file_says),
    case!(the_scenario_agent_gone_ends_as_its_file_says),
    case!(the_scenario_charts_fight_ends_as_its_file_says),
];

async fn the_scenario_no_nodes_yet_ends_as_its_file_says(stage: &mut Stage) -> Verdict {
    play(stage, "no-nodes-yet").await
}

async fn the_scenario_fail_open_ends_as_its_file_says(stage: &mut Stage) -> Verdict {
    play(stage, "fail-open").await
}

async fn the_scenario_no_pods_yet_ends_as_its_file_says(stage: &mut Stage) -> Verdict {
    play(stage, "no-pods-yet").await
}

async fn the_scenario_agent_gone_ends_as_its_file_says(stage: &mut Stage) -> Verdict {
    play(stage, "agent-gone").await
}

async fn the_scenario_charts_fight_ends_as_its_file_says(stage: &mut Stage) -> Verdict {
    play(stage, "charts-fight").await
}

/// How long fluxlift may work before a gate begins to wait: that does not go faster than it does.
const BEFORE: Duration = Duration::from_secs(1);

/// Where the files are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

fn read(name: &str) -> Result<Scenario, String> {
    let path = folder().join(format!("{name}.yaml"));
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Scenario::read(&text).map_err(|error| format!("{}: {error}", path.display()))
}

async fn play(stage: &mut Stage, name: &str) -> Verdict {
    let scenario = read(name).map_err(Broken)?;
    begin(stage, &scenario).await?;
    for step in &scenario.steps {
        if step.anew {
            let fluxlift = stage.fluxlift.binary().to_owned();
            let tools = stage.tools.clone();
            *stage = Stage::start(&tools, &fluxlift).await?;
            begin(stage, &scenario).await?;
        }
        let seen = perform(stage, step).await.map_err(|broken| at(step, broken))?;
        check(stage, step, seen.as_ref()).await.map_err(|broken| at(step, broken))?;
        note(format_args!("{}", step.say));
    }
    Ok(())
}

fn at(step: &Step, Broken(why): Broken) -> Broken {
    Broken(format!("{}: {why}", step.say))
}

/// What there is before the first step.
async fn begin(stage: &mut Stage, scenario: &Scenario) -> Verdict {
    stage.fluxlift = stage.fluxlift.clone().with_environment(&scenario.env);
    if scenario.start == Start::ClusterWithoutNodes {
        stage.lab.node.leave().await?;
    }
    Ok(())
}

/// What happens in a step, at the same time as its command.
async fn perform(stage: &Stage, step: &Step) -> Result<Option<Outcome>, Broken> {
    if let Some(world) = &step.world {
        breaks(stage, world);
    }
    for object in &step.objects {
        create(stage, object).await?;
    }
    let run = async {
        let Some(line) = &step.run else { return Ok(None) };
        let words = in_haste(line).map_err(Broken)?;
        let command = match words[0].as_str() {
            "bootstrap" => newcomer::command(stage)?.into_iter().chain(words.into_iter().skip(1)).collect(),
            "rescue" => asked(stage, words),
            _ => return Err(Broken(format!("the lab cannot do `{line}`"))),
        };
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        Ok::<_, Broken>(Some(stage.fluxlift.run(&arguments, None).await?))
    };
    let later = futures::future::try_join_all(step.later.iter().map(|later| happens(stage, later)));
    let (seen, _) = futures::future::try_join(run, later).await?;
    if let Some(wait) = step.wait {
        pass(wait.0).await;
    }
    Ok(seen)
}

/// A question about the cluster, answered by one document.
fn asked(stage: &Stage, mut words: Vec<String>) -> Vec<String> {
    let kubeconfig = stage.lab.kubeconfig().display().to_string();
    words.extend(["--kubeconfig", &kubeconfig, "--non-interactive", "-o", "json"].map(str::to_owned));
    words
}

async fn happens(stage: &Stage, later: &Later) -> Verdict {
    pass(later.after.0).await;
    if let Some(world) = &later.world {
        breaks(stage, world);
    }
    if later.nodes {
        stage.lab.node.join().await?;
    }
    Ok(())
}

/// Makes these programs stand still, and no others. One of Flux that does not run yet is never started, and its Pod is
/// Ready: no probe tells.
fn breaks(stage: &Stage, world: &World) {
    const FLUX: [&str; 4] = ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"];
    const KUBERNETES: [&str; 2] = ["kube-controller-manager", "kube-scheduler"];
    for program in FLUX {
        let (faults, running) = (stage.lab.node.faults(), stage.lab.node.controllers(program));
        if world.frozen.contains(program) {
            faults.hold(program);
            running.iter().for_each(fluxlift_e2e::node::Controller::freeze);
        } else {
            running.iter().for_each(fluxlift_e2e::node::Controller::thaw);
            faults.release(program);
        }
    }
    for program in KUBERNETES {
        let signal = if world.frozen.contains(program) { Signal::STOP } else { Signal::CONT };
        stage.lab.control_plane.signal(program, signal);
    }
}

/// Holds everything that must be seen against what there is.
async fn check(stage: &Stage, step: &Step, seen: Option<&Outcome>) -> Verdict {
    let expect = &step.expect;
    let said = seen.map_or("", |seen| seen.stderr.as_str());
    if let Some(exit) = expect.exit {
        let code = seen.and_then(|seen| seen.code);
        ensure(code == Some(exit), || format!("it ended with {code:?} and not with {exit}:\n{said}"))?;
    }
    for part in &expect.says {
        ensure(said.contains(part), || format!("it does not say {part:?}:\n{said}"))?;
    }
    for wanted in &expect.gates {
        let report = seen.map(printed).transpose()?.unwrap_or_default();
        let units = report["units"].as_array().into_iter().flatten();
        let gates: Vec<&Value> = units.flat_map(|unit| unit["gates"].as_array().into_iter().flatten()).collect();
        let least = wanted.waited.map_or(0, |span| span.0.saturating_sub(BEFORE).as_millis());
        let fits = |gate: &&&Value| {
            gate["name"].as_str().is_some_and(|name| name.contains(&wanted.gate))
                && gate["verdict"] == wanted.verdict.as_str()
                && u128::from(gate["waited_ms"].as_u64().unwrap_or_default()) >= least
        };
        let found = gates.iter().find(fits);
        let found = found.ok_or_else(|| Broken(format!("no gate is {wanted:?} among {gates:#?}")))?;
        note(format_args!("{}: {} after {} ms", found["name"], found["verdict"], found["waited_ms"]));
    }
    if let Some(releases) = expect.releases
        && let Some(differs) = releases.differ(&stage.releases().await?)
    {
        return Err(Broken(differs));
    }
    if let Some(early) = expect.early {
        ensure(early == 0, || "the law knows of none that may be early".to_owned())?;
        laws::nothing_is_synced_before_every_canary_answered(&stage.history().await?)?;
    }
    if let Some(acts) = &expect.acts {
        let plan = seen.map(printed).transpose()?.unwrap_or_default();
        let found = plan["acts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let holds = acts.len() == found.len() && acts.iter().zip(found).all(|(act, done)| act.is(done));
        ensure(holds, || format!("the acts are not {acts:?}: {plan:#}"))?;
    }
    diagnosed(stage, expect).await?;
    for object in &expect.objects {
        has(stage, object).await?;
    }
    Ok(())
}

/// Holds what `status` says against what it must say.
async fn diagnosed(stage: &Stage, expect: &Expect) -> Verdict {
    if expect.diagnosis.is_empty() {
        return Ok(());
    }
    let arguments = asked(stage, vec!["status".to_owned(), "-A".to_owned()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let status = printed(&stage.fluxlift.run(&arguments, None).await?)?;
    let rows = status["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let missing = expect.diagnosis.iter().find(|row| !row.is_among(rows));
    missing.map_or(Ok(()), |row| Err(Broken(format!("the status has no {row:?}: {rows:#?}"))))
}

async fn has(stage: &Stage, wanted: &ObjectSeen) -> Verdict {
    let name = wanted.object["metadata"]["name"].as_str().unwrap_or_default();
    let found = match api(stage, &wanted.object)?.get_opt(name).await {
        Ok(found) => found.map(|object| serde_json::to_value(object).unwrap_or_default()),
        // A kind that nobody has defined has no objects.
        Err(kube::Error::Api(status)) if status.code == 404 => None,
        Err(error) => return Err(Broken(format!("{name} cannot be read: {error}"))),
    };
    // Of an object that is gone nothing can be said to be missing.
    ensure(wanted.at.is_none() || found.is_some(), || format!("there is no {name}"))?;
    let seen = match &wanted.at {
        Some(place) => found.as_ref().and_then(|object| object.pointer(place)).cloned(),
        None => found.map(|_| json!("there")),
    };
    ensure(seen == wanted.is, || format!("{name} is {seen:?} at {:?}, and not {:?}", wanted.at, wanted.is))
}

async fn create(stage: &Stage, object: &Value) -> Verdict {
    let whole: DynamicObject = serde_json::from_value(object.clone()).map_err(|error| Broken(error.to_string()))?;
    let created = api(stage, object)?.create(&PostParams::default(), &whole).await;
    created.map(|_| ()).map_err(|error| Broken(format!("{} cannot be created: {error}", object["metadata"]["name"])))
}

/// Objects of the kind and in the namespace of `object`.
fn api(stage: &Stage, object: &Value) -> Result<Api<DynamicObject>, Broken> {
    let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let types = TypeMeta { api_version: text("apiVersion"), kind: text("kind") };
    let kind = GroupVersionKind::try_from(&types).map_err(|error| Broken(error.to_string()))?;
    let resource = ApiResource::from_gvk(&kind);
    Ok(match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Api::namespaced_with(stage.lab.client(), namespace, &resource),
        None => Api::all_with(stage.lab.client(), &resource),
    })
}

/// Every case that a scenario names is one of the lab's, and what the lab plays says so.
pub(crate) fn named(cases: &[&'static [Case]]) -> Trial {
    let known: BTreeSet<&str> = cases.iter().copied().flatten().map(|case| case.name).collect();
    Trial::test("every_case_that_a_scenario_names_is_one_of_the_labs", move || {
        let mut named: BTreeSet<String> = BTreeSet::new();
        for entry in std::fs::read_dir(folder())? {
            let path = entry?.path();
            let text = std::fs::read_to_string(&path)?;
            let lab: Named = serde_saphyr::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            for case in lab.lab {
                if !known.contains(case.as_str()) {
                    return Err(Failed::from(format!("{}: the lab has no case {case}", path.display())));
                }
                named.insert(case);
            }
        }
        let unsaid: Vec<&str> = CASES.iter().map(|case| case.name).filter(|name| !named.contains(*name)).collect();
        if unsaid.is_empty() { Ok(()) } else { Err(Failed::from(format!("no scenario names {unsaid:?}"))) }
    })
}

/// What every scenario says of the lab.
#[derive(serde::Deserialize)]
struct Named {
    #[serde(default)]
    lab: Vec<String>,
}
