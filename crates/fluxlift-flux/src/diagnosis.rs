//! Why an object of Flux is not ready: a pure function from what was seen to a cause.
//!
//! `observedGeneration: -1` alone is not "stuck": it is normal until a controller's first full pass. What it means shows
//! in what else is there, and in whether the source is ready.

use std::fmt;

use fluxlift_core::{Remedy, Timestamp};
use fluxlift_kube::Object;
use jiff::SignedDuration;

use crate::annotation::FINALIZER;
use crate::delivery::Delivery;
use crate::ready::{self, Readiness};

/// How long a release whose source is ready may stay untouched before it is asked for. A retry comes after 30 s at most
/// on current controllers; older ones wait for a whole interval.
pub const NEGLECTED: SignedDuration = SignedDuration::from_secs(60);

/// What is the matter with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nothing: Ready at its generation.
    Ready,
    /// Somebody suspended it.
    Suspended,
    /// It waits for another object of its kind.
    Dependency {
        /// What its message says.
        why: String,
    },
    /// Its source is not ready.
    Source {
        /// What the source lacks.
        why: String,
        /// Whether the source itself has been untouched for long.
        neglected: bool,
    },
    /// No controller has touched it.
    Untouched {
        /// Whether that is so for long.
        neglected: bool,
    },
    /// Its source is ready, but it has not been looked at since.
    Overlooked {
        /// Whether that is so for long.
        neglected: bool,
    },
    /// Work is going on.
    Waiting {
        /// What it says.
        why: String,
    },
    /// It failed, and says that it will not try again by itself.
    Failed {
        /// What it says.
        why: String,
    },
}

impl Finding {
    /// The rung of the ladder that helps, where waiting does not.
    pub const fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Source { neglected: true, .. } => Some(Remedy::RepairUpstream),
            Self::Untouched { neglected: true } | Self::Overlooked { neglected: true } => Some(Remedy::Reconcile),
            _ => None,
        }
    }

    /// Whether it is a cause and not the consequence of another object's state.
    pub const fn is_root_cause(&self) -> bool {
        !matches!(self, Self::Ready | Self::Suspended | Self::Dependency { .. } | Self::Waiting { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("is ready"),
            Self::Suspended => f.write_str("is suspended"),
            Self::Dependency { why } => write!(f, "waits for a dependency ({why})"),
            Self::Source { why, .. } => write!(f, "waits for its source ({why})"),
            Self::Untouched { .. } => f.write_str("is at observedGeneration -1 and no controller has touched it"),
            Self::Overlooked { .. } => f.write_str(
                "is at observedGeneration -1 although its source is ready: its controller has not looked again",
            ),
            Self::Waiting { why } => write!(f, "is not ready ({why})"),
            Self::Failed { why } => write!(f, "has failed ({why})"),
        }
    }
}

/// What is the matter with a HelmRelease.
pub fn of_release(seen: &Delivery, release: &Object, now: Timestamp) -> Finding {
    if release.flag("/spec/suspend") {
        return Finding::Suspended;
    }
    let readiness = Readiness::of(release);
    if readiness.is_ready() {
        return Finding::Ready;
    }
    if let Some(stalled) = ready::stalled(release) {
        return Finding::Failed { why: stalled.to_string() };
    }
    let touched = release.finalizers().any(|f| f == FINALIZER);
    let (Readiness::NotReady(ready), true) = (readiness, touched) else {
        return match readiness {
            Readiness::Unobserved if !touched => Finding::Untouched { neglected: old(release, now) },
            Readiness::Unobserved => unobserved(seen, release, now),
            other => Finding::Waiting { why: other.to_string() },
        };
    };
    match ready.reason() {
        "DependencyNotReady" => Finding::Dependency { why: ready.message().to_owned() },
        "SourceNotReady" | "ArtifactFailed" => of_source(seen, release, &ready.to_string(), now),
        _ => Finding::Waiting { why: ready.to_string() },
    }
}

/// The finalizer is there and no Ready condition: a download, an error of the chart's template, or a dependency.
fn unobserved(seen: &Delivery, release: &Object, now: Timestamp) -> Finding {
    match release.condition("Reconciling").filter(|c| c.is_true()) {
        Some(reconciling) => Finding::Waiting { why: reconciling.to_string() },
        None => of_source(seen, release, "no condition yet", now),
    }
}

/// A release that waits for its source: the source's fault, or its controller has not looked again since.
fn of_source(seen: &Delivery, release: &Object, said: &str, now: Timestamp) -> Finding {
    let Some(source) = seen.chart_source(release) else {
        return Finding::Source { why: format!("it does not exist: {said}"), neglected: false };
    };
    match Readiness::of(source) {
        Readiness::Ready(ready) => {
            let since = ready.since().unwrap_or(now);
            let neglected = now.duration_since(since) >= NEGLECTED && old(release, now);
            Finding::Overlooked { neglected }
        }
        Readiness::Unobserved => {
            let why = format!("{}: {}", source.title(), Readiness::Unobserved);
            Finding::Source { why, neglected: old(source, now) && !source.flag("/spec/suspend") }
        }
        other => Finding::Source { why: format!("{}: {other}", source.title()), neglected: false },
    }
}

/// What is the matter with a Kustomization.
pub fn of_kustomization(seen: &Delivery, kustomization: &Object) -> Finding {
    if kustomization.flag("/spec/suspend") {
        return Finding::Suspended;
    }
    let readiness = Readiness::of(kustomization);
    if readiness.is_ready() {
        return Finding::Ready;
    }
    if let Some(stalled) = ready::stalled(kustomization) {
        return Finding::Failed { why: stalled.to_string() };
    }
    let Readiness::NotReady(ready) = readiness else { return Finding::Waiting { why: readiness.to_string() } };
    match ready.reason() {
        "DependencyNotReady" => Finding::Dependency { why: ready.message().to_owned() },
        "ArtifactFailed" => {
            let home = kustomization.namespace().unwrap_or_default();
            let why = match seen.source(kustomization.at("/spec/sourceRef"), home) {
                Some(source) => format!("{}: {}", source.title(), Readiness::of(source)),
                None => ready.to_string(),
            };
            Finding::Source { why, neglected: false }
        }
        _ => Finding::Waiting { why: ready.to_string() },
    }
}

/// Whether it was created longer ago than a controller may take to come by.
fn old(object: &Object, now: Timestamp) -> bool {
    let created = object.text("/metadata/creationTimestamp").and_then(|time| time.parse::<Timestamp>().ok());
    created.is_some_and(|created| now.duration_since(created) >= NEGLECTED)
}

#[cfg(test)]
mod tests {
    use fluxlift_kube::Collection;
    use serde_json::{Value, json};

    use super::*;

    fn release(finalizer: bool, conditions: Value) -> Object {
        let finalizers = if finalizer { json!([FINALIZER]) } else { json!([]) };
        Object::new(json!({"kind": "HelmRelease", "metadata": {"name": "a", "namespace": "apps", "generation": 1,
            "finalizers": finalizers, "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "r"}}}},
            "status": {"observedGeneration": -1, "conditions": conditions}}))
    }

    fn delivery(chart: Option<Value>) -> Delivery {
        let chart = chart.map(|conditions| {
            Object::new(
                json!({"kind": "HelmChart", "metadata": {"name": "apps-a", "namespace": "apps", "generation": 1,
                "creationTimestamp": "2026-01-01T00:00:00Z"},
                "status": {"observedGeneration": 1, "conditions": conditions}}),
            )
        });
        Delivery {
            at: Timestamp::UNIX_EPOCH,
            kustomizations: Collection::default(),
            releases: Collection::default(),
            sources: [("HelmChart".to_owned(), chart.into_iter().collect())].into(),
        }
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-01-01T{time}Z").parse().unwrap()
    }

    fn condition(kind: &str, status: &str, reason: &str) -> Value {
        json!([{"type": kind, "status": status, "reason": reason, "lastTransitionTime": "2026-01-01T00:00:05Z"}])
    }

    #[test]
    fn minus_one_is_normal_at_first_and_neglect_later() {
        let fresh = of_release(&delivery(None), &release(false, json!([])), at("00:00:30"));
        assert_eq!(fresh, Finding::Untouched { neglected: false });
        assert_eq!(fresh.remedy(), None);
        let later = of_release(&delivery(None), &release(false, json!([])), at("00:01:00"));
        assert_eq!(later.remedy(), Some(Remedy::Reconcile));
    }

    #[test]
    fn a_release_that_waits_although_its_source_is_ready_is_overlooked() {
        let waits = release(true, condition("Ready", "False", "SourceNotReady"));
        let chart = Some(condition("Ready", "True", "ChartPullSucceeded"));
        let finding = of_release(&delivery(chart.clone()), &waits, at("00:00:20"));
        assert_eq!(finding, Finding::Overlooked { neglected: false });
        let finding = of_release(&delivery(chart), &waits, at("00:01:05"));
        assert_eq!(finding.remedy(), Some(Remedy::Reconcile));
    }

    #[test]
    fn a_source_that_is_not_ready_is_the_cause_and_the_release_is_left_alone() {
        let waits = release(true, condition("Ready", "False", "SourceNotReady"));
        let chart = Some(condition("Ready", "False", "ChartPullError"));
        let finding = of_release(&delivery(chart), &waits, at("01:00:00"));
        assert_eq!(finding.remedy(), None);
        assert!(finding.to_string().contains("helmchart/apps/apps-a"), "{finding}");
    }

    #[test]
    fn a_dependency_is_not_repaired_through_its_dependents() {
        let waits = release(true, condition("Ready", "False", "DependencyNotReady"));
        let finding = of_release(&delivery(None), &waits, at("01:00:00"));
        assert!(matches!(finding, Finding::Dependency { .. }));
        assert!(!finding.is_root_cause());
    }

    #[test]
    fn a_download_in_progress_is_work() {
        let busy = release(true, condition("Reconciling", "True", "Progressing"));
        assert!(matches!(of_release(&delivery(None), &busy, at("01:00:00")), Finding::Waiting { .. }));
    }
}
