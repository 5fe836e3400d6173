//! Sources: what is the matter with one, and with what is fetched from it.

use fluxlift_core::{Remedy, Timestamp};

use super::cause::Cause;
use super::conditions::{Condition, Truth};
use super::place::Place;
use super::reading::{self, Diagnosis, NEGLECTED};
use super::scene::Scene;
use super::subject::Subject;

/// Reasons that stay until somebody changes the source or its Secret.
const REFUSALS: [&str; 4] = ["AuthenticationFailed", "VerificationError", "URLInvalid", "InvalidChartReference"];

/// A source that is not ready.
pub(super) fn diagnose(scene: &Scene, subject: &Subject, now: Timestamp) -> Diagnosis {
    // A chart waits for its repository, whatever it says itself.
    if let Some(place) = &subject.source {
        match scene.get(place) {
            None if scene.lacks(place) => return Diagnosis::of(Cause::Missing { what: place.to_string() }),
            Some(repository) if !repository.fixed && !repository.is_ready() => {
                return behind(scene, repository, now);
            }
            _ => {}
        }
    }
    let spoken = |ready: &&Condition| ready.status != Truth::True && ready.is_of(subject.generation);
    Diagnosis::of(match subject.conditions.ready.as_ref().filter(spoken) {
        Some(ready) if REFUSALS.contains(&ready.reason.as_str()) => Cause::Refused { why: ready.to_string() },
        Some(ready) if ready.status == Truth::False => Cause::Failing { why: ready.to_string() },
        Some(ready) => reading::work(scene, subject, subject.conditions.work().unwrap_or(ready), now),
        None => reading::unobserved(scene, subject, now),
    })
}

/// Something that waits for `source`, which is not ready.
fn behind(scene: &Scene, source: &Subject, now: Timestamp) -> Diagnosis {
    let found = reading::by_itself(scene, source, now);
    let why = format!("{}: {}", source.place, source.seen());
    // A chart may itself be held up by its repository.
    let neglected = matches!(found.cause.remedy(), Some(Remedy::Reconcile | Remedy::RepairUpstream));
    Diagnosis::behind(Cause::Source { why, neglected }, &source.place)
}

/// A release or Kustomization that says that it waits for its source: the source's fault, the artifact's, or nobody has
/// looked again since.
pub(super) fn awaited(scene: &Scene, subject: &Subject, said: &Condition, now: Timestamp) -> Diagnosis {
    let Some(place) = &subject.source else {
        return Diagnosis::of(Cause::Source { why: said.to_string(), neglected: false });
    };
    let Some(source) = scene.get(place) else { return Diagnosis::of(absent(scene, place, said)) };
    let Some(success) = source.success().filter(|_| source.revision.is_some()) else {
        return behind(scene, source, now);
    };
    let since = success.since.max(subject.changed);
    let neglected = |since: Option<Timestamp>| since.is_some_and(|since| now.duration_since(since) >= NEGLECTED);
    Diagnosis::of(match is_about_the_artifact(&said.message) {
        true => Cause::ArtifactLost { neglected: neglected(since) && neglected(said.since) },
        false => Cause::Overlooked { what: "its source", neglected: neglected(since) },
    })
}

/// Whether the source was found and its artifact could not be had.
fn is_about_the_artifact(message: &str) -> bool {
    ["artifact not found", "Could not load chart", "failed to download archive"]
        .iter()
        .any(|said| message.contains(said))
}

fn absent(scene: &Scene, place: &Place, said: &Condition) -> Cause {
    // A HelmChart is made by helm-controller: there is nothing for a person to make.
    match scene.lacks(place) && place.kind != "HelmChart" {
        true => Cause::Missing { what: place.to_string() },
        false => Cause::Source { why: format!("{place} does not exist: {said}"), neglected: false },
    }
}
