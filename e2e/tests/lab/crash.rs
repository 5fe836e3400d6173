//! fluxlift, killed where it stands, and started again: by its own command, or by `resume`, in turn.

use std::time::{Duration, Instant};

use fluxlift_e2e::history::History;
use fluxlift_e2e::node::Controller;
use fluxlift_e2e::patience::pass;
use fluxlift_e2e::{laws, ledger};
use serde_json::Value;

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::newcomer::{command, states};
use crate::stage::{RELEASES, Stage, done};

pub(crate) const CASES: [Case; 1] = [case!(killed_at_ten_points_of_its_journal_it_ends_where_it_would_have_ended)];

/// The records after which it is killed, and what there must be then: in the first phase before its act, at it, and while the
/// release is not proven; between the phases; before the instance, among the definitions, the canaries and the paths, at the
/// sync, and while the releases come up.
const POINTS: [(&str, Then); 10] = [
    ("unit-started", Then::Anything),
    ("intended release.install", Then::Anything),
    ("gate-closed crd/fluxinstances.", Then::Pending),
    ("unit-finished", Then::Anything),
    ("intended instance.create", Then::Unsynced),
    ("gate-closed crd/gitrepositories.", Then::Unsynced),
    ("gate-closed canary ", Then::Unsynced),
    // The other path may be proven in the same moment, and the sync comes right after it.
    ("gate-closed path ", Then::Anything),
    ("gate-closed gitrepository/", Then::Synced),
    ("gate-closed kustomization/", Then::Delivering),
];
/// How long a run may take to its point.
const PATIENCE: Duration = Duration::from_secs(120);
/// Where Helm keeps the operator's release.
const STORAGE: &str = "secrets/flux-system/sh.helm.release.v1.flux-operator.";
/// What brings the releases.
const HELM: &str = "helm-controller";

/// What a kill must have left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Anything,
    /// A release of the operator that is pending.
    Pending,
    /// No sync.
    Unsynced,
    /// The sync, and nobody who brings the releases from then on.
    Synced,
    /// The sync, and releases that are not there yet.
    Delivering,
}

async fn killed_at_ten_points_of_its_journal_it_ends_where_it_would_have_ended(stage: &mut Stage) -> Verdict {
    let bootstrap = command(stage)?;
    let bootstrap: Vec<&str> = bootstrap.iter().map(String::as_str).collect();
    let resume = ["resume", "-o", "json", "--non-interactive"];
    for (number, (point, then)) in POINTS.into_iter().enumerate() {
        let (how, arguments) = if number % 2 == 0 { ("started", &bootstrap[..]) } else { ("resumed", &resume[..]) };
        killed(stage, arguments, point).await?;
        note(format_args!("{how}, and killed at {point:?}"));
        left(stage, then).await?;
    }
    stage.lab.node.controllers(HELM).iter().for_each(Controller::thaw);
    stage.lab.node.faults().release(HELM);
    let last = done(stage.fluxlift.run(&resume, None).await?)?;
    note(format_args!("after ten kills the last run took {:.1?}", last.took));
    stage.all_ready().await?;
    let history = stage.history().await?;
    laws::nothing_is_synced_before_every_canary_answered(&history)?;
    laws::the_sync_was_never_taken_away(&history)?;
    ensure(stored(&history) == "deployed", || format!("the operator's release is {:?}", stored(&history)))?;
    stage.laws_of(&states(stage)).await
}

/// Starts a run and kills it as soon as it has written this record.
async fn killed(stage: &Stage, arguments: &[&str], point: &str) -> Verdict {
    let before = records(stage)?.len();
    let mut run = stage.fluxlift.start(arguments, None)?;
    let began = Instant::now();
    loop {
        let written = records(stage)?.split_off(before);
        if written.iter().any(|record| told(record).starts_with(point)) {
            let killed = run.kill().await;
            return killed.map_err(|error| Broken(format!("fluxlift cannot be killed: {error}")));
        }
        let ended = run.try_wait().map_err(|error| Broken(error.to_string()))?;
        let seen = || written.iter().map(told).collect::<Vec<_>>().join("\n");
        ensure(ended.is_none(), || format!("it ended with {ended:?} before {point:?}:\n{}", seen()))?;
        ensure(began.elapsed() < PATIENCE, || format!("it did not come to {point:?}:\n{}", seen()))?;
        pass(Duration::from_millis(2)).await;
    }
}

/// What there is after a kill.
async fn left(stage: &Stage, then: Then) -> Verdict {
    if then == Then::Synced {
        // Held, so that no probe tells, nor heals it.
        stage.lab.node.faults().hold(HELM);
        stage.lab.node.controllers(HELM).iter().for_each(Controller::freeze);
    }
    let history = stage.history().await?;
    let synced = laws::first_synced(&history).is_some();
    match then {
        Then::Anything => Ok(()),
        Then::Pending => {
            ensure(stored(&history) == "pending-install", || format!("the release is {:?}", stored(&history)))
        }
        Then::Unsynced => ensure(!synced, || "there is a sync".to_owned()),
        Then::Synced => ensure(synced, || "there is no sync".to_owned()),
        Then::Delivering => {
            let ready = stage.ready().await?;
            note(format_args!("{ready} of {RELEASES} releases were Ready"));
            ensure(synced && ready < RELEASES, || format!("{ready} releases are Ready, synced: {synced}"))
        }
    }
}

/// The status of the operator's release.
fn stored(history: &History) -> &str {
    history.of(STORAGE).last().and_then(|secret| secret.label("status")).unwrap_or_default()
}

/// All that its journals say, in order.
fn records(stage: &Stage) -> Result<Vec<Value>, Broken> {
    let mut all = Vec::new();
    for journal in states(stage).iter().flat_map(|state| ledger::journals(state)) {
        all.extend(ledger::records(&journal)?);
    }
    Ok(all)
}

/// A record in one phrase.
fn told(record: &Value) -> String {
    let text = |place: &str| record.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
    format!("{} {}{}", text("/record"), text("/proof/gate"), text("/act/verb")).trim().to_owned()
}
