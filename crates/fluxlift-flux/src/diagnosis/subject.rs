//! One object of Flux, as far as it matters for a diagnosis.

use fluxlift_core::Timestamp;
use fluxlift_kube::{FIELD_MANAGER, Kind, Object};
use serde::de::{Deserialize, Deserializer};

use super::conditions::{Condition, Conditions, Truth};
use super::fields::{Chart, Fields, Managed, Reference};
use super::locked::Locked;
use super::place::Place;
use crate::annotation::FINALIZER;

/// What helm- and kustomize-controller write before they check dependencies and fetch the artifact.
pub(super) const PREPARING: &str = "Fulfilling prerequisites";

/// The few fields of an object that matter: some hundred bytes, whatever else it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Which object.
    pub place: Place,
    /// `metadata.uid`: another object of this name has another.
    pub uid: String,
    /// `metadata.generation`.
    pub generation: i64,
    /// `status.observedGeneration`; -1 where there is none.
    pub observed: i64,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When something other than its status was last written; no earlier than its specification changed.
    pub changed: Option<Timestamp>,
    /// When its deletion was asked for.
    pub deleted: Option<Timestamp>,
    /// Whether its controller has put its finalizer on it.
    pub finalized: bool,
    /// `spec.suspend`.
    pub suspended: bool,
    /// Whether nothing reconciles it by design: a HelmRepository of an OCI registry.
    pub fixed: bool,
    /// Its conditions.
    pub conditions: Conditions,
    /// A request for a reconciliation that has not been taken up.
    pub request: Option<String>,
    /// What it waits for, by `spec.dependsOn`.
    pub depends_on: Vec<Place>,
    /// Whether an expression of the user's own says when a dependency is ready.
    pub own_rule: bool,
    /// What it is fetched from; `None` where it names nothing, or a kind that is not Flux's.
    pub source: Option<Place>,
    /// The Kustomization that applied it.
    pub owner: Option<Place>,
    /// The shard that its label names.
    pub shard: Option<String>,
    /// The revision of its artifact (sources) or the one that was applied (Kustomizations).
    pub revision: Option<String>,
    /// When its artifact was made.
    pub fetched: Option<Timestamp>,
    /// The status of the newest Helm revision, such as `pending-install`.
    pub helm: Option<String>,
    /// Namespace and name of the Secret that holds the newest Helm revision, while an action on it has not ended.
    pub pending: Option<(String, String)>,
    /// What a rescue that has not ended noted on it.
    pub rescue: Option<String>,
    /// Whether it is a canary of ours.
    pub canary: bool,
}

impl Subject {
    /// Reads it from the object's JSON as an API server gave it; `None` for a kind that is not Flux's, or JSON that does
    /// not fit.
    pub fn of(object: &Object) -> Option<Self> {
        Self::from_fields(object.kind(), Fields::deserialize(object.json()).ok()?)
    }

    pub(super) fn from_fields(kind: &str, fields: Fields) -> Option<Self> {
        let Fields { metadata, spec, status } = fields;
        let home = metadata.namespace;
        let place = Place::new(kind, home.clone(), metadata.name)?;
        let named = |reference: &Reference, kind: &str| {
            let namespace = if reference.namespace.is_empty() { &home } else { &reference.namespace };
            Place::new(kind, namespace, &reference.name)
        };
        let source = match (kind, &spec.chart_ref, &spec.chart, &spec.source_ref) {
            ("HelmRelease", Some(chart), ..) => named(chart, &chart.kind),
            // The chart of a template lives beside its repository and carries the release's namespace in its name.
            ("HelmRelease", None, Some(Chart::Template { spec }), _) => {
                let beside = Reference { name: format!("{home}-{}", place.name), ..spec.source_ref.clone() };
                named(&beside, "HelmChart")
            }
            (_, _, _, Some(source)) => named(source, &source.kind),
            _ => None,
        };
        let depends_on = spec.depends_on.iter().filter_map(|reference| named(reference, kind)).collect();
        let own_rule = spec.depends_on.iter().any(|reference| reference.ready_expr.is_some());
        // What we write is requests and marks, and no reason to be looked at later.
        let of_others = |write: &Managed| write.subresource.is_empty() && write.manager != FIELD_MANAGER;
        let writes = metadata.managed_fields.into_iter().filter(of_others);
        let owner = metadata.labels.owner.zip(metadata.labels.owner_namespace);
        let request = metadata.annotations.requested_at;
        let newest = status.history.into_iter().next().filter(|newest| !newest.status.is_empty());
        let storage = status.storage_namespace.unwrap_or_else(|| home.clone());
        let unlocked = || status.conditions.released.as_ref().and_then(Locked::of_released);
        let locked = newest.as_ref().and_then(Locked::of_history).or_else(unlocked);
        let helm = locked.as_ref().map(|locked| locked.status.clone()).or(newest.map(|newest| newest.status));
        let artifact = status.artifact.filter(|artifact| !artifact.revision.is_empty());
        Some(Self {
            uid: metadata.uid,
            generation: metadata.generation,
            observed: status.observed_generation.unwrap_or(-1),
            created: metadata.creation_timestamp,
            changed: writes.filter_map(|write| write.time).max().or(metadata.creation_timestamp),
            deleted: metadata.deletion_timestamp,
            finalized: metadata.finalizers.iter().any(|finalizer| finalizer == FINALIZER),
            suspended: spec.suspend,
            fixed: kind == "HelmRepository" && spec.flavour.as_deref() == Some("oci"),
            conditions: status.conditions,
            request: request.filter(|token| status.last_handled_reconcile_at.as_ref() != Some(token)),
            depends_on,
            own_rule,
            source,
            owner: owner.and_then(|(name, namespace)| Place::new("Kustomization", namespace, name)),
            shard: metadata.labels.shard,
            fetched: artifact.as_ref().and_then(|artifact| artifact.last_update_time),
            revision: artifact.map(|artifact| artifact.revision).or(status.last_applied_revision),
            helm,
            pending: locked.map(|locked| (storage, locked.secret)),
            rescue: metadata.annotations.rescue,
            canary: metadata.labels.canary.is_some(),
            place,
        })
    }

    /// Whether it is Ready, and of this very generation: by its own word and by the condition's.
    pub fn is_ready(&self) -> bool {
        self.success().is_some()
    }

    /// The Ready condition of a success that counts.
    pub fn success(&self) -> Option<&Condition> {
        let ready = self.conditions.ready.as_ref()?;
        let current = self.observed == self.generation && ready.is_of(self.generation);
        (ready.is_true() && current && self.deleted.is_none()).then_some(ready)
    }

    /// The Stalled condition, while it speaks of this generation.
    pub fn stalled(&self) -> Option<&Condition> {
        self.conditions.stalled.as_ref().filter(|stalled| stalled.is_true() && stalled.is_of(self.generation))
    }

    /// Since when it has been at what comes before the work proper: dependencies, the source, the download. What was
    /// suspended or deleted meanwhile may say so for ever.
    pub(super) fn preparing(&self) -> Option<Timestamp> {
        let failed = self.conditions.ready.as_ref().is_some_and(|ready| ready.status == Truth::False);
        let over = failed || self.suspended || self.deleted.is_some();
        let work = self.conditions.work().filter(|work| !over && work.message == PREPARING)?;
        work.since
    }

    /// The value that says most of how it stands, for people.
    pub fn seen(&self) -> String {
        let Conditions { ready, reconciling, stalled, .. } = &self.conditions;
        let telling = match ready {
            // An older success hides what goes on now.
            Some(ready) if ready.is_true() && !self.is_ready() => None,
            ready => ready.as_ref(),
        };
        let stalled = stalled.as_ref().filter(|_| telling.is_none());
        match telling.or(stalled).or(reconciling.as_ref()) {
            Some(condition) => condition.to_string(),
            None if self.finalized => format!("observedGeneration={}, no conditions", self.observed),
            None => format!("observedGeneration={}, no finalizer, no conditions", self.observed),
        }
    }
}

/// The fields of one item of a list of `kind`, which the item itself may not name.
pub(crate) struct Listed(Fields);

impl Listed {
    /// As a subject of `kind`.
    pub(crate) fn of(self, kind: &Kind) -> Option<Subject> {
        Subject::from_fields(kind.kind(), self.0)
    }
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer).map(Self)
    }
}
