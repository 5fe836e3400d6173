//! Who answers: an old leader that will not go, and a report that an earlier install left.

use std::time::Duration;

use fluxlift_e2e::conditions::{has_condition, is_ready};
use fluxlift_e2e::laws;
use fluxlift_e2e::patience::{Seen, pass, until};
use serde_json::{Value, json};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::{DEPLOYMENT, FLUX_REPORT, LEASE, OPERATOR, POD, Stage, done, lease_of};

pub(crate) const CASES: [Case; 2] =
    [case!(an_old_leader_that_still_answers_proves_nothing), case!(a_report_of_an_earlier_install_proves_no_operator)];

/// How long the programs may take for what comes next.
const SOON: Duration = Duration::from_secs(120);
/// How long one looks for what must not happen.
const A_WHILE: Duration = Duration::from_secs(15);

async fn an_old_leader_that_still_answers_proves_nothing(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    stage.phase_two().await?;
    let old = holder(stage).await?;
    stage.lab.node.faults().linger("helm-controller");
    // An argument that changes nothing makes new Pods.
    let patch = json!([{"op": "add", "path": "/spec/template/metadata/annotations/lab", "value": "again"}]);
    let mut inputs = stage.instance();
    inputs["kustomize_patches"] =
        json!([{"target": {"kind": "Deployment", "name": "helm-controller"}, "patch": patch.to_string()}]);
    let run = stage.start_phase_two(&inputs)?;
    until("the old Pod on its way out", SOON, async || match stage.get(POD, &old).await {
        Ok(Some(pod)) if !pod["metadata"]["deletionTimestamp"].is_null() => Seen::There(()),
        Ok(_) => Seen::NotYet("it is not".to_owned()),
        Err(Broken(why)) => Seen::NotYet(why),
    })
    .await?;
    pass(A_WHILE).await;
    ensure(holder(stage).await? == old, || "the old leader gave its Lease up".to_owned())?;
    let deployment = stage.get(DEPLOYMENT, "helm-controller").await?.unwrap_or_default();
    note(format_args!(
        "{} of {} new Pods are Ready while pod {old}, deleted, leads",
        deployment["status"]["updatedReplicas"], deployment["spec"]["replicas"]
    ));
    let answered = canaries(stage).await?;
    ensure(answered == 0, || format!("{answered} canaries were sent to the old leader"))?;

    stage.lab.node.faults().dismiss("helm-controller");
    let output = run.wait_with_output().await.map_err(|error| Broken(error.to_string()))?;
    ensure(output.status.success(), || String::from_utf8_lossy(&output.stderr).into_owned())?;
    let new = holder(stage).await?;
    ensure(new != old, || format!("{new} still leads"))?;
    for claim in stage.claims()?.iter().filter(|claim| claim.gate == "leader of helm-controller is current") {
        note(format_args!("{} {} after {} s: {}", claim.gate, claim.verdict, claim.seconds, claim.why));
    }
    stage.all_ready().await?;
    laws::the_last_change_was_proven_again(&stage.history().await?)?;
    stage.laws().await
}

/// The Pod that holds helm-controller's Lease.
async fn holder(stage: &Stage) -> Result<String, Broken> {
    let lease = stage.get(LEASE, &lease_of("helm-controller")).await?.unwrap_or_default();
    let holder = lease["spec"]["holderIdentity"].as_str().unwrap_or_default();
    Ok(holder.split('_').next().unwrap_or_default().to_owned())
}

/// How many HelmReleases of fluxlift's were created since the instance has its sync.
async fn canaries(stage: &Stage) -> Result<usize, Broken> {
    let history = stage.history().await?;
    let synced = laws::first_synced(&history).map_or(0, |seen| seen.revision);
    let releases = history.of("helm.toolkit.fluxcd.io/helmreleases/flux-system/");
    Ok(releases.filter(|seen| seen.created && seen.revision > synced && laws::canaries::is_canary(seen)).count())
}

async fn a_report_of_an_earlier_install_proves_no_operator(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    done(stage.run("destroy", OPERATOR, &stage.operator()).await?)?;
    let old = stage.get(FLUX_REPORT, "flux").await?;
    let old =
        old.ok_or_else(|| Broken("the operator's report went with it, so there is nothing to test".to_owned()))?;
    note(format_args!("the operator is gone, its report is left and Ready: {}", is_ready(&old)));
    ensure(is_ready(&old), || format!("the report that is left is not Ready: {old}"))?;

    stage.lab.node.faults().hold("flux-operator");
    let lab = &*stage;
    let again = async { lab.phase_one().await };
    let watched = async {
        until("deployment/flux-operator Available", SOON, async || match lab.get(DEPLOYMENT, "flux-operator").await {
            Ok(Some(found)) if has_condition(&found, "Available") => Seen::There(()),
            Ok(_) => Seen::NotYet("it is not".to_owned()),
            Err(Broken(why)) => Seen::NotYet(why),
        })
        .await?;
        pass(A_WHILE).await;
        let proven = fluxlift_e2e::ledger::claims(&lab.fluxlift.state(OPERATOR))?;
        let fresh = proven.iter().filter(|claim| claim.gate == "fluxreport/flux fresh" && claim.is_proven()).count();
        lab.lab.node.faults().release("flux-operator");
        ensure(fresh == 1, || format!("the report was proven {fresh} times, with an operator that never ran"))
    };
    let (again, watched) = tokio::join!(again, watched);
    watched?;
    note(format_args!("with an operator that was held for {} s, phase 1 took {:.1?}", A_WHILE.as_secs(), again?.took));
    let new = stage.get(FLUX_REPORT, "flux").await?.unwrap_or_default();
    ensure(uid(&new) != uid(&old), || "the report is the old one".to_owned())?;
    let claims = stage.claims()?;
    ensure(claims.iter().any(|claim| claim.uid.as_deref() == uid(&new)), || {
        "the new report proves nothing".to_owned()
    })?;
    stage.laws().await
}

fn uid(object: &Value) -> Option<&str> {
    object["metadata"]["uid"].as_str()
}
