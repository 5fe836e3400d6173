//! The referee: counts what the strategies under test claim.

use std::collections::BTreeMap;

use fluxlift_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::World;
use crate::controllers::conditions;
use crate::controllers::object::{annotation, flag, label, number, some_text};
use crate::flux::kinds::{HELM_RELEASES, REQUESTED_AT};
use crate::kube::{Change, ChangeType, Key};

/// The label that fluxlift puts on its canaries: they are not among the releases that count.
pub const CANARY: &str = "fluxlift.dev/canary";

/// The releases of a cluster at one moment, canaries left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many there are.
    pub total: usize,
    /// How many are Ready at their generation.
    pub ready: usize,
    /// How many are at `observedGeneration: -1`.
    pub unobserved: usize,
}

/// A canary that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// The round that it belongs to: a run that is resumed begins a new one.
    pub round: String,
    /// When it was created.
    pub created: Timestamp,
}

/// What the referee saw happen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Referee {
    /// When each release was created, canaries left out.
    pub releases: BTreeMap<Key, Timestamp>,
    /// The canaries that waited for an answer, those included that were taken away since.
    pub canaries: BTreeMap<Key, Canary>,
    /// When each canary was first handled: its token echoed, or its refusal written.
    pub handled: BTreeMap<Key, Timestamp>,
}

impl Referee {
    /// The releases that were created before every canary of the round at that time was handled, or without any.
    ///
    /// Giving up a canary helps nobody: a round in which one was taken away unanswered never counts.
    pub fn early(&self) -> Vec<&Key> {
        let early = |created: &Timestamp| {
            let before = self.canaries.values().filter(|canary| canary.created <= *created);
            let Some(last) = before.max_by_key(|canary| canary.created) else { return true };
            let round = self.canaries.iter().filter(|(_, canary)| canary.round == last.round);
            round.into_iter().any(|(key, _)| self.handled.get(key).is_none_or(|handled| handled > created))
        };
        self.releases.iter().filter(|(_, created)| early(created)).map(|(key, _)| key).collect()
    }
}

/// Counts the releases of a world as they are now.
pub fn count(world: &World) -> Tally {
    let mut tally = Tally::default();
    for (_, release) in world.kube.api.entries(&HELM_RELEASES, None).filter(|(_, release)| !is_canary(release)) {
        let observed = number(release, "/status/observedGeneration").unwrap_or(-1);
        tally.total += 1;
        tally.unobserved += usize::from(observed == -1);
        let current = observed == number(release, "/metadata/generation").unwrap_or(1);
        tally.ready += usize::from(current && conditions::is_true(release, "Ready"));
    }
    tally
}

/// Sees a change.
pub(crate) fn observe(world: &mut World, change: &Change) {
    let now = world.now;
    let added = change.kind == ChangeType::Added;
    if let Some(round) = label(&change.object, CANARY) {
        if added {
            if expects_an_answer(&change.object) {
                let canary = Canary { round: round.to_owned(), created: now };
                world.referee.canaries.insert(change.key.clone(), canary);
            }
        } else if world.referee.canaries.contains_key(&change.key) && is_handled(&change.object) {
            world.referee.handled.entry(change.key.clone()).or_insert(now);
        }
    } else if added && change.key.gr == HELM_RELEASES {
        world.referee.releases.insert(change.key.clone(), now);
    }
}

fn is_canary(object: &Value) -> bool {
    label(object, CANARY).is_some()
}

/// Whether a canary waits for an answer of its own; the suspended source of a path canary does not.
fn expects_an_answer(object: &Value) -> bool {
    annotation(object, REQUESTED_AT).is_some() || !flag(object, "/spec/suspend")
}

/// Whether a controller answered: the echo of a token, or a condition.
fn is_handled(object: &Value) -> bool {
    some_text(object, "/status/lastHandledReconcileAt").is_some() || conditions::get(object, "Ready").is_some()
}
