//! The root is the operator's, and everybody is still alive.

use std::collections::BTreeMap;

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::{Cluster, Collection, Object, Observations, Query, RequestError};
use futures::StreamExt as _;
use serde_json::Value;

use super::census::Census;
use super::removal::goes_with;
use crate::annotation::{INSTANCE_NAME, KUSTOMIZATION_NAME};
use crate::kinds::{self, GIT_REPOSITORY, HELM_RELEASE, KUSTOMIZATION, NAMESPACE};

/// How many names a verdict holds.
const MOST: usize = 5;

/// Everything that the census is compared with, seen together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holdings {
    /// All Kustomizations.
    pub kustomizations: Collection,
    /// All HelmReleases.
    pub releases: Collection,
    /// All Git sources.
    pub sources: Collection,
}

impl Holdings {
    /// Follows them.
    ///
    /// # Errors
    /// When the definitions cannot be read.
    pub async fn observe(cluster: &Cluster) -> Result<Observations<Self>, RequestError> {
        let mut queries = Vec::new();
        for kind in [KUSTOMIZATION, GIT_REPOSITORY, HELM_RELEASE] {
            queries.extend(kinds::served(cluster, &kind).await?.map(Query::all));
        }
        Ok(Box::pin(cluster.observe_all(queries).map(|seen| {
            seen.map(|parts| {
                let part = |at: usize| parts.get(at).cloned().unwrap_or_default();
                Self { kustomizations: part(0), sources: part(1), releases: part(2) }
            })
        })))
    }

    fn find(&self, title: &str) -> Option<&Object> {
        let (kind, rest) = title.split_once('/')?;
        let (namespace, name) = rest.split_once('/')?;
        let of_kind = match kind {
            "kustomization" => &self.kustomizations,
            "gitrepository" => &self.sources,
            _ => &self.releases,
        };
        of_kind.get(Some(namespace), name)
    }
}

/// Proven when the root of the census belongs to a FluxInstance and no longer to itself, would not be pruned with the
/// folder, says what it said as its source does, and everybody of the census is there with the UID of before.
#[derive(Debug, Clone)]
pub struct Adopted {
    census: Census,
}

impl Adopted {
    /// Everybody of `census`.
    pub const fn new(census: Census) -> Self {
        Self { census }
    }

    /// Who is missing, replaced or on its way out.
    fn lost(&self, seen: &Holdings) -> Vec<String> {
        let of = |(title, uid): (&String, &String)| match seen.find(title) {
            None => Some(format!("{title} is gone")),
            Some(object) if object.uid() != uid => Some(format!("{title} was made anew")),
            Some(object) if object.is_terminating() => Some(format!("{title} is being deleted")),
            Some(_) => None,
        };
        self.census.uids.iter().filter_map(of).collect()
    }
}

/// Which of the fields that must be `kept` is not as it was.
fn changed<'k>(object: &Object, kept: &'k BTreeMap<String, Value>) -> Option<&'k str> {
    let spec = object.at("/spec");
    kept.iter().find(|(field, value)| spec.get(*field) != Some(*value)).map(|(field, _)| field.as_str())
}

impl Gate for Adopted {
    type Snapshot = Holdings;

    fn name(&self) -> GateName {
        GateName::new(format!("kustomization/{} adopted", self.census.name))
    }

    fn judge(&self, seen: &Observation<'_, Holdings>) -> Verdict {
        let (seen, name) = (seen.snapshot, self.census.name.as_str());
        let lost = self.lost(seen);
        if !lost.is_empty() {
            let first = lost.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
            let more = if lost.len() > MOST { format!(", and {} more", lost.len() - MOST) } else { String::new() };
            let act = format!(
                "`flux suspend kustomization {name}` if you did not delete it yourself, and see who did; the folder \
                 flux-system/ must stay in Git"
            );
            return Verdict::stuck(format!("{first}{more}"), Remedy::person(act));
        }
        let root = seen.kustomizations.get(Some(NAMESPACE), name).filter(|root| root.uid() == self.census.root);
        let Some(root) = root else {
            let act = "see who replaced it; the folder flux-system/ must stay in Git";
            return Verdict::stuck(format!("kustomization/{name} is not the one of before"), Remedy::person(act));
        };
        if root.label(INSTANCE_NAME).is_none() {
            return Verdict::pending(format!("kustomization/{name} does not belong to a FluxInstance yet"));
        }
        if let Some(owner) = root.label(KUSTOMIZATION_NAME) {
            return Verdict::pending(format!(
                "kustomization/{name} is still labelled as managed by kustomization/{owner}"
            ));
        }
        // A pass that began before the operator came may put the label back when it ends.
        if root.condition("Reconciling").is_some_and(|condition| condition.is_true()) {
            return Verdict::pending(format!("kustomize-controller is at work on kustomization/{name}"));
        }
        let source = seen.sources.get(Some(NAMESPACE), name);
        if source.is_some_and(|source| goes_with(source, name)) || goes_with(root, name) {
            return Verdict::pending(format!("kustomization/{name} would still delete itself or its source"));
        }
        let lost = |object: &Object, field: &str| {
            let act = format!("carry spec.{field} over by a patch; the folder flux-system/ must stay in Git");
            Verdict::stuck(format!("{} has lost its spec.{field}", object.title()), Remedy::person(act))
        };
        if let Some(field) = changed(root, &self.census.kept) {
            return lost(root, field);
        }
        if !self.census.kept_of_source.is_empty() {
            let theirs = source.filter(|source| source.label(INSTANCE_NAME).is_some());
            let Some(source) = theirs else {
                return Verdict::pending(format!("gitrepository/{name} does not belong to a FluxInstance yet"));
            };
            if let Some(field) = changed(source, &self.census.kept_of_source) {
                return lost(source, field);
            }
        }
        let count = self.census.uids.len();
        Verdict::proven(
            root.evidence(format!("metadata.labels: the operator's; {count} objects with the UIDs of before")),
        )
    }
}
