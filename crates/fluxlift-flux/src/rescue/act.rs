//! Doing one act, and proving that it helped.

use fluxlift_core::{Deadline, Timestamp};
use fluxlift_gate::GateContext;
use fluxlift_kube::{Cluster, Kind, ObjectRef, kind};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::error::RescueError;
use super::force::Force;
use super::helped::Helped;
use super::mark::Mark;
use super::plan::{Act, Aim};
use super::storage;
use crate::annotation::{FORCE_AT, REQUESTED_AT, RESCUE, RESET_AT, RESTARTED_AT};
use crate::diagnosis::Place;
use crate::gates::LeaderIsCurrent;
use crate::kinds::NAMESPACE;
use crate::{Component, Controllers};

/// How many objects are followed at the same time, each by a watch of its own.
pub(super) const AT_ONCE: usize = 64;

/// What acts are done with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hands<'a> {
    pub(super) cx: &'a GateContext,
    pub(super) cluster: &'a Cluster,
    /// The kinds of Flux, as they are served.
    pub(super) kinds: &'a [Kind],
    /// How long the proof of one act may take.
    pub(super) patience: Deadline,
}

/// One request for a reconciliation.
struct Request<'a> {
    place: &'a Place,
    cause: &'a str,
    force: Force,
    token: &'a str,
    behind: Option<String>,
    /// Whether a rescue before has written it already.
    is_written: bool,
}

impl Hands<'_> {
    /// Does `act` with `token`, which nobody has used before, and gives what was seen that shows that it helped.
    pub(super) async fn act(&self, act: &Act, token: &str) -> Result<String, RescueError> {
        match &act.aim {
            Aim::Object { place, cause, behind, open } => {
                let (token, is_written) = (open.as_deref().unwrap_or(token), open.is_some());
                let behind = behind.clone();
                self.ask(Request { place, cause, force: act.force, token, behind, is_written }).await
            }
            Aim::Storage { place, cause, secret } => {
                let release = self.cluster.must_get(&self.target(place)?).await?;
                let target = ObjectRef::namespaced(kind::SECRET, &secret.0, &secret.1);
                storage::unlock(self.cluster, &release, &target, self.cx.clock.now()).await?;
                self.cx.events.step("unlocked", format!("{target} for {place}"));
                self.ask(Request { place, cause, force: act.force, token, behind: None, is_written: false }).await
            }
            Aim::Controller { component, deployment, held } => {
                self.restart(*component, deployment, token).await?;
                let acted = self.cx.clock.now();
                let proofs = held.iter().map(|place| self.comes_by(place, act.force, acted));
                let proofs: Vec<Result<(), RescueError>> = stream::iter(proofs).buffered(AT_ONCE).collect().await;
                let count = proofs.len();
                proofs.into_iter().collect::<Result<(), RescueError>>()?;
                Ok(format!("a new leader, and all {count} that it should have handled are ready"))
            }
        }
    }

    fn target(&self, place: &Place) -> Result<ObjectRef, RescueError> {
        let kind = self.kinds.iter().find(|kind| kind.kind() == place.kind);
        let kind = kind.ok_or_else(|| RescueError::Unknown(place.to_string()))?;
        Ok(ObjectRef::namespaced(kind.clone(), &place.namespace, &place.name))
    }

    /// Asks the object's controller, and waits until the object is ready.
    async fn ask(&self, request: Request<'_>) -> Result<String, RescueError> {
        let Request { place, cause, force, token, behind, is_written } = request;
        let target = self.target(place)?;
        let asked = if is_written {
            self.cx.events.step("found", format!("the request of a rescue that did not end, on {place}"));
            self.cluster.must_get(&target).await?
        } else {
            let mark = Mark { cause: cause.to_owned(), force, token: token.to_owned() };
            let mut annotations = json!({REQUESTED_AT: token, RESCUE: mark.to_string()});
            match force {
                Force::Reset => annotations[RESET_AT] = Value::from(token),
                Force::Force => annotations[FORCE_AT] = Value::from(token),
                _ => {}
            }
            let asked = self.cluster.merge(&target, &json!({"metadata": {"annotations": annotations}})).await?;
            self.cx.events.step(verb(force), place.to_string());
            asked
        };
        let (title, uid) = (place.to_string(), asked.uid().to_owned());
        let acted = token.parse().unwrap_or_else(|_| self.cx.clock.now());
        let gate = Helped { title, uid, force, token: Some(token.to_owned()), acted, behind };
        self.cx.prove(&gate, self.patience, self.cluster.observe_one(target.clone())).await?;
        self.unmark(&target).await?;
        Ok("Ready, and the request is echoed".to_owned())
    }

    /// Rolls a controller's Deployment, and waits for its new leader.
    async fn restart(&self, component: Component, deployment: &str, token: &str) -> Result<(), RescueError> {
        let target = ObjectRef::namespaced(kind::DEPLOYMENT, NAMESPACE, deployment);
        let mark = Mark { cause: "Restart".to_owned(), force: Force::Restart, token: token.to_owned() };
        let stamp = json!({"metadata": {"annotations": {RESTARTED_AT: token}}});
        let patch = json!({"metadata": {"annotations": {RESCUE: mark.to_string()}}, "spec": {"template": stamp}});
        self.cluster.merge(&target, &patch).await?;
        self.cx.events.step("restarted", target.to_string());
        let gate = LeaderIsCurrent::new(component, deployment);
        self.cx.prove(&gate, self.patience, Controllers::observe(self.cluster)).await?;
        Ok(())
    }

    /// Waits until an object is ready that its controller should have handled before.
    async fn comes_by(&self, place: &Place, force: Force, acted: Timestamp) -> Result<(), RescueError> {
        let target = self.target(place)?;
        let uid = self.cluster.must_get(&target).await?.uid().to_owned();
        let gate = Helped { title: place.to_string(), uid, force, token: None, acted, behind: None };
        self.cx.prove(&gate, self.patience, self.cluster.observe_one(target)).await?;
        Ok(())
    }

    /// Takes the mark of a rescue that has ended off.
    pub(super) async fn unmark(&self, target: &ObjectRef) -> Result<(), RescueError> {
        self.cluster.merge(target, &json!({"metadata": {"annotations": {RESCUE: null}}})).await?;
        Ok(())
    }

    /// The same for an object of Flux.
    pub(super) async fn unmark_place(&self, place: &Place) -> Result<(), RescueError> {
        self.unmark(&self.target(place)?).await
    }
}

const fn verb(force: Force) -> &'static str {
    match force {
        Force::Reset => "reset",
        Force::Force => "forced",
        _ => "asked",
    }
}
