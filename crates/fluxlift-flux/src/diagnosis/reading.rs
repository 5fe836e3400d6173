//! What is the matter with one subject: what all kinds have in common, and the way to what each has of its own.

use fluxlift_core::{Remedy, Timestamp};
use jiff::SignedDuration;

use super::cause::Cause;
use super::conditions::Condition;
use super::place::Place;
use super::root::Root;
use super::scene::Scene;
use super::subject::{PREPARING, Subject};
use super::workforce::Handler;
use super::{kustomization, release, source};

/// How long an object that nothing holds may stay as it is before it is asked for. A retry comes after 30 s at most on
/// current controllers; older ones wait for a whole interval.
pub const NEGLECTED: SignedDuration = SignedDuration::from_secs(60);
/// What an overlooked object has waited for, where it is not its source.
pub(crate) const DEPENDENCIES: &str = "what it depends on";
/// How long a controller may take to take a request up.
const TAKE_UP: SignedDuration = SignedDuration::from_mins(2);
/// How long a deletion may take: an uninstall has five minutes by default.
const DELETION: SignedDuration = SignedDuration::from_mins(10);

/// What holds an object up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upstream {
    /// Another object.
    Object(Place),
    /// Its controller's Deployment.
    Controller(String),
}

/// What is the matter with a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What.
    pub cause: Cause,
    /// Since when, as far as the object says.
    pub since: Option<Timestamp>,
    /// What holds it up, where that is something else.
    pub upstream: Option<Upstream>,
}

impl Diagnosis {
    pub(super) fn of(cause: Cause) -> Self {
        Self { cause, since: None, upstream: None }
    }

    pub(super) fn behind(cause: Cause, upstream: &Place) -> Self {
        Self { upstream: Some(Upstream::Object(upstream.clone())), ..Self::of(cause) }
    }
}

/// Reads `subject` as of `now`.
pub fn diagnose(scene: &Scene, subject: &Subject, now: Timestamp) -> Diagnosis {
    let mut found = by_itself(scene, subject, now);
    // Whoever suspended what holds it up has to say when that ends, however long the way to it is.
    if matches!(found.cause, Cause::Source { .. } | Cause::Dependency { .. })
        && let Root::Object(place, root) = scene.root(subject, &found, now)
        && root.cause == Cause::Suspended
    {
        found.cause = Cause::AwaitsSuspended { what: place.to_string() };
    }
    found
}

/// The same, without a look along the edges to their end.
pub(super) fn by_itself(scene: &Scene, subject: &Subject, now: Timestamp) -> Diagnosis {
    let mut found = match at_rest(subject, now) {
        Some(cause) => Diagnosis::of(cause),
        None => attended(scene, subject, now),
    };
    // A success may still be one of an older revision.
    if found.cause == Cause::Ready && subject.place.kind == "Kustomization" {
        found = kustomization::at_revision(scene, subject, now);
    }
    found.since = since(subject, &found.cause);
    found
}

/// What needs no look at anything else.
fn at_rest(subject: &Subject, now: Timestamp) -> Option<Cause> {
    if let Some(deleted) = subject.deleted {
        return Some(Cause::Deleting { held: now.duration_since(deleted) >= DELETION });
    }
    if subject.suspended {
        return Some(Cause::Suspended);
    }
    if subject.fixed {
        return Some(Cause::Fixed);
    }
    if let Some(stalled) = subject.stalled() {
        return Some(stall(subject, stalled));
    }
    if subject.is_ready() {
        return Some(match subject.place.is_source() && subject.revision.is_none() {
            true => Cause::Failing { why: "Ready without an artifact".to_owned() },
            false => Cause::Ready,
        });
    }
    None
}

fn stall(subject: &Subject, stalled: &Condition) -> Cause {
    let ready = subject.conditions.ready.as_ref().filter(|ready| !ready.is_true());
    let why = ready.unwrap_or(stalled).to_string();
    match stalled.reason.as_str() {
        "RetriesExceeded" => Cause::RetriesExceeded { why },
        "MissingRollbackTarget" => Cause::NoRollbackTarget,
        _ => Cause::Refused { why },
    }
}

/// A subject that is not ready, and whether anybody is there to change that.
fn attended(scene: &Scene, subject: &Subject, now: Timestamp) -> Diagnosis {
    let found = match subject.place.kind {
        "HelmRelease" => release::diagnose(scene, subject, now),
        "Kustomization" => kustomization::diagnose(scene, subject, now),
        _ => source::diagnose(scene, subject, now),
    };
    // What waits for another object, or for a person, does so whoever is at work.
    if found.upstream.is_some() || matches!(found.cause.remedy(), Some(Remedy::Person { .. } | Remedy::Reset)) {
        return found;
    }
    let untouched = matches!(found.cause, Cause::Untouched { begun: false, .. });
    match scene.workforce.handler(subject) {
        Handler::NoShard if untouched => {
            Diagnosis::of(Cause::NoShard { shard: subject.shard.clone().unwrap_or_default() })
        }
        Handler::Elsewhere(_) if untouched => Diagnosis::of(Cause::Unwatched),
        Handler::Crew(crew) if crew.trouble.is_some() => Diagnosis {
            upstream: Some(Upstream::Controller(crew.deployment.clone())),
            ..Diagnosis::of(Cause::Unattended { why: crew.trouble.clone().unwrap_or_default(), frozen: crew.frozen })
        },
        _ if found.cause.remedy() == Some(Remedy::Reconcile) && is_ignored(subject, now) => {
            Diagnosis::of(Cause::Ignored)
        }
        _ => found,
    }
}

/// Whether it was asked for long ago. Who asks writes the time, by custom; a request without one proves nothing.
fn is_ignored(subject: &Subject, now: Timestamp) -> bool {
    let Some(request) = &subject.request else { return false };
    let seconds = || request.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let asked = request.parse::<Timestamp>().ok().or_else(seconds);
    asked.is_some_and(|asked| now.duration_since(asked) >= TAKE_UP)
}

/// Since when it is as it is.
fn since(subject: &Subject, cause: &Cause) -> Option<Timestamp> {
    let conditions = &subject.conditions;
    let of = |condition: &Option<Condition>| condition.as_ref().and_then(|condition| condition.since);
    match cause {
        Cause::Deleting { .. } => subject.deleted,
        Cause::Outdated { .. } => subject.changed,
        Cause::Untouched { .. } | Cause::ChartNotApplied { .. } | Cause::NoShard { .. } | Cause::Unwatched => {
            subject.created
        }
        Cause::Downloading { .. } => of(&conditions.reconciling),
        _ => of(&conditions.ready).or_else(|| of(&conditions.reconciling)).or(subject.created),
    }
}

/// Whether nobody has come by since it was last changed, for longer than that may take.
pub(super) fn is_old(subject: &Subject, now: Timestamp) -> bool {
    subject.changed.is_some_and(|changed| now.duration_since(changed) >= NEGLECTED)
}

/// A subject without a condition that speaks of its present generation: nobody has come by, or the work has begun.
pub(super) fn unobserved(scene: &Scene, subject: &Subject, now: Timestamp) -> Cause {
    let neglected = is_old(subject, now);
    if let Some(work) = subject.conditions.work() {
        return self::work(scene, subject, work, now);
    }
    if subject.observed >= 0 && subject.observed != subject.generation {
        return Cause::Outdated { observed: subject.observed, neglected };
    }
    match subject.conditions.ready.as_ref().and_then(|ready| ready.observed_generation) {
        Some(observed) if observed != subject.generation => Cause::Outdated { observed, neglected },
        _ => Cause::Untouched { begun: subject.finalized, neglected },
    }
}

/// Work that goes on: what comes before the work proper, or the work with its timeout.
pub(super) fn work(scene: &Scene, subject: &Subject, work: &Condition, now: Timestamp) -> Cause {
    let lasts = |since: Timestamp| now.duration_since(since);
    if work.message == PREPARING && work.since.is_some_and(|since| lasts(since) >= NEGLECTED) {
        let latest = now.checked_sub(NEGLECTED).unwrap_or(now);
        let blocked = |crew| scene.preparing(subject.place.kind, crew, latest);
        return match scene.workforce.crew(subject) {
            Some(crew) => Cause::Downloading { blocked: blocked(crew), workers: crew.workers },
            // Nobody is sent to restart a controller of which nothing is known.
            None => Cause::Downloading { blocked: 1, workers: usize::MAX },
        };
    }
    let why = work.to_string();
    match (timeout(&work.message), work.since) {
        (Some(timeout), Some(since)) if lasts(since) >= timeout.saturating_add(NEGLECTED) => {
            Cause::Overdue { why, timeout }
        }
        _ => Cause::Working { why },
    }
}

/// The timeout that a message such as `Running 'install' action with timeout of 5m0s` names.
fn timeout(message: &str) -> Option<SignedDuration> {
    let (_, after) = message.split_once("timeout of ")?;
    after.split(' ').next()?.trim_end_matches(['.', ',']).parse().ok()
}

/// Another object must be ready first: the first that is not, or nobody has looked since they all are.
pub(super) fn dependency(scene: &Scene, subject: &Subject, said: &Condition, now: Timestamp) -> Diagnosis {
    if let Some(through) = scene.cycle(&subject.place) {
        return Diagnosis::of(Cause::Cycle { through });
    }
    let mut ready_since = subject.changed;
    for place in &subject.depends_on {
        let Some(dependency) = scene.get(place) else {
            return match scene.lacks(place) {
                true => Diagnosis::of(Cause::Missing { what: place.to_string() }),
                false => Diagnosis::of(Cause::Dependency { why: said.message.clone() }),
            };
        };
        let Some(success) = dependency.success() else {
            return Diagnosis::behind(Cause::Dependency { why: place.to_string() }, place);
        };
        ready_since = ready_since.max(success.since);
    }
    if subject.own_rule || subject.depends_on.is_empty() {
        return Diagnosis::of(Cause::Dependency { why: said.message.clone() });
    }
    let neglected = ready_since.is_some_and(|since| now.duration_since(since) >= NEGLECTED);
    Diagnosis::of(Cause::Overlooked { what: DEPENDENCIES, neglected })
}
