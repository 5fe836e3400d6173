//! All subjects together, with the edges between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fluxlift_core::Timestamp;
use fluxlift_kube::Object;

use super::place::{KINDS, Place};
use super::subject::Subject;
use super::workforce::{Crew, Workforce};

/// What was seen at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    /// When.
    pub at: Timestamp,
    /// The controllers.
    pub workforce: Workforce,
    /// The kinds of which everything was read, so that what is not here does not exist.
    pub read: BTreeSet<&'static str>,
    subjects: BTreeMap<Place, Arc<Subject>>,
    /// What each Kustomization applied.
    applied: BTreeMap<Place, Vec<Place>>,
    /// Since when objects of each kind have been at what comes before the work proper, by the Deployment whose workers they
    /// keep, sorted.
    preparing: BTreeMap<(&'static str, String), Vec<Timestamp>>,
}

impl Scene {
    /// A scene of `subjects` at a moment. Canaries are not part of it.
    pub fn new(at: Timestamp, workforce: Workforce, subjects: impl IntoIterator<Item = Arc<Subject>>) -> Self {
        let mut scene = Self { at, workforce, read: KINDS.into(), ..Self::default() };
        for subject in subjects {
            if subject.canary {
                continue;
            }
            if let Some(owner) = subject.owner.clone().filter(|owner| *owner != subject.place) {
                scene.applied.entry(owner).or_default().push(subject.place.clone());
            }
            if let (Some(since), Some(crew)) = (subject.preparing(), scene.workforce.crew(&subject)) {
                scene.preparing.entry((subject.place.kind, crew.deployment.clone())).or_default().push(since);
            }
            scene.subjects.insert(subject.place.clone(), subject);
        }
        scene.preparing.values_mut().for_each(|since| since.sort_unstable());
        scene
    }

    /// The same of whole objects.
    pub fn of<'a>(at: Timestamp, workforce: Workforce, objects: impl IntoIterator<Item = &'a Object>) -> Self {
        Self::new(at, workforce, objects.into_iter().filter_map(Subject::of).map(Arc::new))
    }

    /// The subject at a place.
    pub fn get(&self, place: &Place) -> Option<&Subject> {
        self.subjects.get(place).map(AsRef::as_ref)
    }

    /// Whether there is certainly nothing at a place.
    pub fn lacks(&self, place: &Place) -> bool {
        self.read.contains(place.kind) && self.get(place).is_none()
    }

    /// All, by kind, namespace and name.
    pub fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.subjects.values().map(AsRef::as_ref)
    }

    /// How many objects of `kind` have kept a worker of `crew` with preparing since `latest` or longer.
    pub(super) fn preparing(&self, kind: &'static str, crew: &Crew, latest: Timestamp) -> usize {
        let since = self.preparing.get(&(kind, crew.deployment.clone()));
        since.map_or(0, |since| since.partition_point(|since| *since <= latest))
    }

    /// What a Kustomization applied.
    pub(super) fn applied_by(&self, owner: &Place) -> impl Iterator<Item = &Subject> {
        self.applied.get(owner).into_iter().flatten().filter_map(|place| self.get(place))
    }
}
