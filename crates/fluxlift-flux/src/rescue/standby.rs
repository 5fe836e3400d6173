//! The wait for the delivered set, with a rescue at hand.

use std::collections::BTreeMap;

use fluxlift_core::{Deadline, Evidence, Gate, GateName, Observation, Remedy, Timestamp, Verdict};
use fluxlift_gate::{GateContext, GateError};
use fluxlift_kube::{Cluster, Kind};
use futures::StreamExt as _;
use futures::channel::mpsc;

use super::carry::Rescue;
use super::error::RescueError;
use super::force::Force;
use super::plan::Limits;
use super::waking::{Due, Waker};
use crate::delivery::{Delivered, Delivery};
use crate::diagnosis::Place;
use crate::kinds::KUSTOMIZATION;

/// How long the proof of one act may take, at most.
const PATIENCE: Deadline = Deadline::minutes(10);

/// The wait for the delivered set, with a rescue at hand.
///
/// What waits for something that is ready by now is asked for at once (`rescue/waking.rs`), and so is what is neglected.
/// More force is used only when nothing is left that may still come by itself: what a release lacked when its retries were
/// used up has come by then. Each object is rescued once from each cause.
#[derive(Debug)]
pub struct Standby {
    cx: GateContext,
    cluster: Cluster,
    kinds: BTreeMap<String, Kind>,
    most: Option<Force>,
    rescue: Rescue,
    waker: Waker,
}

impl Standby {
    /// A wait during which no more force than `most` is used; none at all where it is `None`.
    ///
    /// # Errors
    /// When the kinds that Flux serves cannot be read.
    pub async fn new(cx: &GateContext, cluster: &Cluster, most: Option<Force>) -> Result<Self, RescueError> {
        let kinds = Delivery::kinds(cluster).await?;
        let limits = Limits { most: most.unwrap_or(Force::Ask), ..Limits::default() };
        let kinds: BTreeMap<_, _> = kinds.into_iter().map(|kind| (kind.kind().to_owned(), kind)).collect();
        Ok(Self {
            cx: cx.clone(),
            cluster: cluster.clone(),
            most,
            rescue: Rescue::new(cx, cluster, limits, PATIENCE),
            waker: Waker::new(cx, cluster, kinds.clone()),
            kinds,
        })
    }

    /// Waits until `set` is proven, and rescues on the way what is stuck in it.
    ///
    /// # Errors
    /// When the set is not proven before `deadline`, or stuck in a way that a rescue within its limits does not help.
    pub async fn prove(&mut self, set: Delivered, deadline: Deadline) -> Result<Delivery, RescueError> {
        let mut set = set.rescued_by(self.most);
        let opened = self.cx.clock.now();
        let ends = opened.checked_add(deadline.budget()).unwrap_or(Timestamp::MAX);
        let mut acted = false;
        loop {
            let passed = self.cx.clock.now().duration_since(opened).unsigned_abs();
            let left = Deadline::after(deadline.remaining(passed).unwrap_or_default());
            match self.watch(&set, left).await {
                Err(GateError::Stuck { remedy, .. }) if !matches!(remedy, Remedy::Person { .. }) => {
                    acted = true;
                    let stuck = set.take_stuck(&self.look(left).await?);
                    self.rescue.relieve(stuck, ends).await?;
                }
                Ok(delivery) => {
                    // A run that was killed has left its marks.
                    if acted || delivery.is_marked() {
                        self.rescue.finish().await?;
                    }
                    return Ok(delivery);
                }
                Err(error) => {
                    if acted && !matches!(error, GateError::Cancelled { .. }) {
                        self.rescue.finish().await?;
                    }
                    return Err(error.into());
                }
            }
        }
    }

    /// Waits for `set`, and wakes on the way what waits for nothing any more.
    async fn watch(&mut self, set: &Delivered, within: Deadline) -> Result<Delivery, GateError> {
        let observed = Delivery::observe(&self.cluster, self.kinds.values().cloned().collect());
        if self.most.is_none() {
            return self.cx.prove(set, within, observed).await;
        }
        let root = Place::new(KUSTOMIZATION.kind(), &set.namespace, &set.root);
        let (tell, due) = mpsc::unbounded();
        let observed = observed.inspect(move |seen| {
            if let (Ok(delivery), Some(root)) = (seen, &root) {
                // Nobody listens any more when the wait has ended.
                let _ = tell.unbounded_send(Due::of(&delivery.scene, root));
            }
        });
        // The wait takes its observations with it when it ends, and with them what the waker lives on.
        let (proven, ()) = tokio::join!(self.cx.prove(set, within, observed.boxed()), self.waker.ask(due));
        proven
    }

    /// Everything as it is right now: what is rescued is read from it. A look that fails in passing is one that is repeated,
    /// and one that can't succeed ends the wait as it would end any other.
    async fn look(&self, within: Deadline) -> Result<Delivery, GateError> {
        let observed = Delivery::observe(&self.cluster, self.kinds.values().cloned().collect());
        self.cx.prove(&Seen, within, observed).await
    }
}

/// Proven by the first observation that succeeds.
#[derive(Debug)]
struct Seen;

impl Gate for Seen {
    type Snapshot = Delivery;

    fn name(&self) -> GateName {
        GateName::new("delivered set seen")
    }

    fn judge(&self, seen: &Observation<'_, Delivery>) -> Verdict {
        let Delivery { kustomizations, releases, .. } = seen.snapshot;
        let count = kustomizations.iter().count() + releases.iter().count();
        Verdict::proven(Evidence::new("delivered set", format!("{count} objects seen")))
    }
}
