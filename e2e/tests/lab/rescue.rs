//! Rescues, with the real helm-controller: in vain while a cause lasts, and then not; and of the controller itself.

use std::time::Duration;

use fluxlift_e2e::conditions::{has_condition, is_ready};
use fluxlift_e2e::node::Controller;
use fluxlift_e2e::patience::{Seen, until};
use fluxlift_e2e::product::Outcome;
use fluxlift_e2e::releases;
use serde_json::{Value, json};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::{DEPLOYMENT, HELM_RELEASE, NAMESPACES, Stage};

pub(crate) const CASES: [Case; 2] = [
    case!(a_release_that_gave_up_is_rescued_once_its_cause_is_gone_and_before_that_nothing_counts_as_help),
    case!(a_frozen_helm_controller_is_restarted_only_where_that_is_allowed_and_then_works_off_what_it_left),
];

const TITLE: &str = "helmrelease/flux-system/late";
/// How long helm-controller may take to give up.
const SOON: Duration = Duration::from_secs(60);
/// How long it takes until a release counts as left alone, and its controller as frozen.
const NEGLECTED: Duration = Duration::from_secs(150);

async fn a_release_that_gave_up_is_rescued_once_its_cause_is_gone_and_before_that_nothing_counts_as_help(
    stage: &mut Stage,
) -> Verdict {
    stage.phase_one().await?;
    stage.phase_two().await?;
    stage.create(HELM_RELEASE, &release()).await?;
    until("the release stalled", SOON, async || match stage.get(HELM_RELEASE, "late").await {
        Ok(Some(release)) if has_condition(&release, "Stalled") => Seen::There(()),
        seen => Seen::NotYet(format!("{seen:?}")),
    })
    .await?;

    let plan = rescue(stage, &["--dry-run"], 3).await?;
    let act = &plan["acts"][0];
    ensure(act["force"] == 3 && act["target"] == TITLE, || format!("the plan is {plan}"))?;

    // The namespace is not there yet: both rungs are climbed, both requests come back, and neither is taken for help.
    let vain = rescue(stage, &[], 3).await?;
    ensure(done(&vain) == [(3, false), (4, false)], || format!("in vain: {vain}"))?;
    ensure(vain["for_a_person"][0]["target"] == TITLE, || format!("nobody is told: {vain}"))?;
    let failed = stage.get(HELM_RELEASE, "late").await?.unwrap_or_default();
    let handled = |name: &str, echo: &str| {
        let asked = &failed["metadata"]["annotations"][format!("reconcile.fluxcd.io/{name}")];
        asked.is_string() && asked == &failed["status"][echo]
    };
    ensure(handled("resetAt", "lastHandledResetAt"), || format!("the reset was not handled: {failed}"))?;
    ensure(handled("forceAt", "lastHandledForceAt"), || format!("the force was not handled: {failed}"))?;
    note(format_args!("in vain: {}", vain["done"][1]["seen"].as_str().unwrap_or_default()));

    stage.create(NAMESPACES, &namespace()).await?;
    let helped = rescue(stage, &["--only", TITLE], 0).await?;
    ensure(done(&helped) == [(3, true)], || format!("not helped: {helped}"))?;
    let mended = stage.get(HELM_RELEASE, "late").await?.unwrap_or_default();
    ensure(is_ready(&mended), || format!("it is not ready: {mended}"))?;
    let mark = &mended["metadata"]["annotations"]["fluxlift.dev/rescue"];
    ensure(mark.is_null(), || format!("a mark was left: {mark}"))?;
    stage.all_ready().await?;
    stage.laws().await
}

async fn a_frozen_helm_controller_is_restarted_only_where_that_is_allowed_and_then_works_off_what_it_left(
    stage: &mut Stage,
) -> Verdict {
    stage.phase_one().await?;
    stage.phase_two().await?;
    stage.create(NAMESPACES, &namespace()).await?;
    // Held, so that no probe tells.
    stage.lab.node.faults().hold("helm-controller");
    stage.lab.node.controllers("helm-controller").iter().for_each(Controller::freeze);
    stage.create(HELM_RELEASE, &release()).await?;
    until("a rescue would restart it", NEGLECTED, async || match rescue(stage, &["--dry-run"], 3).await {
        Ok(plan) if plan["beyond"][0]["force"] == 5 => Seen::There(()),
        seen => Seen::NotYet(format!("{seen:?}")),
    })
    .await?;
    let gentle = rescue(stage, &[], 3).await?;
    ensure(done(&gentle).is_empty(), || format!("more was done than is allowed: {gentle}"))?;
    let untouched = stage.get(HELM_RELEASE, "late").await?.unwrap_or_default();
    ensure(untouched["metadata"]["finalizers"].is_null(), || format!("somebody came by: {untouched}"))?;

    stage.lab.node.faults().release("helm-controller");
    let helped = rescue(stage, &["--max-force", "5"], 0).await?;
    ensure(done(&helped) == [(5, true)], || format!("not helped: {helped}"))?;
    ensure(helped["done"][0]["target"] == "deployment/flux-system/helm-controller", || format!("{helped}"))?;
    note(format_args!("restarted: {}", helped["done"][0]["seen"].as_str().unwrap_or_default()));
    let ready = stage.get(HELM_RELEASE, "late").await?.unwrap_or_default();
    ensure(is_ready(&ready), || format!("it is not ready: {ready}"))?;
    let deployment = stage.get(DEPLOYMENT, "helm-controller").await?.unwrap_or_default();
    let mark = &deployment["metadata"]["annotations"]["fluxlift.dev/rescue"];
    ensure(mark.is_null(), || format!("a mark was left: {mark}"))?;
    stage.all_ready().await?;
    stage.laws().await
}

fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "late"}})
}

/// A release into a namespace that need not exist, which may not be tried twice.
fn release() -> Value {
    json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "late", "namespace": "flux-system"},
        "spec": {"interval": "1h", "timeout": "20s", "targetNamespace": "late",
            "chartRef": {"kind": "OCIRepository", "name": "tiny", "namespace": releases::NAMESPACE},
            "install": {"remediation": {"retries": 0}}, "upgrade": {"remediation": {"retries": 0}}}})
}

/// The acts of an outcome: how much force, and whether it helped.
fn done(outcome: &Value) -> Vec<(u64, bool)> {
    let acts = outcome["done"].as_array();
    let act = |act: &Value| (act["force"].as_u64().unwrap_or_default(), act["helped"] == true);
    acts.into_iter().flatten().map(act).collect()
}

/// `fluxlift rescue` with these options, which must end so.
async fn rescue(stage: &Stage, options: &[&str], code: i32) -> Result<Value, Broken> {
    let kubeconfig = stage.lab.kubeconfig().display().to_string();
    let mut arguments = vec!["rescue", "--kubeconfig", &kubeconfig, "--non-interactive", "-o", "json"];
    arguments.extend(options);
    let Outcome { code: ended, stdout, stderr, took } = stage.fluxlift.run(&arguments, None).await?;
    if !options.contains(&"--dry-run") {
        note(format_args!("rescue {}: {ended:?} in {took:.1?}", options.join(" ")));
    }
    ensure(ended == Some(code), || format!("rescue {options:?} ended with {ended:?}:\n{stdout}{stderr}"))?;
    serde_json::from_str(&stdout).map_err(|error| Broken(format!("{error}: {stdout}")))
}
