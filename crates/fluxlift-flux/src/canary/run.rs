//! One round of canaries: sweep, send, prove, remove.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use fluxlift_core::Deadline;
use fluxlift_gate::GateContext;
use fluxlift_kube::gates::Established;
use fluxlift_kube::{Class, Cluster, Kind, Object, RequestError, Shared, both, persist_while};
use futures::StreamExt as _;
use futures::future::try_join_all;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::handled::Handled;
use super::path::{self, Reached};
use super::plan::Canary;
use super::{CanaryError, LABEL, path_kustomization, path_release, removal};
use crate::annotation::REQUESTED_AT;
use crate::draw::Draw;
use crate::gates::LeaderIsCurrent;
use crate::kinds::{self, HELM_RELEASE};
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

    /// Proves every controller: leaders, canaries, canaries of shards, paths; in this order, each step in parallel.
    ///
    /// # Errors
    /// When one is not proven. Remove the canaries in any case.
    pub async fn prove(&self, expect: Expect) -> Result<(), CanaryError> {
        removal::delete_all(&self.cluster).await?;
        if expect == Expect::AfterRollout {
            try_join_all(self.components.iter().map(|component| self.leader(*component, component.name()))).await?;
        }
        let main = Canary::of_components(&self.components);
        try_join_all(main.iter().map(|canary| self.handled(canary))).await?;
        let shards = Canary::of_shards(&self.look().await?, &self.components);
        if expect == Expect::AfterRollout {
            let led: BTreeSet<_> =
                shards.iter().map(|canary| (canary.species.component(), &canary.deployment)).collect();
            try_join_all(led.into_iter().map(|(component, deployment)| self.leader(component, deployment))).await?;
        }
        try_join_all(shards.iter().map(|canary| self.handled(canary))).await?;
        let paths = [
            (Component::Helm, path_release::source as Make, path_release::follower as Make, path_release::ANSWER),
            (
                Component::Kustomize,
                path_kustomization::source as Make,
                path_kustomization::follower as Make,
                path_kustomization::ANSWER,
            ),
        ];
        let has = |component| self.components.contains(&component);
        let walked = paths.into_iter().filter(|(component, ..)| has(*component) && has(Component::Source));
        try_join_all(
            walked.map(|(component, source, follower, answer)| self.path(component, source, follower, answer)),
        )
        .await?;
        Ok(())
    }

    /// Takes all canaries away and waits until they are gone. A cancelled run does this too.
    ///
    /// # Errors
    /// When one can't be taken away.
    pub async fn remove(mut self) -> Result<(), CanaryError> {
        self.removed = true;
        clean(&self.cx, &self.cluster).await
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

    async fn handled(&self, canary: &Canary) -> Result<(), CanaryError> {
        let kind = self.established(&canary.species.kind()).await?;
        let (name, token) = self.names();
        let created = self.create(&kind, &canary.object(&kind, &name, &self.run, &token)).await?;
        let gate = Handled::new(canary.clone(), created.uid(), token);
        let seen = both(self.cluster.observe_one(removal::target(&kind, &name)), self.controllers.follow());
        self.cx.prove(&gate, self.deadlines.canary, seen).await?;
        Ok(())
    }

    async fn path(
        &self,
        component: Component,
        source: Make,
        follower: Make,
        answer: &'static str,
    ) -> Result<(), CanaryError> {
        let (name, token) = self.names();
        let address = path::address(&self.look().await?);
        let (source_kind, spec) = source(&name);
        let object = self.labelled(&source_kind, &name, &token, spec);
        let created = self.create(&source_kind, &object).await?;
        let now = self.cx.clock.now();
        let status = path::status(created.generation(), &address, &source_kind.word(), &name, now);
        self.cluster.merge_status(&removal::target(&source_kind, &name), &status).await?;
        let (kind, spec) = follower(&name);
        let kind = if kind == HELM_RELEASE { self.established(&kind).await? } else { kind };
        let created = self.create(&kind, &self.labelled(&kind, &name, &token, spec)).await?;
        let gate = Reached { component, uid: created.uid().to_owned(), answer, address };
        let seen = both(self.cluster.observe_one(removal::target(&kind, &name)), self.controllers.follow());
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

/// Makes the kind and the specification of an object of that name.
type Make = fn(&str) -> (Kind, Value);

/// Removes what there is, on a context that the run's cancellation does not reach.
async fn clean(cx: &GateContext, cluster: &Cluster) -> Result<(), CanaryError> {
    let cx = GateContext { cancel: CancellationToken::new(), ..cx.clone() };
    let kinds = removal::delete_all(cluster).await?;
    removal::settle(&cx, cluster, kinds).await
}

impl Drop for CanaryRun {
    fn drop(&mut self) {
        if std::mem::replace(&mut self.removed, true) {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (cx, cluster) = (self.cx.clone(), self.cluster.clone());
            runtime.spawn(async move {
                if clean(&cx, &cluster).await.is_err() {
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
