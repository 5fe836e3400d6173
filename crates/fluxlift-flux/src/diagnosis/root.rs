//! The object at the end of the edges: what holds all others up.

use std::collections::BTreeSet;

use fluxlift_core::Timestamp;

use super::place::Place;
use super::reading::{Diagnosis, Upstream, by_itself};
use super::scene::Scene;
use super::subject::Subject;

/// Where the edges end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// At an object, and this is what is the matter with it.
    Object(Place, Box<Diagnosis>),
    /// At a controller's Deployment.
    Controller(String),
}

impl Scene {
    /// Follows the edges from `subject`, with what `found` says of it, to the object that holds it up; itself, where
    /// nothing else does.
    pub fn root(&self, subject: &Subject, found: &Diagnosis, now: Timestamp) -> Root {
        let (mut place, mut found) = (subject.place.clone(), found.clone());
        let mut passed = BTreeSet::new();
        loop {
            match &found.upstream {
                Some(Upstream::Controller(deployment)) => return Root::Controller(deployment.clone()),
                // A loop ends where it is entered again.
                Some(Upstream::Object(next)) if passed.insert(next.clone()) => {
                    let Some(subject) = self.get(next) else { break };
                    (place, found) = (next.clone(), by_itself(self, subject, now));
                }
                _ => break,
            }
        }
        Root::Object(place, Box::new(found))
    }

    /// The loop of dependencies that are not ready and lead from `start` to itself.
    pub(super) fn cycle(&self, start: &Place) -> Option<String> {
        let mut passed = BTreeSet::from([start]);
        let mut trails: Vec<Vec<&Place>> = vec![vec![start]];
        while let Some(trail) = trails.pop() {
            let last = self.get(trail.last()?)?;
            for next in &last.depends_on {
                if next == start {
                    let all = trail.iter().copied().chain([start]).map(ToString::to_string);
                    return Some(all.collect::<Vec<_>>().join(" → "));
                }
                if self.get(next).is_some_and(|subject| !subject.is_ready()) && passed.insert(next) {
                    trails.push(trail.iter().copied().chain([next]).collect());
                }
            }
        }
        None
    }
}
