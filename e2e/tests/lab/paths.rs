//! The way from controller to controller: reachable, refused, silent, and under a wrong name.

use std::time::Duration;

use fluxlift_e2e::laws;
use fluxlift_e2e::ledger::Claim;
use fluxlift_e2e::link::Condition;
use fluxlift_e2e::patience::{Seen, pass, until};
use fluxlift_e2e::product::interrupt;
use serde_json::{Value, json};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::blind::CANARIES;
use crate::stage::{SERVICE, Stage, unsynced};

pub(crate) const CASES: [Case; 1] = [case!(no_path_is_proven_while_source_controller_cannot_be_reached)];

const SOON: Duration = Duration::from_secs(120);
/// The exit code for a gate that is not proven.
const NOT_PROVEN: i32 = 3;
/// The exit code of a run that was interrupted.
const INTERRUPTED: i32 = 5;
/// How long one looks for what must not happen.
const A_WHILE: Duration = Duration::from_secs(20);
/// Where source-controller says that it is, and where it is not.
const ADVERTISED: &str = "http://source-controller.flux-system.svc.cluster.local./";
const MISNAMED: &str = "nowhere.flux-system.svc.cluster.local.";
/// The gates of the two paths.
const PATHS: [&str; 2] =
    ["path helm-controller to source-controller", "path kustomize-controller to source-controller"];

async fn no_path_is_proven_while_source_controller_cannot_be_reached(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    // The fault is there before the first path is walked: none is until source-controller has answered, which is held.
    stage.lab.node.faults().hold("source-controller");
    let first = stage.start_phase_two(&stage.instance())?;
    until("service/source-controller", SOON, async || match stage.get(SERVICE, "source-controller").await {
        Ok(Some(_)) if stage.lab.node.service("source-controller", Condition::Cut).is_ok() => Seen::There(()),
        Ok(_) => Seen::NotYet("it is not there".to_owned()),
        Err(Broken(why)) => Seen::NotYet(why),
    })
    .await?;
    stage.lab.node.faults().release("source-controller");
    let first = first.wait_with_output().await.map_err(|error| Broken(error.to_string()))?;
    let told = String::from_utf8_lossy(&first.stderr);
    refused(stage, ("refused", ADVERTISED), (first.status.code(), NOT_PROVEN), (0, &told)).await?;

    fresh_workers(stage).await?;
    stage.lab.node.service("source-controller", Condition::Silent)?;
    attempt(stage, ("silent", ADVERTISED), &stage.instance()).await?;

    fresh_workers(stage).await?;
    stage.lab.node.service("source-controller", Condition::Good)?;
    attempt(stage, ("wrong name", MISNAMED), &misnamed(stage)).await?;

    fresh_workers(stage).await?;
    stage.phase_two().await?;
    let proven = stage.claims()?.into_iter().filter(|claim| PATHS.contains(&claim.gate.as_str()) && claim.is_proven());
    let seconds: Vec<u64> = proven.map(|claim| claim.seconds).collect();
    note(format_args!("reachable: both paths were proven, after {seconds:?} s"));
    ensure(seconds.len() == PATHS.len(), || format!("{} paths were proven", seconds.len()))?;
    stage.all_ready().await?;
    laws::nothing_is_synced_before_every_canary_answered(&stage.history().await?)?;
    stage.laws().await
}

/// A worker that hangs in a download of before must not be what the next attempt finds.
async fn fresh_workers(stage: &Stage) -> Verdict {
    for component in ["helm-controller", "kustomize-controller"] {
        stage.kill(component).await?;
    }
    Ok(())
}

/// An instance whose source-controller says that it is somewhere else.
fn misnamed(stage: &Stage) -> Value {
    let argument = format!("--storage-adv-addr={MISNAMED}");
    let patch = json!([{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": argument}]);
    let mut inputs = stage.instance();
    inputs["kustomize_patches"] =
        json!([{"target": {"kind": "Deployment", "name": "source-controller"}, "patch": patch.to_string()}]);
    inputs
}

/// Lets fluxlift come to its paths, gives it a while there, and stops it: its own deadline was seen once.
async fn attempt(stage: &Stage, how: (&str, &str), inputs: &Value) -> Verdict {
    let before = stage.claims()?.len();
    let run = stage.start_phase_two(inputs)?;
    until("all canaries but those of the paths proven", SOON, async || match stage.claims() {
        Ok(claims) if claims.iter().skip(before).filter(|claim| is_canary(claim)).count() == CANARIES.len() => {
            Seen::There(())
        }
        Ok(claims) => Seen::NotYet(format!("{} claims", claims.len() - before)),
        Err(Broken(why)) => Seen::NotYet(why),
    })
    .await?;
    pass(A_WHILE).await;
    interrupt(&run);
    let output = run.wait_with_output().await.map_err(|error| Broken(error.to_string()))?;
    let told = String::from_utf8_lossy(&output.stderr);
    refused(stage, how, (output.status.code(), INTERRUPTED), (before, &told)).await
}

fn is_canary(claim: &Claim) -> bool {
    claim.gate.starts_with("canary ") && claim.is_proven()
}

/// The attempt, whose claims come after the first so many, ended with both paths unproven, each with the address that was
/// tried and what to look at, and nothing is synced. The verdicts of the three faults look alike: the controllers say no more
/// than that they could not fetch.
async fn refused(
    stage: &Stage,
    (how, address): (&str, &str),
    (code, expected): (Option<i32>, i32),
    (before, told): (usize, &str),
) -> Verdict {
    let claims = stage.claims()?;
    ensure(code == Some(expected), || format!("{how}: fluxlift ended with {code:?}:\n{told}"))?;
    for path in PATHS {
        let mut tried = claims.iter().skip(before).filter(|claim| claim.gate == path);
        let last = tried.next_back().ok_or_else(|| Broken(format!("{how}: {path:?} was not tried:\n{told}")))?;
        note(format_args!("{how}: {path} {} after {} s: {}", last.verdict, last.seconds, last.why));
        let proven = claims.iter().any(|claim| claim.gate == path && claim.is_proven());
        ensure(!proven, || format!("{how}: {path:?} was proven"))?;
        let words = [address, "DNS", "Service source-controller", "NetworkPolicies"];
        ensure(words.iter().all(|word| last.why.contains(word)), || {
            format!("{how}: the cause is not named at {path:?}: {}", last.why)
        })?;
    }
    unsynced(stage).await?;
    Ok(laws::nothing_is_left_behind(&stage.history().await?)?)
}
