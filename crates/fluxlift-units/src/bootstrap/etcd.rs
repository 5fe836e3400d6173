//! Founding etcd, once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fluxlift_core::{Deadline, Evidence, Gate, GateName, Observation, Verdict, chain};
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_gate::observe::every;
use fluxlift_gate::{ObserveError, Tried};
use fluxlift_talos::client::{Class, Identity, TalosClient, TalosError};
use fluxlift_talos::node::{ControlPlane, Decision, EtcdSights, Recorded, decide};

use super::BootstrapError;
use super::proofs::Site;
use super::record::{self, Founder};

/// How long control planes may take until all of them answer.
const ANSWER: Deadline = Deadline::minutes(10);
/// How long a machine may say "not now": container runtime and time take a minute or two after a boot.
const BEGIN: Deadline = Deadline::minutes(10);
/// How often a machine is asked again.
const AGAIN: Duration = Duration::from_secs(2);

/// The control planes, by name.
pub type ControlPlanes = BTreeMap<String, ControlPlane>;

/// What etcd shows on each of `planes`.
pub fn sights(planes: &ControlPlanes) -> EtcdSights {
    planes.iter().map(|(node, plane)| (node.clone(), plane.etcd.clone())).collect()
}

/// Every control plane shows whether there is an etcd: only then may anything be decided.
struct AllAnswer;

impl Gate for AllAnswer {
    type Snapshot = ControlPlanes;

    fn name(&self) -> GateName {
        GateName::new("control planes answer")
    }

    fn judge(&self, seen: &Observation<'_, ControlPlanes>) -> Verdict {
        match seen.snapshot.iter().find(|(_, plane)| !plane.etcd.is_clear()) {
            Some((node, plane)) => Verdict::pending(format!("etcd on {node} {}", plane.etcd)),
            None if seen.snapshot.is_empty() => Verdict::pending("there is no control plane"),
            None => {
                let seen: Vec<String> =
                    seen.snapshot.iter().map(|(node, plane)| format!("{node} {}", plane.etcd)).collect();
                Verdict::proven(Evidence::new("etcd", seen.join(", ")))
            }
        }
    }
}

/// Sees to it that etcd is founded, on one machine, once. Gives that machine, or `None` for a cluster that was there.
///
/// # Errors
/// When it must not be done, could not be recorded, or the machine does not begin.
pub async fn found(site: &Site<'_>, cx: &UnitContext) -> Result<Option<Founder>, UnitError> {
    let source = every(AGAIN, || async { Ok::<_, ObserveError>(site.control_planes().await) });
    let planes = cx.gates.prove(&AllAnswer, ANSWER.min(cx.deadline), source).await?;
    let recorded = record::recall(&*cx.acts, cx.prior.as_ref(), &planes);
    match decide(&recorded, site.inputs.chosen()?, &sights(&planes)) {
        Decision::Refuse { why } => Err(BootstrapError::Refused { why }.into()),
        Decision::Adopt => {
            cx.gates.events.step("adopted", "the etcd cluster of all control planes");
            Ok(None)
        }
        Decision::GoOn => Ok(match recorded {
            Recorded::Meant(node) => {
                let founder = Founder::of(&node, &planes);
                cx.acts
                    .done(&founder.act(&*cx.acts), serde_json::json!({ "seen": true }))
                    .map_err(BootstrapError::from)?;
                Some(founder)
            }
            Recorded::Done(node) => Some(Founder::of(&node, &planes)),
            Recorded::Nothing => None,
        }),
        Decision::Bootstrap(node) => {
            let founder = Founder::of(&node, &planes);
            let repeated = AtomicBool::new(record::intend(&*cx.acts, &founder).map_err(BootstrapError::from)?);
            let name = GateName::new(format!("etcd begins on {node}"));
            let call = || call(site, &node, &repeated);
            if let Err(refused) = cx.gates.attempt(name, BEGIN.min(cx.deadline), AGAIN, call).await? {
                if refused.is_occupied() {
                    record::take_back(&*cx.acts, &founder).map_err(BootstrapError::from)?;
                }
                return Err(refused.into());
            }
            cx.acts.done(&founder.act(&*cx.acts), serde_json::json!({})).map_err(BootstrapError::from)?;
            cx.gates.events.step("bootstrapped", format!("etcd on {node}"));
            Ok(Some(founder))
        }
    }
}

/// Looks at all control planes once more, then calls bootstrap on the recorded one. `repeated`: an earlier call may have
/// come through.
async fn call(site: &Site<'_>, node: &str, repeated: &AtomicBool) -> Tried<(), BootstrapError> {
    let begun = |how: &str| Tried::Done((), Evidence::new(format!("node/{node}"), how));
    let planes = site.control_planes().await;
    // Between the decision and this call somebody else may have come.
    match decide(&Recorded::Meant(node.to_owned()), node, &sights(&planes)) {
        Decision::Bootstrap(_) => {}
        Decision::GoOn | Decision::Adopt => return begun("etcd=started"),
        Decision::Refuse { why } if planes.values().all(|plane| plane.etcd.is_clear()) => {
            return Tried::Never(BootstrapError::Refused { why });
        }
        Decision::Refuse { why } => return Tried::Again(why),
    }
    let Err(error) = once(site, node).await else { return begun("bootstrap=accepted") };
    match error.class() {
        Class::Already if repeated.load(Ordering::Relaxed) => begun("bootstrap=already done"),
        Class::Already => Tried::Never(BootstrapError::Occupied { node: node.to_owned() }),
        Class::Final => Tried::Never(error.into()),
        Class::Away => {
            // The call may have come through and its answer got lost.
            repeated.fetch_or(!matches!(error, TalosError::Unreachable { .. }), Ordering::Relaxed);
            Tried::Again(chain(&error))
        }
        Class::NotYet => Tried::Again(chain(&error)),
    }
}

async fn once(site: &Site<'_>, node: &str) -> Result<(), TalosError> {
    let to = site.api(node);
    TalosClient::connect(&site.access, &to, Identity::Configured(&site.ours)).await?.bootstrap().await
}
