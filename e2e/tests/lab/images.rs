//! The image controllers, where they are listed: proven like the others, and not when they only look well.

use std::time::Duration;

use fluxlift_e2e::laws;
use fluxlift_e2e::node::Controller;
use serde_json::{Value, json};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::blind::{attempt_with, led};
use crate::stage::{INSTANCE, Stage, done};

pub(crate) const CASES: [Case; 1] =
    [case!(listed_image_controllers_are_proven_before_the_sync_and_never_while_absent_or_frozen, needs CONTROLLERS)];

const CONTROLLERS: [&str; 2] = ["image-reflector-controller", "image-automation-controller"];
/// Their gates.
const GATES: [&str; 3] = [
    "canary image-reflector-controller ImageRepository",
    "canary image-reflector-controller ImagePolicy",
    "canary image-automation-controller ImageUpdateAutomation",
];

async fn listed_image_controllers_are_proven_before_the_sync_and_never_while_absent_or_frozen(
    stage: &mut Stage,
) -> Verdict {
    let inputs = listed(stage);
    stage.phase_one().await?;

    // Absent: their Pods are Ready, and no program was started.
    let faults = stage.lab.node.faults().clone();
    CONTROLLERS.iter().for_each(|controller| faults.hold(controller));
    let cause = ["none of its Pods is leader"];
    attempt_with(stage, &inputs, ("absent", &GATES), Duration::from_secs(25), &cause).await?;
    CONTROLLERS.iter().for_each(|controller| faults.release(controller));
    led(stage, &CONTROLLERS).await?;

    // Frozen, and held so that no probe tells.
    for controller in CONTROLLERS {
        faults.hold(controller);
        stage.lab.node.controllers(controller).iter().for_each(Controller::freeze);
    }
    attempt_with(stage, &inputs, ("frozen", &GATES), Duration::from_secs(30), &["frozen or cut off"]).await?;
    for controller in CONTROLLERS {
        faults.release(controller);
        stage.kill(controller).await?;
    }
    led(stage, &CONTROLLERS).await?;

    let healed = done(stage.run("apply", INSTANCE, &inputs).await?)?;
    note(format_args!("healed: phase 2 took {:.1?}", healed.took));
    let claims = stage.claims()?;
    for gate in GATES {
        let proven = claims.iter().find(|claim| claim.gate == gate && claim.is_proven());
        let proven = proven.ok_or_else(|| Broken(format!("{gate:?} was not proven:\n{}", healed.stderr)))?;
        note(format_args!("{gate}: {} after {} s", proven.why, proven.seconds));
    }
    stage.all_ready().await?;
    let history = stage.history().await?;
    laws::nothing_is_synced_before_every_canary_answered(&history)?;
    laws::nothing_is_synced_before_every_canary_of_images_answered(&history)?;
    let kinds = ["imagerepositories", "imagepolicies", "imageupdateautomations"];
    for kind in kinds {
        let prefix = format!("image.toolkit.fluxcd.io/{kind}/");
        let left = history.of(&prefix).last().is_some_and(|seen| seen.object.is_some());
        ensure(!left, || format!("the last of the {kind} is still there"))?;
    }
    stage.laws().await
}

/// The inputs of the second phase with the image controllers listed.
fn listed(stage: &Stage) -> Value {
    let mut inputs = stage.instance();
    inputs["flux_components"] = json!([
        "source-controller",
        "kustomize-controller",
        "helm-controller",
        "notification-controller",
        "image-reflector-controller",
        "image-automation-controller"
    ]);
    inputs
}
