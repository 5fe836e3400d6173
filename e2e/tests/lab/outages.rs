//! What lies between fluxlift and the API server: slow, cut, without a memory, and gone.

use std::time::Duration;

use fluxlift_e2e::audit::Request;
use fluxlift_e2e::link::Condition;
use fluxlift_e2e::patience::{Seen, pass, until};
use fluxlift_e2e::{history, laws};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::blind::CANARIES;
use crate::stage::{DEFINITION, INSTANCE, OPERATOR, Stage, done, printed};

pub(crate) const CASES: [Case; 2] = [
    case!(over_an_api_that_is_slow_forgets_and_is_cut_off_every_controller_is_still_proven),
    case!(a_destroy_without_an_api_server_stops_with_a_hint_and_forgets_nothing),
];

/// How long the programs may take for what comes next.
const SOON: Duration = Duration::from_secs(120);
/// How late each answer comes.
const SLOW: Duration = Duration::from_millis(300);
/// A watch that ends sooner, and has told nothing, is not gone on with.
const SETTLED: Duration = Duration::from_secs(10);
/// Where the canaries of helm-controller are, and their definition.
const RELEASES: &str = "helm.toolkit.fluxcd.io/helmreleases/flux-system/";
const DEFINED: &str = "helmreleases.helm.toolkit.fluxcd.io";
/// The hint of a destroy that finds nobody.
const HINT: &str = "take the unit out of the state with `fluxlift state rm`";

async fn over_an_api_that_is_slow_forgets_and_is_cut_off_every_controller_is_still_proven(
    stage: &mut Stage,
) -> Verdict {
    stage.phase_one().await?;
    // Its canary waits for as long as it takes to break everything around it.
    stage.lab.node.faults().hold("helm-controller");
    stage.lab.api().set(Condition::Slow(SLOW));
    let run = stage.start_phase_two(&stage.instance())?;
    canary(stage, "sent", |_| true).await?;
    watched(stage).await?;
    pass(SETTLED).await;
    forget(stage).await?;

    // The answer comes while nobody can see it.
    stage.lab.api().set(Condition::Cut);
    stage.lab.node.faults().release("helm-controller");
    canary(stage, "answered behind the cut", |seen| seen.text("/status/lastHandledReconcileAt").is_some()).await?;
    ensure(laws::first_synced(&stage.history().await?).is_none(), || "there is a sync".to_owned())?;
    stage.lab.api().set(Condition::Slow(SLOW));

    let output = run.wait_with_output().await.map_err(|error| Broken(error.to_string()))?;
    ensure(output.status.success(), || String::from_utf8_lossy(&output.stderr).into_owned())?;
    stage.lab.api().set(Condition::Good);
    let claims = stage.claims()?;
    for gate in CANARIES {
        let claim = claims.iter().find(|claim| claim.gate == gate && claim.is_proven());
        let claim = claim.ok_or_else(|| Broken(format!("{gate:?} was not proven")))?;
        note(format_args!("{gate} after {} s", claim.seconds));
    }
    stage.all_ready().await?;
    laws::nothing_is_synced_before_every_canary_answered(&stage.history().await?)?;
    stage.laws().await
}

/// Waits until a canary of helm-controller is like this.
async fn canary(stage: &Stage, how: &str, is: impl Fn(&history::Happening) -> bool) -> Verdict {
    until(&format!("helm-controller's canary, {how}"), SOON, async || match stage.history().await {
        Ok(history) if history.of(RELEASES).any(|seen| laws::canaries::is_canary(seen) && is(seen)) => Seen::There(()),
        Ok(history) => Seen::NotYet(format!("revision {}", history.latest())),
        Err(Broken(why)) => Seen::NotYet(why),
    })
    .await?;
    Ok(())
}

/// Waits until fluxlift watches the canary.
async fn watched(stage: &Stage) -> Verdict {
    let log = &stage.lab.control_plane.requests;
    until("a watch of helm-controller's canary", SOON, async || match Request::all(log) {
        Ok(asked) if asked.iter().any(|request| request.verb == "watch" && is_of_releases(request)) => Seen::There(()),
        Ok(asked) => Seen::NotYet(format!("{} requests", asked.len())),
        Err(error) => Seen::NotYet(error.chain()),
    })
    .await?;
    Ok(())
}

fn is_of_releases(request: &Request) -> bool {
    request.uri.contains("/flux-system/helmreleases?")
}

/// Makes the API server forget what it knew of HelmReleases, and waits until fluxlift has met that: its watch is ended, and
/// it lists anew and watches from there. A compaction alone is not felt, because the API server answers from what it
/// remembers; of a kind whose definition changes it remembers nothing.
async fn forget(stage: &Stage) -> Verdict {
    let log = &stage.lab.control_plane.requests;
    let before = Request::all(log)?.len();
    stage.edit(DEFINITION, DEFINED, &json!({"spec": {"names": {"categories": ["lab"]}}})).await?;
    let changed = stage.history().await?.latest();
    history::forget(stage.lab.control_plane.etcd).await?;
    let met = until("a list and a watch of what is not forgotten", SOON, async || {
        let asked = match Request::all(log) {
            Ok(asked) => asked,
            Err(error) => return Seen::NotYet(error.chain()),
        };
        let of_releases = || asked[before..].iter().filter(|request| is_of_releases(request));
        let listed = of_releases().any(|request| request.verb == "list");
        let anew = |request: &Request| request.verb == "watch" && request.version() >= Some(changed);
        let words: Vec<&str> = of_releases().map(|request| request.verb.as_str()).collect();
        match listed && of_releases().any(anew) {
            true => Seen::There(words.join(", ")),
            false => Seen::NotYet(words.join(", ")),
        }
    })
    .await?;
    note(format_args!("forgotten up to revision {changed}: {met}"));
    Ok(())
}

async fn a_destroy_without_an_api_server_stops_with_a_hint_and_forgets_nothing(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    stage.phase_two().await?;
    stage.lab.control_plane.signal("kube-apiserver", Signal::KILL);
    tokio::try_join!(unanswered(stage, INSTANCE, stage.instance()), unanswered(stage, OPERATOR, stage.operator()),)?;
    Ok(())
}

/// Nobody answers while this is destroyed, and so it stays in the state.
async fn unanswered(stage: &Stage, module: &str, inputs: Value) -> Verdict {
    let refused = stage.run("destroy", module, &inputs).await?;
    note(format_args!("{module}: {:?} in {:.1?}", refused.code, refused.took));
    let told = refused.code == Some(1) && refused.stderr.contains(HINT);
    ensure(told, || format!("{module} ended with {:?}:\n{}", refused.code, refused.stderr))?;
    let state = stage.fluxlift.state(module).display().to_string();
    let listed = stage.fluxlift.run(&["state", "list", "--state-dir", &state, "-o", "json"], None).await?;
    let units = printed(&done(listed)?)?["units"].as_array().map_or(0, Vec::len);
    ensure(units == 1, || format!("{units} units are left in the state of {module}"))
}
