//! The delivered set: everything that the root Kustomization brings, at the source's revision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fluxlift_core::{Evidence, Gate, GateName, Observation, Remedy, Timestamp, Verdict};
use fluxlift_kube::{Cluster, Collection, Kind, Object, Observations, Query, RequestError};
use futures::StreamExt as _;
use futures::future::try_join_all;
use jiff::SignedDuration;

use crate::diagnosis::{self, Cause, Diagnosis, Place, Root, Scene, Subject, Workforce};
use crate::inventory::{self, Entry};
use crate::kinds::{self, EXTERNAL_ARTIFACT, HELM_RELEASE, KUSTOMIZATION, SOURCES};
use crate::ready::Readiness;
use crate::rescue::Force;
use crate::rescue::rungs::rungs;

/// When nothing but failures that will stay is left, they are given this long to prove us wrong.
const SETTLED: SignedDuration = SignedDuration::from_secs(60);

/// What Flux delivers, as it was seen together.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// When it was seen.
    pub at: Timestamp,
    /// All Kustomizations.
    pub kustomizations: Collection,
    /// All HelmReleases.
    pub releases: Collection,
    /// All sources, by kind.
    pub sources: BTreeMap<String, Collection>,
    /// The same objects with the edges between them. The controllers are proven elsewhere, and nothing is said of them.
    pub(crate) scene: Arc<Scene>,
}

/// What is the matter with an object of the set.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) cause: Cause,
    /// Whether it, or what holds it up in the end, goes on without anybody's help.
    comes: bool,
}

/// What was read of objects before, by their UID: between two observations hardly any of them changes.
type Known = BTreeMap<String, (String, Arc<Subject>)>;

impl Delivery {
    /// What to ask for: every kind at the version that the cluster serves.
    ///
    /// # Errors
    /// When the definitions cannot be read.
    pub async fn kinds(cluster: &Cluster) -> Result<Vec<Kind>, RequestError> {
        let kinds: Vec<Kind> = [KUSTOMIZATION, HELM_RELEASE].into_iter().chain(SOURCES).collect();
        let served = try_join_all(kinds.iter().map(|kind| kinds::served(cluster, kind))).await?;
        Ok(served.into_iter().flatten().collect())
    }

    /// Follows these kinds in all namespaces.
    pub fn observe(cluster: &Cluster, kinds: Vec<Kind>) -> Observations<Self> {
        let clock = std::sync::Arc::clone(cluster.clock());
        let seen = cluster.observe_all(kinds.iter().cloned().map(Query::all));
        let mut known = Known::new();
        Box::pin(seen.map(move |seen| seen.map(|parts| Self::from_parts(&kinds, parts, clock.now(), &mut known))))
    }

    fn from_parts(kinds: &[Kind], parts: Vec<Collection>, at: Timestamp, known: &mut Known) -> Self {
        let mut sources: BTreeMap<String, Collection> =
            kinds.iter().zip(parts).map(|(kind, objects)| (kind.kind().to_owned(), objects)).collect();
        let mut take = |kind: &Kind| sources.remove(kind.kind()).unwrap_or_default();
        Self::new(at, take(&KUSTOMIZATION), take(&HELM_RELEASE), sources, known)
    }

    fn new(
        at: Timestamp,
        kustomizations: Collection,
        releases: Collection,
        sources: BTreeMap<String, Collection>,
        known: &mut Known,
    ) -> Self {
        let objects = kustomizations.iter().chain(releases.iter()).chain(sources.values().flat_map(Collection::iter));
        let mut now_known = Known::new();
        let mut subjects = Vec::new();
        for object in objects {
            let version = object.resource_version();
            let before = known.remove(object.uid()).filter(|(seen, _)| seen == version && !version.is_empty());
            let read = || Some((version.to_owned(), Arc::new(Subject::of(object)?)));
            let Some(one) = before.or_else(read) else { continue };
            subjects.push(Arc::clone(&one.1));
            now_known.insert(object.uid().to_owned(), one);
        }
        *known = now_known;
        let mut scene = Scene::new(at, Workforce::default(), subjects);
        scene.read.remove(EXTERNAL_ARTIFACT.kind());
        Self { at, kustomizations, releases, sources, scene: Arc::new(scene) }
    }

    /// What is the matter with one of its objects.
    pub(crate) fn judge(&self, object: &Object, now: Timestamp) -> Finding {
        let place = Place::new(object.kind(), object.namespace().unwrap_or_default(), object.name());
        let Some(subject) = place.and_then(|place| self.scene.get(&place)) else {
            return Finding { cause: Cause::Working { why: "its status cannot be read".to_owned() }, comes: true };
        };
        let found = diagnosis::diagnose(&self.scene, subject, now);
        let comes = found.cause != Cause::Ready && (may_come(&found.cause) || self.root_may_come(subject, &found, now));
        Finding { comes, cause: found.cause }
    }

    /// Whether what holds `subject` up in the end goes on without anybody's help.
    fn root_may_come(&self, subject: &Subject, found: &Diagnosis, now: Timestamp) -> bool {
        match self.scene.root(subject, found, now) {
            Root::Object(_, root) => may_come(&root.cause),
            Root::Controller(_) => false,
        }
    }

    /// Whether a rescue has left its mark on any of its objects.
    pub(crate) fn is_marked(&self) -> bool {
        self.scene.subjects().any(|subject| subject.rescue.is_some())
    }
}

/// Proven when the root and everything that it transitively brings is Ready at the source's revision.
///
/// Suspended objects are listed and not judged. An inventory without entries proves nothing.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// The namespace of the root.
    pub namespace: String,
    /// The name of the root.
    pub root: String,
    /// How much force a rescue may use on what is stuck; `None` without a rescue.
    most: Option<Force>,
    /// What a rescue was sent for already: objects by title, each with the word of its cause.
    rescued: BTreeSet<(String, &'static str)>,
}

/// How the set stands.
#[derive(Debug, Default)]
pub(crate) struct Standing<'a> {
    kustomizations: usize,
    releases: usize,
    suspended: Vec<String>,
    unready: Vec<(&'a Object, Cause)>,
    /// Whether anything of it may still come by itself.
    comes: bool,
    missing: Vec<String>,
}

impl Standing<'_> {
    fn total(&self) -> usize {
        self.kustomizations + self.releases
    }
}

impl Delivered {
    /// The set of the root `name` in `namespace`.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), root: name.into(), most: None, rescued: BTreeSet::new() }
    }

    /// The same, with a rescue at hand that uses no more force than `most`.
    #[must_use]
    pub(crate) fn rescued_by(self, most: Option<Force>) -> Self {
        Self { most, ..self }
    }

    /// What a rescue may help now, by title, and not again from the same cause.
    pub(crate) fn take_stuck(&mut self, seen: &Delivery) -> BTreeSet<String> {
        let Some(root) = seen.kustomizations.get(Some(&self.namespace), &self.root) else { return BTreeSet::new() };
        let standing = self.standing(seen, root, seen.at);
        let taken: Vec<_> =
            self.rescuable(&standing).map(|(object, cause, _)| (object.title(), cause.word())).collect();
        self.rescued.extend(taken.iter().cloned());
        taken.into_iter().map(|(title, _)| title).collect()
    }

    /// What a rescue may help: with more than a request only when nothing may still come by itself.
    fn rescuable<'a, 'b>(
        &'b self,
        standing: &'b Standing<'a>,
    ) -> impl Iterator<Item = (&'a Object, &'b Cause, Remedy)> + use<'a, 'b> {
        let most = self.most.map(|most| if standing.comes { most.min(Force::Source) } else { most });
        standing.unready.iter().filter_map(move |(object, cause)| {
            let first = rungs(cause).first().copied();
            let known = || self.rescued.contains(&(object.title(), cause.word()));
            let remedy = cause.remedy().filter(|_| first.is_some() && first <= most && !known())?;
            Some((*object, cause, remedy))
        })
    }

    /// Follows the inventories from the root.
    pub(crate) fn standing<'a>(&self, seen: &'a Delivery, root: &'a Object, now: Timestamp) -> Standing<'a> {
        let mut standing = Standing::default();
        let mut known = BTreeSet::new();
        let mut next = vec![root];
        while let Some(kustomization) = next.pop() {
            if !known.insert((kustomization.namespace(), kustomization.name())) {
                continue;
            }
            if kustomization.flag("/spec/suspend") {
                standing.suspended.push(kustomization.title());
                continue;
            }
            standing.kustomizations += 1;
            let Finding { cause, comes } = seen.judge(kustomization, now);
            if cause != Cause::Ready {
                standing.unready.push((kustomization, cause));
                standing.comes |= comes;
            }
            for entry in inventory::of(kustomization) {
                match member(seen, &entry) {
                    Member::Kustomization(found) => next.push(found),
                    Member::Release(found) => judge_release(seen, found, now, &mut standing),
                    Member::Missing => {
                        standing.missing.push(format!("{}/{}/{}", entry.kind, entry.namespace, entry.name))
                    }
                    Member::Other => {}
                }
            }
        }
        standing
    }
}

fn judge_release<'a>(seen: &Delivery, release: &'a Object, now: Timestamp, standing: &mut Standing<'a>) {
    match seen.judge(release, now) {
        Finding { cause: Cause::Suspended, .. } => standing.suspended.push(release.title()),
        Finding { cause, comes } => {
            standing.releases += 1;
            if cause != Cause::Ready {
                standing.unready.push((release, cause));
                standing.comes |= comes;
            }
        }
    }
}

enum Member<'a> {
    Kustomization(&'a Object),
    Release(&'a Object),
    Missing,
    Other,
}

fn member<'a>(seen: &'a Delivery, entry: &Entry) -> Member<'a> {
    let namespace = Some(entry.namespace.as_str());
    if entry.kind == KUSTOMIZATION.kind() && entry.group == KUSTOMIZATION.group() {
        seen.kustomizations.get(namespace, &entry.name).map_or(Member::Missing, Member::Kustomization)
    } else if entry.kind == HELM_RELEASE.kind() && entry.group == HELM_RELEASE.group() {
        seen.releases.get(namespace, &entry.name).map_or(Member::Missing, Member::Release)
    } else {
        Member::Other
    }
}

impl Gate for Delivered {
    type Snapshot = Delivery;

    fn name(&self) -> GateName {
        GateName::new("delivered set ready")
    }

    fn judge(&self, seen: &Observation<'_, Delivery>) -> Verdict {
        let delivery = seen.snapshot;
        let Some(root) = delivery.kustomizations.get(Some(&self.namespace), &self.root) else {
            return Verdict::pending(format!("kustomization/{}/{} does not exist yet", self.namespace, self.root));
        };
        if root.flag("/spec/suspend") {
            return Verdict::pending(format!("{} is suspended", root.title()));
        }
        let passed = SignedDuration::try_from(seen.unchanged_for).unwrap_or(SignedDuration::MAX);
        let now = delivery.at.checked_add(passed).unwrap_or(delivery.at);
        let standing = self.standing(delivery, root, now);
        if let Some(missing) = standing.missing.first() {
            return Verdict::pending(format!("{missing} was applied and is not to be seen"));
        }
        if standing.unready.is_empty() {
            return self.proven(root, &standing);
        }
        self.unproven(&standing, now)
    }
}

impl Delivered {
    fn proven(&self, root: &Object, standing: &Standing<'_>) -> Verdict {
        if inventory::of(root).is_empty() {
            return Verdict::pending(format!("{} has an empty inventory: nothing was delivered", root.title()));
        }
        if !Readiness::of(root).is_ready() {
            return Verdict::pending(format!("{} is not ready", root.title()));
        }
        let suspended = match standing.suspended.len() {
            0 => String::new(),
            count => format!("; {count} suspended and not judged: {}", standing.suspended.join(", ")),
        };
        let revision = root.text("/status/lastAppliedRevision").unwrap_or_default();
        let field = format!(
            "{} HelmReleases and {} Kustomizations ready at {revision}{suspended}",
            standing.releases, standing.kustomizations
        );
        Verdict::proven(Evidence { object: root.title(), ..root.evidence(field) })
    }

    fn unproven(&self, standing: &Standing<'_>, now: Timestamp) -> Verdict {
        let ready = standing.total() - standing.unready.len();
        let summary = |object: &Object, cause: &Cause| {
            format!("{ready} of {} are ready; {} {cause}", standing.total(), object.title())
        };
        // What a rescue can help is named first.
        if let Some((object, cause, remedy)) = self.rescuable(standing).next() {
            return Verdict::stuck(summary(object, cause), remedy);
        }
        let settled = |(object, cause): &(&Object, Cause)| {
            cause.is_final()
                && object
                    .condition("Ready")
                    .and_then(|c| c.since())
                    .is_some_and(|since| now.duration_since(since) >= SETTLED)
        };
        let culprit = standing.unready.iter().find(|(_, cause)| is_telling(cause)).or(standing.unready.first());
        let Some((object, cause)) = culprit else { return Verdict::pending("nothing was judged") };
        let text = summary(object, cause);
        let consequence = |(_, cause): &(&Object, Cause)| cause.is_consequence();
        if standing.unready.iter().any(settled) && standing.unready.iter().all(|one| settled(one) || consequence(one)) {
            let act = match cause {
                Cause::AwaitsSuspended { what } => format!("resume {what}; the others are not held up by it"),
                _ => format!("mend {} in the repository; the others are not held up by it", object.title()),
            };
            return Verdict::stuck(text, Remedy::person(act));
        }
        Verdict::pending(text)
    }
}

/// Whether it goes on, or will be taken up, without anybody's help.
const fn may_come(cause: &Cause) -> bool {
    matches!(
        cause,
        Cause::Working { .. }
            | Cause::Downloading { .. }
            | Cause::Untouched { neglected: false, .. }
            | Cause::ChartNotApplied { neglected: false }
            | Cause::Outdated { neglected: false, .. }
            | Cause::ArtifactLost { neglected: false }
            | Cause::Overlooked { neglected: false, .. }
            | Cause::OldRevision { neglected: false, .. }
    )
}

/// Whether it says more than that something else is awaited, or that work goes on.
fn is_telling(cause: &Cause) -> bool {
    !cause.is_consequence() && !matches!(cause, Cause::Working { .. } | Cause::Downloading { .. })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn ready() -> Value {
        json!([{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}])
    }

    fn failed() -> Value {
        json!([{"type": "Ready", "status": "False", "reason": "RetriesExceeded", "message": "no such image",
                "lastTransitionTime": "2026-01-01T00:00:00Z"},
               {"type": "Stalled", "status": "True", "reason": "RetriesExceeded"}])
    }

    fn root(applied: &str, entries: &[&str]) -> Object {
        let entries: Vec<_> = entries.iter().map(|id| json!({"id": id, "v": "v1"})).collect();
        Object::new(json!({"kind": "Kustomization",
            "metadata": {"name": "flux-system", "namespace": "flux-system", "generation": 1},
            "spec": {"sourceRef": {"kind": "GitRepository", "name": "flux-system"}},
            "status": {"observedGeneration": 1, "lastAppliedRevision": applied, "conditions": ready(),
                "inventory": {"entries": entries}}}))
    }

    fn release(name: &str, observed: i64, conditions: Value, suspend: bool) -> Object {
        Object::new(json!({"kind": "HelmRelease",
            "metadata": {"name": name, "namespace": "apps", "generation": 1, "finalizers": ["finalizers.fluxcd.io"],
                "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"suspend": suspend}, "status": {"observedGeneration": observed, "conditions": conditions}}))
    }

    fn delivery(root: Object, releases: Vec<Object>) -> Delivery {
        let source = Object::new(json!({"kind": "GitRepository", "metadata": {"name": "flux-system",
            "namespace": "flux-system"}, "status": {"artifact": {"revision": "main@sha1:2"}}}));
        Delivery::new(
            "2026-01-01T00:00:10Z".parse().unwrap(),
            [root].into_iter().collect(),
            releases.into_iter().collect(),
            [("GitRepository".to_owned(), [source].into_iter().collect())].into(),
            &mut Known::new(),
        )
    }

    fn judge(seen: &Delivery, unchanged: u64) -> Verdict {
        let gate = Delivered::new("flux-system", "flux-system");
        gate.judge(&Observation { snapshot: seen, unchanged_for: Duration::from_secs(unchanged) })
    }

    const A: &str = "apps_a_helm.toolkit.fluxcd.io_HelmRelease";
    const B: &str = "apps_b_helm.toolkit.fluxcd.io_HelmRelease";

    #[test]
    fn an_empty_inventory_never_proves_a_delivery() {
        let verdict = judge(&delivery(root("main@sha1:2", &[]), vec![]), 0);
        assert!(verdict.to_string().contains("empty inventory"), "{verdict}");
    }

    #[test]
    fn every_release_of_the_inventory_is_judged_at_its_generation() {
        let both = |b: Object| delivery(root("main@sha1:2", &[A, B]), vec![release("a", 1, ready(), false), b]);
        assert!(judge(&both(release("b", 1, ready(), false)), 0).is_proven());
        assert!(!judge(&both(release("b", -1, json!([]), false)), 0).is_proven());
        assert!(!judge(&both(release("b", 0, ready(), false)), 0).is_proven());
    }

    #[test]
    fn an_object_that_was_applied_and_is_gone_is_named() {
        let verdict = judge(&delivery(root("main@sha1:2", &[A]), vec![]), 0);
        assert_eq!(verdict, Verdict::pending("HelmRelease/apps/a was applied and is not to be seen"));
    }

    #[test]
    fn a_root_at_the_revision_before_is_refused() {
        let verdict = judge(&delivery(root("main@sha1:1", &[A]), vec![release("a", 1, ready(), false)]), 0);
        assert!(verdict.to_string().contains("has applied main@sha1:1, its source has main@sha1:2"), "{verdict}");
    }

    #[test]
    fn suspended_releases_are_listed_and_not_judged() {
        let seen = delivery(
            root("main@sha1:2", &[A, B]),
            vec![release("a", 1, ready(), false), release("b", 1, json!([]), true)],
        );
        let verdict = judge(&seen, 0);
        assert!(verdict.is_proven());
        assert!(verdict.to_string().contains("1 HelmReleases and 1 Kustomizations"), "{verdict}");
        assert!(verdict.to_string().contains("1 suspended and not judged: helmrelease/apps/b"), "{verdict}");
    }

    #[test]
    fn one_application_that_fails_for_good_ends_the_wait_once_all_others_are_ready() {
        let seen = delivery(
            root("main@sha1:2", &[A, B]),
            vec![release("a", 1, ready(), false), release("b", 1, failed(), false)],
        );
        assert!(matches!(judge(&seen, 0), Verdict::Pending { .. }));
        let Verdict::Stuck { why, remedy: Remedy::Person { .. } } = judge(&seen, 60) else { panic!("not stuck") };
        assert!(why.starts_with("2 of 3 are ready; helmrelease/apps/b"), "{why}");
    }

    #[test]
    fn what_waits_for_something_suspended_does_not_hold_the_wait_up_for_ever() {
        let mut waits = json!([{"type": "Ready", "status": "False", "reason": "DependencyNotReady", "message": "b",
            "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
        waits[0]["observedGeneration"] = json!(1);
        let mut waiting = release("a", -1, waits, false).into_json();
        waiting["spec"]["dependsOn"] = json!([{"name": "b"}]);
        let both = vec![Object::new(waiting), release("b", 1, json!([]), true)];
        let seen = delivery(root("main@sha1:2", &[A, B]), both);
        assert!(matches!(judge(&seen, 0), Verdict::Pending { .. }));
        let Verdict::Stuck { why, remedy: Remedy::Person { act } } = judge(&seen, 60) else { panic!("not stuck") };
        assert!(why.ends_with("waits for helmrelease/apps/b, which is suspended"), "{why}");
        assert!(act.starts_with("resume helmrelease/apps/b"), "{act}");
    }
}
