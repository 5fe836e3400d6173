//! One round of canaries: sweep, send, prove, remove.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use fluxlift_core::Deadline;
use fluxlift_gate::GateContext;
use fluxlift_kube::gates::Established;
use fluxlift_kube::{Class, Cluster, Kind, Object, ObjectRef, Observations, RequestError, Shared, both, persist_while};
use futures::StreamExt as _;
use futures::future::try_join_all;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::handled::Handled;
use super::path::{self, Path, Reached};
use super::plan::Canary;
use super::{CanaryError, LABEL, removal};
use crate::annotation::REQUESTED_AT;
use crate::draw::Draw;
use crate::gates::LeaderIsCurrent;
use crate::kinds;
use crate::{Component, Controllers};

/// How long a refused connection or a definition that is not routed yet may keep a canary from being created.
const CREATION: Deadline = Deadline::minutes(2);

/// How long the parts of a round may take.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// From its creation until a canary is handled. Images may have to be pulled meanwhile.
    pub canary: Deadline,
    /// For a path canary: the controllers are already proven.
    pub path: Deadline,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { canary: Deadline::minutes(15), path: Deadline::secs(90) }
    }
}

/// What is known of the controllers before the round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// They are being installed: whoever answers is new.
    Fresh,
    /// They are rolling: the leader must first be a Pod of the newest ReplicaSet, or an old one may answer.
    AfterRollout,
}

/// A round of canaries. Dropping it without [`CanaryRun::remove`] still takes them away, in the background.
pub struct CanaryRun {
    cx: GateContext,
    cluster: Cluster,
    controllers: Shared<Controllers>,
    components: Vec<Component>,
    deadlines: Deadlines,
    run: String,
    draw: Mutex<Draw>,
    removed: bool,
}

impl CanaryRun {
    /// A round for these controllers of `cluster`.
    pub fn new(cx: &GateContext, cluster: &Cluster, components: &[Component], deadlines: Deadlines, seed: u64) -> Self {
        let mut draw = Draw::new(seed, cx.clock.now());
        Self {
            cx: cx.clone(),
            cluster: cluster.clone(),
            controllers: Shared::new(Controllers::observe(cluster)),
            components: components.to_vec(),
            deadlines,
            run: draw.word(8),
            draw: Mutex::new(draw),
            removed: false,
        }
    }

    /// Proves every controller: leaders, then canaries and paths, then the canaries of shards. What does not need each
    /// other is proven in parallel.
    ///
    /// # Errors
    /// When one is not proven. Remove the canaries in any case.
    pub async fn prove(&self, expect: Expect) -> Result<(), CanaryError> {
        removal::delete_all(&self.cluster, &self.components).await?;
        if expect == Expect::AfterRollout {
            try_join_all(self.components.iter().map(|component| self.leader(*component, component.name()))).await?;
        }
        self.main().await?;
        let shards = Canary::of_shards(&self.look().await?, &self.components);
        if expect == Expect::AfterRollout {
            let led: BTreeSet<_> =
                shards.iter().map(|canary| (canary.species.component(), &canary.deployment)).collect();
            try_join_all(led.into_iter().map(|(component, deployment)| self.leader(component, deployment))).await?;
        }
        try_join_all(shards.iter().map(|canary| self.handled(canary))).await?;
        Ok(())
    }

    /// The main controllers. A path is walked by the canary that proved its controller, as soon as source-controller is
    /// proven too: before, a fetch that is refused would hold a worker.
    async fn main(&self) -> Result<(), CanaryError> {
        let canaries = Canary::of_components(&self.components);
        let (sources, others): (Vec<_>, Vec<_>) =
            canaries.iter().partition(|canary| canary.species.component() == Component::Source);
        let walks = !sources.is_empty();
        let serving = &CancellationToken::new();
        // Who has handled one kind of source leads, and serves artifacts of all kinds; all kinds must be handled all the same.
        let sources = sources.into_iter().map(|canary| async move {
            self.handled(canary).await?;
            serving.cancel();
            Ok::<(), CanaryError>(())
        });
        let others = others.into_iter().map(|canary| async move {
            let handled = self.handled(canary).await?;
            let path = Path::of(canary.species.component()).filter(|_| walks);
            if let Some((path, handled)) = path.zip(handled) {
                serving.cancelled().await;
                self.walk(path, &handled).await?;
            }
            Ok::<(), CanaryError>(())
        });
        tokio::try_join!(try_join_all(sources), try_join_all(others))?;
        Ok(())
    }

    /// Takes all canaries away and waits until they are gone. A cancelled run does this too.
    ///
    /// # Errors
    /// When one can't be taken away.
    pub async fn remove(mut self) -> Result<(), CanaryError> {
        self.removed = true;
        clean(&self.cx, &self.cluster, &self.components).await
    }

    async fn leader(&self, component: Component, deployment: &str) -> Result<(), CanaryError> {
        let gate = LeaderIsCurrent::new(component, deployment);
        self.cx.prove(&gate, self.deadlines.canary, self.controllers.follow()).await?;
        Ok(())
    }

    /// The controllers as they are now. Not being able to look is no answer: none of none would be proven.
    async fn look(&self) -> Result<Controllers, CanaryError> {
        let mut seen = self.controllers.follow();
        loop {
            match seen.next().await {
                Some(Ok(controllers)) => return Ok(controllers),
                Some(Err(error)) if error.transient => {}
                Some(Err(error)) => return Err(CanaryError::Blind { source: Some(error) }),
                None => return Err(CanaryError::Blind { source: None }),
            }
        }
    }

    /// Sends a canary and proves that it is handled; `None` for one that this version of its kind cannot be.
    async fn handled(&self, canary: &Canary) -> Result<Option<ObjectRef>, CanaryError> {
        let kind = self.established(&canary.species.kind()).await?;
        if !canary.species.is_answered_at(kind.version()) {
            let untold = format!("{} is not asked for each {}", canary.deployment, kind.kind());
            self.cx.events.warn(format!("{untold}: its version {} cannot be suspended", kind.version()));
            return Ok(None);
        }
        let (name, token) = self.names();
        let created = self.create(&kind, &canary.object(&kind, &name, &self.run, &token)).await?;
        let target = removal::target(&kind, &name);
        let gate = Handled::new(canary.clone(), created.uid(), token);
        let seen = self.hurried(&target, gate.clone());
        self.cx.prove(&gate, self.deadlines.canary, both(seen, self.controllers.follow())).await?;
        Ok(Some(target))
    }

    /// The canary, and a second pass asked for as soon as it shows the first: by itself that comes most of a second later.
    fn hurried(&self, target: &ObjectRef, gate: Handled) -> Observations<Option<Object>> {
        let mut waits = Some((self.cluster.clone(), target.clone()));
        Box::pin(self.cluster.observe_one(target.clone()).then(move |seen| {
            let another = matches!(&seen, Ok(Some(canary)) if gate.needs_another_pass(canary));
            let asked = waits.take_if(|_| another);
            async move {
                if let Some((cluster, target)) = asked {
                    // Any change of the specification does. If it is refused, the second pass comes in its own time.
                    let _ = cluster.merge(&target, &json!({"spec": {"interval": "2h"}})).await;
                }
                seen
            }
        }))
    }

    /// Lets the canary `follower`, which is handled, look for an artifact that is not there.
    async fn walk(&self, path: Path, follower: &ObjectRef) -> Result<(), CanaryError> {
        let (_, token) = self.names();
        let name = &follower.name;
        let address = path::address(&self.look().await?);
        let source = self.labelled(&path.source, name, &token, path.spec(name));
        let created = self.create(&path.source, &source).await?;
        let status = path::status(created.generation(), &address, &path.source.word(), name, self.cx.clock.now());
        self.cluster.merge_status(&removal::target(&path.source, name), &status).await?;
        let set_off = self.cluster.merge(follower, &json!({"spec": {"suspend": false}})).await?;
        let gate = Reached::new(&path, &set_off, address);
        let seen = both(self.cluster.observe_one(follower.clone()), self.controllers.follow());
        self.cx.prove(&gate, self.deadlines.path, seen).await?;
        Ok(())
    }

    /// Waits for the definition of `kind`, and gives the kind at a version that it serves.
    async fn established(&self, kind: &Kind) -> Result<Kind, CanaryError> {
        let gate = Established::new(kind.crd_name());
        let crd = self.cluster.observe_one(kinds::definition(kind));
        let crd = self.cx.prove(&gate, self.deadlines.canary, crd).await?;
        crd.and_then(|crd| kinds::at_served_version(kind, &crd))
            .ok_or_else(|| CanaryError::NotServed { crd: kind.crd_name() })
    }

    /// Creates a canary. A reply that was lost is recognised by the token.
    async fn create(&self, kind: &Kind, object: &Object) -> Result<Object, CanaryError> {
        // A definition is Established a moment before its URL answers.
        let passing = |error: &RequestError| matches!(error.class(), Class::Transient | Class::NotFound);
        let seed = self.draw.lock().unwrap_or_else(PoisonError::into_inner).seed();
        let created = persist_while(&self.cx, seed, CREATION, passing, || self.cluster.create(kind, object)).await;
        match created {
            Err(error) if error.is_already_exists() => {
                let live = self.cluster.must_get(&object.reference(kind)).await?;
                let ours = live.annotation(REQUESTED_AT) == object.annotation(REQUESTED_AT);
                if ours { Ok(live) } else { Err(error.into()) }
            }
            Err(error) => match error.denial() {
                Some(denial) => Err(CanaryError::Denied { canary: object.title(), denial: denial.to_owned() }),
                None => Err(error.into()),
            },
            Ok(created) => Ok(created),
        }
    }

    fn labelled(&self, kind: &Kind, name: &str, token: &str, spec: Value) -> Object {
        Object::named(&removal::target(kind, name))
            .with("spec", spec)
            .with_label(LABEL, &self.run)
            .with_annotation(REQUESTED_AT, token)
    }

    fn names(&self) -> (String, String) {
        let mut draw = self.draw.lock().unwrap_or_else(PoisonError::into_inner);
        (format!("fluxlift-canary-{}", draw.word(8)), draw.word(16))
    }
}

/// Removes what there is, on a context that the run's cancellation does not reach.
async fn clean(cx: &GateContext, cluster: &Cluster, listed: &[Component]) -> Result<(), CanaryError> {
    let cx = GateContext { cancel: CancellationToken::new(), ..cx.clone() };
    let kinds = removal::delete_all(cluster, listed).await?;
    removal::settle(&cx, cluster, kinds).await
}

impl Drop for CanaryRun {
    fn drop(&mut self) {
        if std::mem::replace(&mut self.removed, true) {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (cx, cluster, listed) = (self.cx.clone(), self.cluster.clone(), self.components.clone());
            runtime.spawn(async move {
                if clean(&cx, &cluster, &listed).await.is_err() {
                    cx.events.warn("canaries were left behind; the next run sweeps them");
                }
            });
        }
    }
}

impl std::fmt::Debug for CanaryRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CanaryRun").field("run", &self.run).finish_non_exhaustive()
    }
}
