//! What would help, as a pure function of what was seen and what was tried.

use std::collections::BTreeSet;

use fluxlift_core::Timestamp;
use serde::Serialize;

use super::force::Force;
use super::planner::Planner;
use super::tried::Tried;
use crate::Component;
use crate::diagnosis::{Place, Scene};

/// How far a rescue may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Only these objects, by title (`helmrelease/apps/podinfo`); all where it is empty.
    pub only: BTreeSet<String>,
    /// No more force than this.
    pub most: Force,
    /// Whether a controller may be restarted although a Helm action runs.
    pub interrupt: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { only: BTreeSet::new(), most: Force::Force, interrupt: false }
    }
}

impl Limits {
    /// Whether the object of that title is looked after.
    pub(super) fn include(&self, title: &str) -> bool {
        self.only.is_empty() || self.only.contains(title)
    }
}

/// What an act is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    /// An object of Flux.
    Object {
        /// Which.
        place: Place,
        /// The UID of the one that was looked at.
        uid: String,
        /// The word of what is the matter with it.
        cause: &'static str,
        /// The revision that it must get away from.
        behind: Option<String>,
        /// A request of a rescue that did not end, which nobody has taken up yet.
        open: Option<String>,
    },
    /// The Secret in which Helm keeps the newest revision of a release.
    Storage {
        /// The release.
        place: Place,
        /// The UID of the one that was looked at.
        uid: String,
        /// The word of what is the matter with it.
        cause: &'static str,
        /// The Secret's namespace and name.
        secret: (String, String),
    },
    /// A controller, and the objects that it should have handled.
    Controller {
        /// Which.
        component: Component,
        /// Its Deployment.
        deployment: String,
        /// What it should have handled.
        held: Vec<Place>,
        /// Whether it is seen that its workers do nothing; else it may only have much to do.
        idle: bool,
    },
}

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// How much force it takes.
    pub force: Force,
    /// What it is done to: `helmrelease/apps/podinfo`, `deployment/flux-system/helm-controller`.
    pub target: String,
    /// Why.
    pub why: String,
    /// The objects that it is done for.
    #[serde(rename = "for")]
    pub sakes: Vec<String>,
    #[serde(skip)]
    pub(super) aim: Aim,
    /// What is of the same rung and of a lower stage is proven first.
    #[serde(skip)]
    pub(super) stage: usize,
    /// Which rungs of which objects it counts as.
    #[serde(skip)]
    pub(super) counts_as: Vec<(String, String, Force)>,
}

/// What is left to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The object.
    pub target: String,
    /// What is the matter with it.
    pub why: String,
    /// What a person should do.
    pub act: String,
}

/// What is not ready, and may become so by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The object.
    pub target: String,
    /// What it waits for.
    pub why: String,
    /// Whether work goes on that may bring it: then a rescue that has done something waits for it.
    #[serde(skip)]
    pub(super) comes: bool,
}

/// What would help, the least force first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What is done.
    pub acts: Vec<Act>,
    /// What would help and is not allowed: for its force, or for now.
    pub beyond: Vec<Act>,
    /// What only a person can do.
    pub for_a_person: Vec<Left>,
    /// What is not ready and needs no help yet.
    pub waiting: Vec<Waiting>,
}

impl Plan {
    /// Plans for everything in `scene` that is within `limits` and not ready.
    pub fn of(scene: &Scene, tried: &Tried, limits: &Limits, now: Timestamp) -> Self {
        Planner::new(scene, tried, limits, now).plan()
    }

    /// Whether something that is not ready may still come of what was done.
    pub(super) fn is_coming(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.comes)
    }

    /// Whether everything that was looked at is ready.
    pub fn is_idle(&self) -> bool {
        self.acts.is_empty() && self.beyond.is_empty() && self.for_a_person.is_empty() && self.waiting.is_empty()
    }
}
