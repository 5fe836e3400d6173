//! Founding etcd, once.

use std::time::Duration;

use fluxlift_core::{Deadline, Evidence, Gate, GateName, Observation, Verdict};
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_gate::ObserveError;
use fluxlift_gate::observe::{every, pace};
use fluxlift_talos::client::{Class, Identity, TalosClient, TalosError};
use fluxlift_talos::node::{Decision, EtcdSight, EtcdSights, Recorded, decide};

use super::proofs::Site;
use super::{BootstrapError, record};

/// How long control planes may take until all of them answer.
const ANSWER: Deadline = Deadline::minutes(10);
/// How often a machine is asked again that says "not now".
const AGAIN: Duration = Duration::from_secs(2);
/// How often in all: container runtime and time take a minute or two after a boot.
const TRIES: u32 = 150;

/// Every control plane can be asked about etcd: only then may anything be decided.
struct AllAnswer;

impl Gate for AllAnswer {
    type Snapshot = EtcdSights;

    fn name(&self) -> GateName {
        GateName::new("control planes answer")
    }

    fn judge(&self, seen: &Observation<'_, EtcdSights>) -> Verdict {
        let dark = seen.snapshot.iter().find(|(_, sight)| matches!(sight, EtcdSight::Unknown(_)));
        match dark {
            Some((node, sight)) => Verdict::pending(format!("etcd on {node} {sight}")),
            None if seen.snapshot.is_empty() => Verdict::pending("there is no control plane"),
            None => {
                let seen: Vec<String> = seen.snapshot.iter().map(|(node, sight)| format!("{node} {sight}")).collect();
                Verdict::proven(Evidence::new("etcd", seen.join(", ")))
            }
        }
    }
}

/// Sees to it that etcd is founded, on one machine, once. Gives that machine, or `None` for a cluster that was there.
///
/// # Errors
/// When it must not be done, could not be recorded, or the machine does not begin.
pub async fn found(site: &Site<'_>, cx: &UnitContext) -> Result<Option<String>, UnitError> {
    let source = every(AGAIN, || async { Ok::<_, ObserveError>(site.etcd().await) });
    let sights = cx.gates.prove(&AllAnswer, ANSWER.min(cx.deadline), source).await?;
    let recorded = record::recall(&*cx.acts, cx.prior.as_ref());
    match decide(&recorded, site.inputs.chosen()?, &sights) {
        Decision::Refuse { why } => Err(BootstrapError::Refused { why }.into()),
        Decision::Adopt => {
            cx.gates.events.step("adopted", "the etcd cluster of all control planes");
            Ok(None)
        }
        Decision::GoOn => {
            if let Recorded::Meant(node) = &recorded {
                cx.acts.done(&record::act(node), serde_json::json!({ "seen": true })).map_err(BootstrapError::from)?;
            }
            Ok(match recorded {
                Recorded::Meant(node) | Recorded::Done(node) => Some(node),
                Recorded::Nothing => None,
            })
        }
        Decision::Bootstrap(node) => {
            if cx.gates.cancel.is_cancelled() {
                return Err(BootstrapError::Interrupted { what: "etcd was bootstrapped" }.into());
            }
            let repeated = record::intend(&*cx.acts, &node).map_err(BootstrapError::from)?;
            call(site, &node, repeated).await?;
            cx.acts.done(&record::act(&node), serde_json::json!({})).map_err(BootstrapError::from)?;
            cx.gates.events.step("bootstrapped", format!("etcd on {node}"));
            Ok(Some(node))
        }
    }
}

/// Calls bootstrap on the recorded machine until it has begun. `repeated`: an earlier call may have come through.
async fn call(site: &Site<'_>, node: &str, mut repeated: bool) -> Result<(), UnitError> {
    let mut last = String::new();
    for _ in 0..TRIES {
        match once(site, node).await {
            Ok(()) => return Ok(()),
            Err(error) => match error.class() {
                Class::Already if repeated => return Ok(()),
                Class::Already => return Err(BootstrapError::Occupied { node: node.to_owned() }.into()),
                Class::Final => return Err(error.into()),
                Class::Away => {
                    // The call may have come through and its answer got lost.
                    repeated |= !matches!(error, TalosError::Unreachable { .. });
                    last = error.to_string();
                }
                Class::NotYet => last = error.to_string(),
            },
        }
        pace(AGAIN).await;
    }
    Err(BootstrapError::NotBegun { node: node.to_owned(), last }.into())
}

async fn once(site: &Site<'_>, node: &str) -> Result<(), TalosError> {
    let to = site.api(node);
    TalosClient::connect(&site.access, &to, Identity::Configured(&site.ours)).await?.bootstrap().await
}
