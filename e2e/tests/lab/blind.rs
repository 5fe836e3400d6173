//! Controllers that look well and are not: no canary of theirs is ever proven, and the verdict names the cause.

use std::time::Duration;

use fluxlift_e2e::laws;
use fluxlift_e2e::ledger::{self, Claim};
use fluxlift_e2e::link::Condition;
use fluxlift_e2e::node::Controller;
use fluxlift_e2e::patience::{Seen, now, pass, until};
use fluxlift_e2e::product::interrupt;
use futures::future::try_join_all;
use kube::api::{DeleteParams, PostParams};
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::{CLUSTER_ROLE, CLUSTER_ROLE_BINDING, INSTANCE, LEASE, Stage, lease_of, unsynced};

pub(crate) const CASES: [Case; 2] = [
    case!(absent_frozen_cut_off_leaderless_or_without_rights_no_controller_is_proven_and_the_cause_is_named),
    case!(where_nobody_leads_from_the_beginning_no_canary_is_proven_and_the_cause_is_named),
];

const CONTROLLERS: [&str; 4] =
    ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"];
/// The gates of their canaries.
pub(crate) const CANARIES: [&str; 8] = [
    "canary source-controller GitRepository",
    "canary source-controller OCIRepository",
    "canary source-controller HelmRepository",
    "canary source-controller HelmChart",
    "canary source-controller Bucket",
    "canary kustomize-controller Kustomization",
    "canary helm-controller HelmRelease",
    "canary notification-controller Receiver",
];
/// The gates of their leaders, before which no canary is sent to controllers that were there.
const LEADERS: [&str; 4] = [
    "leader of source-controller is current",
    "leader of kustomize-controller is current",
    "leader of helm-controller is current",
    "leader of notification-controller is current",
];
/// What is said of a Lease in the hands of somebody who is no Pod.
const LEADERLESS: [&str; 2] = ["nobody leads", "still holds its Lease"];
/// How long the programs may take for what comes next.
const SOON: Duration = Duration::from_secs(120);
/// The role that all controllers share, and the binding that makes two of them administrators.
const ROLE: &str = "crd-controller-flux-system";
const ADMINISTRATORS: &str = "cluster-reconciler-flux-system";
/// The exit code of a run that was interrupted.
const INTERRUPTED: i32 = 5;

async fn absent_frozen_cut_off_leaderless_or_without_rights_no_controller_is_proven_and_the_cause_is_named(
    stage: &mut Stage,
) -> Verdict {
    stage.phase_one().await?;

    // Absent: every Pod is Ready, and no program was started.
    for controller in CONTROLLERS {
        stage.lab.node.faults().hold(controller);
    }
    attempt(stage, ("absent", &CANARIES), Duration::from_secs(25), &["none of its Pods is leader"]).await?;
    for controller in CONTROLLERS {
        stage.lab.node.faults().release(controller);
    }
    led(stage, &CONTROLLERS).await?;

    // Frozen, and held so that no probe tells, nor heals it. The Lease stays where it is.
    for controller in CONTROLLERS {
        stage.lab.node.faults().hold(controller);
        stage.lab.node.controllers(controller).iter().for_each(Controller::freeze);
    }
    attempt(stage, ("frozen", &CANARIES), Duration::from_secs(40), &["frozen or cut off"]).await?;
    for controller in CONTROLLERS {
        stage.lab.node.faults().release(controller);
        stage.kill(controller).await?;
    }
    led(stage, &CONTROLLERS).await?;

    // Alive, and cut off from the API server, alone of all. Probes do not tell; after half a minute they would end.
    each(stage, &|controller| controller.api(Condition::Cut));
    attempt(stage, ("cut off", &CANARIES), Duration::from_secs(26), &["frozen or cut off"]).await?;
    each(stage, &|controller| controller.api(Condition::Good));
    for controller in CONTROLLERS {
        stage.kill(controller).await?;
    }
    led(stage, &CONTROLLERS).await?;

    // Alive, and somebody else holds the Lease. After half a minute they would end, and start anew.
    let usurped = usurp(stage).await?;
    attempt(stage, ("leaderless", &LEADERS), Duration::from_secs(22), &LEADERLESS).await?;
    drop(usurped);
    led(stage, &CONTROLLERS).await?;

    // Alive and leading, without the right to write status.
    let taken = take_rights(stage).await?;
    attempt(stage, ("without rights", &CANARIES), Duration::from_secs(20), &["its role may lack"]).await?;
    give_back(stage, taken).await?;

    let healed = stage.phase_two().await?;
    note(format_args!("healed: phase 2 took {:.1?}", healed.took));
    stage.all_ready().await?;
    laws::nothing_is_synced_before_every_canary_answered(&stage.history().await?)?;
    stage.laws().await
}

async fn where_nobody_leads_from_the_beginning_no_canary_is_proven_and_the_cause_is_named(
    stage: &mut Stage,
) -> Verdict {
    stage.phase_one().await?;
    // Before there is any controller: they are new, and so each canary is sent at once.
    let usurped = usurp(stage).await?;
    attempt(stage, ("leaderless, and new", &CANARIES), Duration::from_secs(22), &LEADERLESS).await?;
    drop(usurped);
    led(stage, &CONTROLLERS).await?;
    let healed = stage.phase_two().await?;
    note(format_args!("healed: phase 2 took {:.1?}", healed.took));
    stage.all_ready().await?;
    laws::nothing_is_synced_before_every_canary_answered(&stage.history().await?)?;
    stage.laws().await
}

/// Does something to each controller that runs.
fn each(stage: &Stage, act: &dyn Fn(&Controller)) {
    CONTROLLERS.iter().flat_map(|controller| stage.lab.node.controllers(controller)).for_each(|running| act(&running));
}

/// Lets fluxlift try for a while with something broken, stops it, and looks at what it says of these gates.
async fn attempt(stage: &Stage, broken: (&str, &[&str]), while_: Duration, causes: &[&str]) -> Verdict {
    attempt_with(stage, &stage.instance(), broken, while_, causes).await
}

/// The same with these inputs.
pub(crate) async fn attempt_with(
    stage: &Stage,
    inputs: &Value,
    (how, gates): (&str, &[&str]),
    while_: Duration,
    causes: &[&str],
) -> Verdict {
    let before = ledger::claims(&stage.fluxlift.state(INSTANCE))?.len();
    let run = stage.start_phase_two(inputs)?;
    pass(while_).await;
    interrupt(&run);
    let output = run.wait_with_output().await.map_err(|error| Broken(error.to_string()))?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure(output.status.code() == Some(INTERRUPTED), || format!("{how}: ended with {}:\n{told}", output.status))?;
    let claims = ledger::claims(&stage.fluxlift.state(INSTANCE))?.split_off(before);
    for gate in gates {
        unproven(how, gate, &claims, causes).map_err(|Broken(why)| Broken(format!("{how}: {why}\n{told}")))?;
    }
    unsynced(stage).await?;
    Ok(laws::nothing_is_left_behind(&stage.history().await?)?)
}

/// This gate was opened, nothing of its controller's was proven by a canary, and its last verdict names one of these causes.
fn unproven(how: &str, gate: &str, claims: &[Claim], causes: &[&str]) -> Verdict {
    let controller = gate.split(' ').find(|word| word.ends_with("-controller")).unwrap_or_default();
    let canary = |claim: &&Claim| claim.gate.starts_with(&format!("canary {controller} "));
    let proven = claims.iter().filter(canary).find(|claim| claim.is_proven());
    ensure(proven.is_none(), || format!("{proven:?} was proven"))?;
    let last = claims.iter().rfind(|claim| claim.gate == gate && !claim.is_proven());
    let last = last.ok_or_else(|| Broken(format!("{gate:?} has no verdict: {claims:?}")))?;
    note(format_args!("{how}: {}: {}", last.gate, last.why));
    ensure(causes.iter().any(|cause| last.why.contains(cause)), || format!("the cause is not named: {}", last.why))
}

/// Waits until these controllers run and lead.
pub(crate) async fn led(stage: &Stage, controllers: &[&str]) -> Verdict {
    let each = controllers.iter().map(|controller| async move {
        until(&format!("a leader of {controller}"), SOON, async || match leads(stage, controller).await {
            Ok(true) => Seen::There(()),
            Ok(false) => Seen::NotYet("nobody renews its Lease".to_owned()),
            Err(Broken(why)) => Seen::NotYet(why),
        })
        .await
    });
    try_join_all(each).await?;
    Ok(())
}

/// Whether the Lease is renewed by a Pod that runs now.
async fn leads(stage: &Stage, controller: &str) -> Result<bool, Broken> {
    let lease = async || Ok::<_, Broken>(stage.get(LEASE, &lease_of(controller)).await?.unwrap_or_default());
    let (before, running) = (lease().await?, stage.lab.node.controllers(controller));
    pass(Duration::from_millis(2500)).await;
    let after = lease().await?;
    let holder = after["spec"]["holderIdentity"].as_str().unwrap_or_default();
    let runs = running.iter().any(|found| holder.starts_with(&format!("{}_", found.pod)) && found.pid.is_some());
    Ok(runs
        && before["spec"]["holderIdentity"] == after["spec"]["holderIdentity"]
        && renewed(&before) < renewed(&after))
}

fn renewed(lease: &Value) -> &str {
    lease["spec"]["renewTime"].as_str().unwrap_or_default()
}

/// Takes every Lease for somebody who is no Pod, whether it is there or not, and renews it until the handle is dropped. Then
/// they run out.
async fn usurp(stage: &Stage) -> Result<AbortOnDropHandle<()>, Broken> {
    let leases = stage.api(LEASE, fluxlift_e2e::node::NAMESPACE);
    let take = |seconds: i64| {
        json!({"spec": {"holderIdentity": "somebody-else_1", "leaseDurationSeconds": seconds, "renewTime": now(true),
            "acquireTime": now(true)}})
    };
    for controller in CONTROLLERS {
        let name = lease_of(controller);
        match stage.get(LEASE, &name).await? {
            Some(_) => stage.edit(LEASE, &name, &take(15)).await?,
            None => {
                let mut lease = take(15);
                lease["apiVersion"] = json!("coordination.k8s.io/v1");
                lease["kind"] = json!("Lease");
                lease["metadata"] = json!({"name": name, "namespace": fluxlift_e2e::node::NAMESPACE});
                stage.create(LEASE, &lease).await?;
            }
        }
    }
    Ok(AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            for controller in CONTROLLERS {
                let patch = kube::api::Patch::Merge(take(15));
                // One renewal that is lost is made up for by the next.
                let _ = leases.patch(&lease_of(controller), &kube::api::PatchParams::default(), &patch).await;
            }
            pass(Duration::from_secs(1)).await;
        }
    })))
}

/// Takes the right to write status from all controllers; gives what they had.
async fn take_rights(stage: &Stage) -> Result<[Value; 2], Broken> {
    let missing = |what: &str| Broken(format!("{what} is not there"));
    let role = stage.get(CLUSTER_ROLE, ROLE).await?.ok_or_else(|| missing(ROLE))?;
    let binding = stage.get(CLUSTER_ROLE_BINDING, ADMINISTRATORS).await?.ok_or_else(|| missing(ADMINISTRATORS))?;
    let mut rules = role["rules"].clone();
    for rule in rules.as_array_mut().into_iter().flatten() {
        if rule["apiGroups"][0].as_str().is_some_and(|group| group.ends_with(".toolkit.fluxcd.io")) {
            rule["resources"] = json!(MAIN);
        }
    }
    stage.edit(CLUSTER_ROLE, ROLE, &json!({"rules": rules})).await?;
    let bindings = stage.api(CLUSTER_ROLE_BINDING, "");
    bindings.delete(ADMINISTRATORS, &DeleteParams::default()).await.map_err(|error| Broken(error.to_string()))?;
    Ok([role, binding])
}

/// The resources without those for their status.
const MAIN: [&str; 12] = [
    "gitrepositories",
    "ocirepositories",
    "helmrepositories",
    "helmcharts",
    "buckets",
    "externalartifacts",
    "kustomizations",
    "helmreleases",
    "receivers",
    "alerts",
    "providers",
    "artifactgenerators",
];

async fn give_back(stage: &Stage, [role, mut binding]: [Value; 2]) -> Verdict {
    stage.edit(CLUSTER_ROLE, ROLE, &json!({"rules": role["rules"]})).await?;
    for field in ["resourceVersion", "uid", "creationTimestamp", "managedFields"] {
        binding["metadata"][field] = Value::Null;
    }
    let binding = serde_json::from_value(binding).map_err(|error| Broken(error.to_string()))?;
    let created = stage.api(CLUSTER_ROLE_BINDING, "").create(&PostParams::default(), &binding).await;
    created.map(|_| ()).map_err(|error| Broken(error.to_string()))
}
