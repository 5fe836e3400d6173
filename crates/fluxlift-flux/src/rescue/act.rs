//! Doing one act, and proving that it helped.

use std::time::Duration;

use fluxlift_core::{Deadline, Timestamp};
use fluxlift_gate::GateContext;
use fluxlift_kube::{Class, Cluster, Kind, Object, ObjectRef, kind};
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, stream};
use serde_json::{Value, json};

use super::crowd;
use super::error::RescueError;
use super::force::Force;
use super::helped::Helped;
use super::mark::Mark;
use super::plan::{Act, Aim};
use super::planner::in_action;
use super::storage;
use crate::annotation::{FORCE_AT, REQUESTED_AT, RESCUE, RESET_AT, RESTARTED_AT};
use crate::diagnosis::{Listed, Place};
use crate::gates::LeaderIsCurrent;
use crate::kinds::NAMESPACE;
use crate::status::look;
use crate::{Component, Controllers};

/// How many objects are followed at the same time, each by a watch of its own.
const AT_ONCE: usize = 64;

/// Does all of `work`, not too much of it at the same time, and gives what came of it in the same order.
pub(super) async fn all<T>(work: impl IntoIterator<Item = BoxFuture<'_, T>>) -> Vec<T> {
    let work: Vec<BoxFuture<'_, T>> = work.into_iter().collect();
    stream::iter(work).buffered(AT_ONCE).collect().await
}

/// What acts are done with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hands<'a> {
    pub(super) cx: &'a GateContext,
    pub(super) cluster: &'a Cluster,
    /// The kinds of Flux, as they are served.
    pub(super) kinds: &'a [Kind],
    /// How long the proof of one act may take.
    pub(super) patience: Deadline,
    /// When all of it must have ended, where that is part of something else.
    pub(super) ends: Option<Timestamp>,
    /// Whether a controller may be restarted although a Helm action runs.
    pub(super) interrupt: bool,
}

/// One request for a reconciliation.
struct Request<'a> {
    place: &'a Place,
    /// Of whom it was planned.
    uid: &'a str,
    cause: &'a str,
    force: Force,
    token: &'a str,
    behind: Option<String>,
    /// Whether a rescue before has written it already.
    is_written: bool,
}

/// An act that was done and is not proven yet.
pub(super) enum Begun {
    /// An object's controller was asked.
    Asked {
        /// The object.
        target: Box<ObjectRef>,
        /// What it must come to.
        gate: Box<Helped>,
    },
    /// A controller was restarted.
    Restarted {
        /// Which.
        component: Component,
        /// Its Deployment.
        deployment: String,
        /// The objects that it should have handled.
        held: Vec<Place>,
        /// When.
        acted: Timestamp,
    },
    /// It was not done, because it would not help any more.
    Moot(String),
    /// It was not done, because another object has the name by now, of which nothing is known yet.
    Replaced(String),
}

impl Hands<'_> {
    /// Does `act` with `token`, which nobody has used before. What it comes to is for [`Hands::proof`].
    pub(super) async fn begin(&self, act: &Act, token: &str) -> Result<Begun, RescueError> {
        let begun = match &act.aim {
            Aim::Object { place, uid, cause, behind, open } => {
                // The proofs of an earlier stage may have taken long.
                if act.stage > 0
                    && let Some(why) = self.unfit(place).await?
                {
                    return Ok(Begun::Moot(why));
                }
                let (token, is_written) = (open.as_deref().unwrap_or(token), open.is_some());
                let behind = behind.clone();
                self.ask(Request { place, uid, cause, force: act.force, token, behind, is_written }).await
            }
            Aim::Storage { place, uid, cause, secret } => {
                let request = Request { place, uid, cause, force: act.force, token, behind: None, is_written: false };
                self.unlock(request, secret).await
            }
            Aim::Controller { component, deployment, held, idle } => {
                let in_turn: &[Place] = if *idle { &[] } else { held };
                let restarted = self.restart(deployment, in_turn, token).await;
                let (deployment, held, acted) = (deployment.clone(), held.clone(), self.cx.clock.now());
                restarted.map(|()| Begun::Restarted { component: *component, deployment, held, acted })
            }
        };
        begun.or_else(|error| match error {
            replaced @ RescueError::Replaced(_) => Ok(Begun::Replaced(replaced.to_string())),
            error => error.or_no_help().map(Begun::Moot),
        })
    }

    /// Whether an act that was begun has helped, and what was seen.
    pub(super) async fn proof(&self, begun: &Begun) -> Result<(bool, String), RescueError> {
        let proven = match begun {
            Begun::Moot(why) | Begun::Replaced(why) => return Ok((false, why.clone())),
            Begun::Asked { target, gate } => self.answered(target, gate).await,
            Begun::Restarted { component, deployment, held, acted } => {
                self.relieved(*component, deployment, held, *acted).await
            }
        };
        proven.map(|seen| (true, seen)).or_else(|error| error.or_no_help().map(|why| (false, why)))
    }

    /// How long the proof of an act may take from now on.
    fn patience(&self) -> Deadline {
        let now = self.cx.clock.now();
        let left = |ends: Timestamp| Duration::try_from(ends.duration_since(now)).unwrap_or_default();
        self.ends.map_or(self.patience, |ends| self.patience.min(Deadline::after(left(ends))))
    }

    fn target(&self, place: &Place) -> Result<ObjectRef, RescueError> {
        let kind = self.kinds.iter().find(|kind| kind.kind() == place.kind);
        let kind = kind.ok_or_else(|| RescueError::Unknown(place.to_string()))?;
        Ok(ObjectRef::namespaced(kind.clone(), &place.namespace, &place.name))
    }

    /// Why an object that was looked at some time ago is not to be asked any more.
    async fn unfit(&self, place: &Place) -> Result<Option<String>, RescueError> {
        let target = self.target(place)?;
        let now = self.cluster.get_lean::<Listed>(&target).await?.and_then(|now| now.of(&target.kind));
        Ok(now.and_then(|now| match (now.deleted, now.suspended) {
            (Some(_), _) => Some(format!("{place} is being deleted by now")),
            (None, true) => Some(format!("{place} was suspended meanwhile")),
            (None, false) => None,
        }))
    }

    /// Asks the object's controller.
    async fn ask(&self, request: Request<'_>) -> Result<Begun, RescueError> {
        let Request { place, uid, cause, force, token, behind, is_written } = request;
        let target = self.target(place)?;
        let asked = if is_written {
            self.cx.events.step("found", format!("the request of a rescue that did not end, on {place}"));
            self.same(&target, uid).await?
        } else {
            let mark = Mark { cause: cause.to_owned(), force, token: token.to_owned() };
            let mut annotations = json!({REQUESTED_AT: token, RESCUE: mark.to_string()});
            match force {
                Force::Reset => annotations[RESET_AT] = Value::from(token),
                Force::Force => annotations[FORCE_AT] = Value::from(token),
                _ => {}
            }
            // With the UID in it, the API server refuses it for whoever else has the name by now.
            let patch = json!({"metadata": {"uid": uid, "annotations": annotations}});
            let asked = match self.cluster.merge(&target, &patch).await {
                Err(error) if matches!(error.class(), Class::Conflict | Class::Terminal) => {
                    self.same(&target, uid).await?;
                    return Err(error.into());
                }
                asked => asked?,
            };
            self.cx.events.step(verb(force), place.to_string());
            asked
        };
        let (title, uid) = (place.to_string(), asked.uid().to_owned());
        let acted = token.parse().unwrap_or_else(|_| self.cx.clock.now());
        let gate = Helped { title, uid, force, token: Some(token.to_owned()), acted, behind };
        Ok(Begun::Asked { target: Box::new(target), gate: Box::new(gate) })
    }

    /// The object as it is now, if it is still the one with this UID.
    async fn same(&self, target: &ObjectRef, uid: &str) -> Result<Object, RescueError> {
        let now = self.cluster.must_get(target).await?;
        match now.uid() == uid {
            true => Ok(now),
            false => Err(RescueError::Replaced(now.title())),
        }
    }

    /// Edits Helm's storage, and asks helm-controller to go on.
    async fn unlock(&self, request: Request<'_>, (namespace, name): &(String, String)) -> Result<Begun, RescueError> {
        let release = self.same(&self.target(request.place)?, request.uid).await?;
        let target = ObjectRef::namespaced(kind::SECRET, namespace, name);
        storage::unlock(self.cluster, &release, &target, self.cx.clock.now()).await?;
        self.cx.events.step("unlocked", format!("{target} for {}", request.place));
        self.ask(request).await
    }

    /// Waits until an object that was asked for is ready.
    async fn answered(&self, target: &ObjectRef, gate: &Helped) -> Result<String, RescueError> {
        self.cx.prove(gate, self.patience(), self.cluster.observe_one(target.clone())).await?;
        self.unmark(target).await?;
        Ok("Ready, and the request is echoed".to_owned())
    }

    /// Rolls a controller's Deployment, unless what it has not taken up may only wait for its turn.
    async fn restart(&self, deployment: &str, in_turn: &[Place], token: &str) -> Result<(), RescueError> {
        if !self.interrupt {
            let sight = look(self.cluster, None).await?;
            if let Some(begun) = in_action(&sight.scene) {
                return Err(RescueError::Busy(begun.place.to_string()));
            }
            if let Some(pod) = sight.chain.leading_pod(deployment)
                && let Some(load) = crowd::before(self.cluster, &pod, in_turn).await
            {
                return Err(RescueError::Crowded { deployment: deployment.to_owned(), load });
            }
        }
        let target = ObjectRef::namespaced(kind::DEPLOYMENT, NAMESPACE, deployment);
        let mark = Mark { cause: "Restart".to_owned(), force: Force::Restart, token: token.to_owned() };
        let stamp = json!({"metadata": {"annotations": {RESTARTED_AT: token}}});
        let patch = json!({"metadata": {"annotations": {RESCUE: mark.to_string()}}, "spec": {"template": stamp}});
        self.cluster.merge(&target, &patch).await?;
        self.cx.events.step("restarted", target.to_string());
        Ok(())
    }

    /// Waits for the new leader of a controller that was restarted, and for what it should have handled.
    async fn relieved(
        &self,
        component: Component,
        deployment: &str,
        held: &[Place],
        acted: Timestamp,
    ) -> Result<String, RescueError> {
        let gate = LeaderIsCurrent::new(component, deployment);
        self.cx.prove(&gate, self.patience(), Controllers::observe(self.cluster)).await?;
        let proofs = all(held.iter().map(|place| self.comes_by(place, acted).boxed())).await;
        proofs.into_iter().collect::<Result<(), RescueError>>()?;
        Ok(format!("a new leader, and all {} that it should have handled are ready", held.len()))
    }

    /// Waits until an object is ready that its controller should have handled before.
    async fn comes_by(&self, place: &Place, acted: Timestamp) -> Result<(), RescueError> {
        let target = self.target(place)?;
        let uid = self.cluster.must_get(&target).await?.uid().to_owned();
        let title = place.to_string();
        let gate = Helped { title, uid, force: Force::Restart, token: None, acted, behind: None };
        self.cx.prove(&gate, self.patience(), self.cluster.observe_one(target)).await?;
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
