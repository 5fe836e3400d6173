//! Taking everything away, and what may be left.

use std::collections::BTreeMap;

use fluxlift_e2e::history::{Happening, History};
use fluxlift_e2e::releases;

use crate::bench::{Case, Verdict, case, ensure, note};
use crate::stage::{INSTANCE, OPERATOR, RELEASES, Stage, done};

pub(crate) const CASES: [Case; 1] = [case!(after_destroy_nothing_that_fluxlift_made_is_left)];

async fn after_destroy_nothing_that_fluxlift_made_is_left(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    stage.phase_two().await?;
    let early = stage.run("destroy", OPERATOR, &stage.operator()).await?;
    ensure(early.code == Some(1) && early.stderr.contains("fluxinstance/flux-system/flux still exists"), || {
        format!("the operator was destroyed below its instance: {:?} {}", early.code, early.stderr)
    })?;
    let instance = done(stage.run("destroy", INSTANCE, &stage.instance()).await?)?;
    let operator = done(stage.run("destroy", OPERATOR, &stage.operator()).await?)?;
    note(format_args!("destroyed in {:.1?} and {:.1?}", instance.took, operator.took));

    let history = stage.lab.history().await?;
    nothing_of_fluxlift_is_left(&history)?;
    let now = now(&history);
    let workloads =
        now.keys().filter(|key| key.starts_with(&format!("configmaps/{}/app-", releases::NAMESPACE))).count();
    let locked = format!("secrets/{}/sh.helm.release.v1.app-", releases::NAMESPACE);
    let stored = now.keys().filter(|key| key.starts_with(&locked)).count();
    note(format_args!("{workloads} workloads and {stored} Helm releases run on"));
    ensure(workloads == RELEASES && stored == RELEASES, || format!("workloads were lost: {workloads}, {stored}"))
}

/// Nothing that fluxlift made is left, but what it says that it leaves.
pub(crate) fn nothing_of_fluxlift_is_left(history: &History) -> Verdict {
    let now = now(history);
    let mut kept = BTreeMap::new();
    for (key, seen) in &now {
        if let Some(what) = made_by_fluxlift(key, seen) {
            kept.entry(what).or_insert_with(Vec::new).push(*key);
        }
    }
    for (what, keys) in &kept {
        note(format_args!("left: {what}: {}", keys.join(", ")));
    }
    // The chart keeps its definitions, because without them every instance would go; a namespace may hold what others made.
    let asked: Vec<&str> = kept
        .values()
        .flatten()
        .copied()
        .filter(|key| {
            !key.starts_with("apiextensions.k8s.io/customresourcedefinitions/") && *key != "namespaces/flux-system"
        })
        .collect();
    ensure(asked.is_empty(), || format!("these are left: {}", asked.join(", ")))
}

/// What there is, by key.
fn now(history: &History) -> BTreeMap<&str, &Happening> {
    let mut now = BTreeMap::new();
    for seen in history.of("") {
        now.insert(seen.key.as_str(), seen);
    }
    now.retain(|_, seen| seen.object.is_some());
    now
}

/// What makes an object fluxlift's, if it is.
fn made_by_fluxlift(key: &str, seen: &Happening) -> Option<String> {
    let managers = seen.object.as_ref()?.pointer("/metadata/managedFields")?.as_array()?;
    let ours = managers.iter().filter_map(|field| field["manager"].as_str()).find(|name| name.starts_with("fluxlift"));
    let release = key.contains("/sh.helm.release.v1.flux-operator.");
    ours.map(|name| format!("managed by {name}"))
        .or_else(|| release.then(|| "Helm's storage of the operator".to_owned()))
}
