//! The first rung, and the wait for the delivered set that climbs it.

use std::collections::BTreeMap;

use fluxlift_core::{Deadline, ErrorKind, Explain, Hint, Remedy};
use fluxlift_gate::{GateContext, GateError};
use fluxlift_kube::{Cluster, Kind, Object, ObjectRef, RequestError};
use futures::StreamExt as _;
use futures::future::join_all;
use serde_json::json;
use thiserror::Error;

use super::reconcile::Reconciled;
use crate::annotation::REQUESTED_AT;
use crate::delivery::{Delivered, Delivery};
use crate::draw::Draw;

/// How long a controller may take to take a request up.
const TAKE_UP: Deadline = Deadline::minutes(2);

/// Why the delivered set is not proven.
#[derive(Debug, Error)]
pub enum LadderError {
    /// The set, or an act for it, was not proven.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The cluster refused a request.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl Explain for LadderError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Gate(error) => error.kind(),
            Self::Request(error) => error.kind(),
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Gate(error) => error.hints(),
            Self::Request(error) => error.hints(),
        }
    }
}

/// The wait for the delivered set, with the first rung in reach.
#[derive(Debug)]
pub struct Ladder {
    cx: GateContext,
    cluster: Cluster,
    draw: Draw,
    kinds: BTreeMap<String, Kind>,
}

impl Ladder {
    /// A ladder against `cluster`.
    ///
    /// # Errors
    /// When the kinds that Flux serves cannot be read.
    pub async fn new(cx: &GateContext, cluster: &Cluster, seed: u64) -> Result<Self, LadderError> {
        let kinds = Delivery::kinds(cluster).await?;
        Ok(Self {
            cx: cx.clone(),
            cluster: cluster.clone(),
            draw: Draw::new(seed, cx.clock.now()),
            kinds: kinds.into_iter().map(|kind| (kind.kind().to_owned(), kind)).collect(),
        })
    }

    /// Waits until `set` is proven; helps what is neglected on the way, each object once.
    ///
    /// # Errors
    /// When the set is not proven before `deadline`, or stuck in a way that this rung does not help.
    pub async fn prove(&mut self, mut set: Delivered, deadline: Deadline) -> Result<Delivery, LadderError> {
        let opened = self.cx.clock.now();
        loop {
            let passed = self.cx.clock.now().duration_since(opened).unsigned_abs();
            let left = Deadline::after(deadline.remaining(passed).unwrap_or_default());
            let observed = Delivery::observe(&self.cluster, self.kinds.values().cloned().collect());
            match self.cx.prove(&set, left, observed).await {
                Err(GateError::Stuck { remedy: Remedy::Reconcile | Remedy::RepairUpstream, .. }) => {
                    self.help(&mut set).await?;
                }
                other => return Ok(other?),
            }
        }
    }

    /// Asks for everything that is neglected right now, and proves that each request was taken up.
    async fn help(&mut self, set: &mut Delivered) -> Result<(), LadderError> {
        let kinds = self.kinds.values().cloned().collect();
        let Some(Ok(seen)) = Delivery::observe(&self.cluster, kinds).next().await else { return Ok(()) };
        let mut acts = BTreeMap::new();
        for object in seen.kustomizations.iter().chain(seen.releases.iter()) {
            let cause = seen.judge(object, seen.at);
            let Some(remedy) = set.help_for(object, &cause) else { continue };
            set.helped.insert((object.title(), remedy.clone()));
            let object = if remedy == Remedy::RepairUpstream { seen.source_of(object) } else { Some(object) };
            if let Some((kind, object)) = object.and_then(|object| Some((self.kinds.get(object.kind())?, object))) {
                acts.entry(object.reference(kind)).or_insert_with(|| (object, self.draw.word(16)));
            }
        }
        let (cx, cluster) = (&self.cx, &self.cluster);
        let asked = acts.iter().map(|(target, (object, token))| ask(cx, cluster, target, object, token));
        for result in join_all(asked).await {
            match result {
                // What did not take the request up stays in the set and is named there.
                Err(LadderError::Gate(GateError::Deadline { .. } | GateError::Stuck { .. })) | Ok(()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// One act of the rung, proven before anything else is done.
async fn ask(
    cx: &GateContext,
    cluster: &Cluster,
    target: &ObjectRef,
    object: &Object,
    token: &str,
) -> Result<(), LadderError> {
    cluster.merge(target, &json!({"metadata": {"annotations": {REQUESTED_AT: token}}})).await?;
    cx.events.step("requested", format!("a reconciliation of {target}"));
    let gate = Reconciled { title: target.to_string(), uid: object.uid().to_owned(), token: token.to_owned() };
    cx.prove(&gate, TAKE_UP, cluster.observe_one(target.clone())).await?;
    Ok(())
}
