//! HelmReleases that are not ready.

use fluxlift_core::Timestamp;

use super::cause::Cause;
use super::conditions::{Condition, Truth};
use super::reading::{self, Diagnosis, NEGLECTED};
use super::scene::Scene;
use super::source;
use super::subject::Subject;

pub(super) fn diagnose(scene: &Scene, subject: &Subject, now: Timestamp) -> Diagnosis {
    let spoken = |ready: &&Condition| ready.status != Truth::True && ready.is_of(subject.generation);
    let ready = subject.conditions.ready.as_ref().filter(spoken);
    if let Some(cause) = of_helm(scene, subject, now) {
        return Diagnosis::of(cause);
    }
    let Some(ready) = ready else { return Diagnosis::of(unobserved(scene, subject, now)) };
    match ready.reason.as_str() {
        "DependencyNotReady" => reading::dependency(scene, subject, ready, now),
        "SourceNotReady" | "ArtifactFailed" => source::awaited(scene, subject, ready, now),
        _ if ready.status == Truth::False => Diagnosis::of(Cause::Failing { why: ready.to_string() }),
        _ => Diagnosis::of(in_between(scene, subject, ready, now)),
    }
}

/// What Helm's own storage says, while no action is within its time.
fn of_helm(scene: &Scene, subject: &Subject, now: Timestamp) -> Option<Cause> {
    let status = subject.helm.clone()?;
    // An unlock is over in a moment: what stands there is of one that failed.
    let works = subject.conditions.work().filter(|work| !work.message.starts_with("Running 'unlock'"));
    let at_work = works.is_some_and(|work| {
        let cause = reading::work(scene, subject, work, now);
        matches!(cause, Cause::Working { .. } | Cause::Downloading { .. })
    });
    match status.as_str() {
        "uninstalling" if is_remediated(subject) => None,
        "uninstalling" | "unknown" => Some(Cause::HelmUnknown { status }),
        _ if at_work => None,
        "pending-install" | "pending-upgrade" | "pending-rollback" => {
            let since = subject.conditions.ready.as_ref().and_then(|ready| ready.since).or(subject.changed)?;
            // helm-controller unlocks it by itself when it comes by.
            (now.duration_since(since) >= NEGLECTED).then_some(Cause::HelmLocked { status })
        }
        _ => None,
    }
}

/// Whether helm-controller has uninstalled what it failed to install: its history keeps what was seen last of that, and it
/// tries again.
fn is_remediated(subject: &Subject) -> bool {
    let ready = subject.conditions.ready.as_ref().filter(|ready| ready.is_of(subject.generation));
    ready.is_some_and(|ready| ready.status == Truth::False && ready.reason == "InstallFailed")
}

/// No condition speaks of its generation yet.
fn unobserved(scene: &Scene, subject: &Subject, now: Timestamp) -> Cause {
    let untold = subject.finalized && subject.conditions.is_empty();
    let chart = subject.source.as_ref().filter(|source| source.kind == "HelmChart");
    match chart {
        // After the HelmChart is applied a condition is written at once.
        Some(chart) if untold && scene.lacks(chart) => {
            Cause::ChartNotApplied { neglected: reading::is_old(subject, now) }
        }
        _ => reading::unobserved(scene, subject, now),
    }
}

/// Ready is unknown: work goes on, or its end was never written down.
fn in_between(scene: &Scene, subject: &Subject, ready: &Condition, now: Timestamp) -> Cause {
    let released = subject.conditions.released.as_ref();
    let released = released.is_some_and(|released| released.is_true() && released.is_of(subject.generation));
    let work = match subject.conditions.work() {
        Some(work) => reading::work(scene, subject, work, now),
        None => reading::work(scene, subject, ready, now),
    };
    let idle = match &work {
        Cause::Overdue { .. } => true,
        _ if subject.conditions.work().is_some() => false,
        _ => ready.since.is_some_and(|since| now.duration_since(since) >= NEGLECTED),
    };
    match (idle, released) {
        (true, true) => Cause::Unsettled,
        _ => work,
    }
}
