//! Asking for what has waited for another object that is ready by now.
//!
//! helm- and kustomize-controller do not watch what an object depends on: they look again after `--requeue-dependency`, half
//! a minute by default, so that a chain of four releases takes two minutes in which nothing happens. A request at the moment
//! when the last dependency is ready takes the wait away. It is no rescue: nothing is stuck, nothing is proven by it, and
//! whoever is not asked comes by all the same.

use std::collections::BTreeMap;

use fluxlift_core::{Timestamp, chain};
use fluxlift_gate::GateContext;
use fluxlift_kube::{Cluster, Kind, ObjectRef};
use futures::channel::mpsc;
use futures::{FutureExt as _, StreamExt as _};
use serde_json::json;

use super::act::all;
use super::tokens::Tokens;
use crate::annotation::REQUESTED_AT;
use crate::diagnosis::{Cause, DEPENDENCIES, Place, Scene, Subject, diagnose};

/// How often one object is asked for. Its controller reads dependencies from a cache that may lag behind, and then says once
/// more that they are not ready.
const TIMES: usize = 3;
/// So many are named in the line that tells of it.
const NAMED: usize = 3;
/// No chain of Kustomizations that bring one another is longer; a loop of them leads to no root.
const DEEPEST: usize = 64;

/// What waits for nothing any more, as it was seen at a moment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    at: Timestamp,
    pub(super) places: Vec<Place>,
}

impl Due {
    /// What was delivered under `root` and waits for dependencies that are all ready, as `scene` shows it. Who was asked for
    /// and has not been looked at since is left alone, and so is what is suspended.
    pub(super) fn of(scene: &Scene, root: &Place) -> Self {
        let waits = |subject: &&Subject| {
            let ready = subject.conditions.ready.as_ref();
            subject.request.is_none() && ready.is_some_and(|ready| ready.reason == "DependencyNotReady")
        };
        let overlooked = |subject: &&Subject| {
            matches!(diagnose(scene, subject, scene.at).cause, Cause::Overlooked { what: DEPENDENCIES, .. })
        };
        let waiting = scene.subjects().filter(waits).filter(|subject| descends(scene, subject, root));
        let places = waiting.filter(overlooked).map(|subject| subject.place.clone()).collect();
        Self { at: scene.at, places }
    }
}

/// Whether `root` brought it, itself or through other Kustomizations.
fn descends(scene: &Scene, subject: &Subject, root: &Place) -> bool {
    let owner = |place: &&Place| scene.get(place).and_then(|subject| subject.owner.as_ref());
    std::iter::successors(subject.owner.as_ref(), owner).take(DEEPEST).any(|owner| owner == root)
}

/// Who does the asking.
#[derive(Debug)]
pub(super) struct Waker {
    cx: GateContext,
    cluster: Cluster,
    kinds: BTreeMap<String, Kind>,
    /// How often each was asked for, and when last.
    asked: BTreeMap<Place, (usize, Timestamp)>,
    tokens: Tokens,
    /// Whether a refusal was told already.
    told: bool,
}

impl Waker {
    /// One that asks in `cluster` for objects of `kinds`.
    pub(super) fn new(cx: &GateContext, cluster: &Cluster, kinds: BTreeMap<String, Kind>) -> Self {
        let tokens = Tokens::from(cx.clock.now());
        Self { cx: cx.clone(), cluster: cluster.clone(), kinds, asked: BTreeMap::new(), tokens, told: false }
    }

    /// Asks for all that is due, until nobody says any more what is. What can't be asked for comes without it.
    pub(super) async fn ask(&mut self, mut seen: mpsc::UnboundedReceiver<Due>) {
        while let Some(mut due) = seen.next().await {
            // What was seen since replaces it.
            while let Ok(later) = seen.try_recv() {
                due = later;
            }
            due.places.retain(|place| self.may_ask(place, due.at));
            if !due.places.is_empty() {
                self.wake(&due.places).await;
            }
        }
    }

    /// Whether what was seen `at` this moment is no older than the last request, and there were not too many.
    fn may_ask(&self, place: &Place, at: Timestamp) -> bool {
        self.asked.get(place).is_none_or(|(times, last)| *times < TIMES && *last < at)
    }

    async fn wake(&mut self, places: &[Place]) {
        let mut requests = Vec::new();
        for place in places {
            let Some(kind) = self.kinds.get(place.kind) else { continue };
            let target = ObjectRef::namespaced(kind.clone(), &place.namespace, &place.name);
            let token = self.tokens.draw(self.cx.clock.now());
            requests.push((target, json!({"metadata": {"annotations": {REQUESTED_AT: token}}})));
        }
        let cluster = &self.cluster;
        let answers = all(requests.iter().map(|(target, patch)| cluster.merge(target, patch).boxed())).await;
        let now = self.cx.clock.now();
        for place in places {
            let (times, last) = self.asked.entry(place.clone()).or_insert((0, now));
            (*times, *last) = (*times + 1, now);
        }
        let woken = answers.iter().filter(|answer| answer.is_ok()).count();
        if woken > 0 {
            self.cx.events.step("woke", named(places));
        }
        // What went meanwhile is nobody's concern.
        let refusal = answers.into_iter().filter_map(Result::err).find(|error| !error.is_not_found());
        if let Some(error) = refusal.filter(|_| !std::mem::replace(&mut self.told, true)) {
            self.cx.events.warn(format!("what waits for others comes later than it could: {}", chain(&error)));
        }
    }
}

/// The objects in one line, however many.
fn named(places: &[Place]) -> String {
    let names: Vec<String> = places.iter().take(NAMED).map(Place::to_string).collect();
    match places.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
