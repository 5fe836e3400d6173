//! The wait for the delivered set, with a rescue at hand.

use std::collections::{BTreeMap, BTreeSet};

use fluxlift_core::{Deadline, Remedy};
use fluxlift_gate::{GateContext, GateError};
use fluxlift_kube::{Cluster, Kind};
use futures::StreamExt as _;

use super::carry::Rescue;
use super::error::RescueError;
use super::force::Force;
use super::plan::Limits;
use crate::delivery::{Delivered, Delivery};

/// How long the proof of one act may take, at most.
const PATIENCE: Deadline = Deadline::minutes(10);

/// The wait for the delivered set, with a rescue at hand.
///
/// What is neglected is asked for at once. More force is used only when nothing is left that may still come by itself:
/// what a release lacked when its retries were used up has come by then. Each object is rescued once from each cause.
#[derive(Debug)]
pub struct Standby {
    cx: GateContext,
    cluster: Cluster,
    kinds: BTreeMap<String, Kind>,
    most: Option<Force>,
    rescue: Rescue,
}

impl Standby {
    /// A wait during which no more force than `most` is used; none at all where it is `None`.
    ///
    /// # Errors
    /// When the kinds that Flux serves cannot be read.
    pub async fn new(cx: &GateContext, cluster: &Cluster, most: Option<Force>) -> Result<Self, RescueError> {
        let kinds = Delivery::kinds(cluster).await?;
        let limits = Limits { most: most.unwrap_or(Force::Ask), ..Limits::default() };
        Ok(Self {
            cx: cx.clone(),
            cluster: cluster.clone(),
            kinds: kinds.into_iter().map(|kind| (kind.kind().to_owned(), kind)).collect(),
            most,
            rescue: Rescue::new(cx, cluster, limits, PATIENCE),
        })
    }

    /// Waits until `set` is proven, and rescues on the way what is stuck in it.
    ///
    /// # Errors
    /// When the set is not proven before `deadline`, or stuck in a way that a rescue within its limits does not help.
    pub async fn prove(&mut self, set: Delivered, deadline: Deadline) -> Result<Delivery, RescueError> {
        let mut set = set.rescued_by(self.most);
        let opened = self.cx.clock.now();
        let mut acted = false;
        loop {
            let passed = self.cx.clock.now().duration_since(opened).unsigned_abs();
            let left = Deadline::after(deadline.remaining(passed).unwrap_or_default());
            let observed = Delivery::observe(&self.cluster, self.kinds.values().cloned().collect());
            match self.cx.prove(&set, left, observed).await {
                Err(GateError::Stuck { remedy, .. }) if !matches!(remedy, Remedy::Person { .. }) => {
                    acted = true;
                    let stuck = self.stuck(&mut set).await;
                    self.rescue.relieve(stuck).await?;
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

    /// Everything that a rescue may help right now, by title. None of it will be rescued from the same cause again.
    async fn stuck(&self, set: &mut Delivered) -> BTreeSet<String> {
        let kinds = self.kinds.values().cloned().collect();
        match Delivery::observe(&self.cluster, kinds).next().await {
            Some(Ok(seen)) => set.take_stuck(&seen),
            _ => BTreeSet::new(),
        }
    }
}
