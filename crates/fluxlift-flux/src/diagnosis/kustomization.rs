//! Kustomizations: those that are not ready, and those that are ready at an older revision.

use fluxlift_core::Timestamp;

use super::cause::Cause;
use super::conditions::{Condition, Truth};
use super::reading::{self, Diagnosis, NEGLECTED};
use super::scene::Scene;
use super::source;
use super::subject::Subject;

pub(super) fn diagnose(scene: &Scene, subject: &Subject, now: Timestamp) -> Diagnosis {
    let spoken = |ready: &&Condition| ready.status != Truth::True && ready.is_of(subject.generation);
    let Some(ready) = subject.conditions.ready.as_ref().filter(spoken) else {
        return Diagnosis::of(reading::unobserved(scene, subject, now));
    };
    match ready.reason.as_str() {
        "DependencyNotReady" => reading::dependency(scene, subject, ready, now),
        "ArtifactFailed" | "SourceNotReady" => source::awaited(scene, subject, ready, now),
        "HealthCheckFailed" => health(scene, subject, ready),
        _ if ready.status == Truth::False => Diagnosis::of(Cause::Failing { why: ready.to_string() }),
        _ if ready.message.contains("health checks") => health(scene, subject, ready),
        _ => Diagnosis::of(reading::work(scene, subject, subject.conditions.work().unwrap_or(ready), now)),
    }
}

/// What it applied is not healthy: the object that it names, else the first that is not ready.
fn health(scene: &Scene, subject: &Subject, said: &Condition) -> Diagnosis {
    let cause = Cause::Health { why: said.to_string() };
    let unready = || scene.applied_by(&subject.place).filter(|applied| !applied.is_ready() && !applied.suspended);
    let named = |applied: &&Subject| {
        let place = &applied.place;
        said.message.contains(&format!("{}/{}/{}", place.kind, place.namespace, place.name))
    };
    match unready().find(named).or_else(|| unready().next()) {
        Some(applied) => Diagnosis::behind(cause, &applied.place),
        None => Diagnosis::of(cause),
    }
}

/// One that is Ready: at the revision that its source has now?
pub(super) fn at_revision(scene: &Scene, subject: &Subject, now: Timestamp) -> Diagnosis {
    let source = match &subject.source {
        Some(place) if scene.get(place).is_some() || scene.lacks(place) => scene.get(place),
        // What was not read can't be compared with.
        _ => return Diagnosis::of(Cause::Ready),
    };
    let (applied, wanted) = (subject.revision.as_deref(), source.and_then(|source| source.revision.as_deref()));
    if wanted.is_some() && applied == wanted {
        return Diagnosis::of(Cause::Ready);
    }
    let why = format!("has applied {}, its source has {}", applied.unwrap_or("nothing"), wanted.unwrap_or("nothing"));
    if let Some(work) = subject.conditions.work() {
        return Diagnosis::of(Cause::Working { why: format!("{why}; {work}") });
    }
    let fetched = source.and_then(|source| source.fetched).max(subject.changed);
    let neglected = wanted.is_some() && fetched.is_some_and(|fetched| now.duration_since(fetched) >= NEGLECTED);
    Diagnosis::of(Cause::OldRevision { why, neglected })
}
