//! What the cluster shows of a Flux that somebody bootstrapped.

use fluxlift_kube::{Cluster, Kind, Object, Query, RequestError, kind};
use futures::future::try_join_all;

use crate::annotation::{INSTANCE_NAME, KUSTOMIZATION_NAME};
use crate::kinds::{self, FLUX_INSTANCE, HELM_RELEASE, KUSTOMIZATION, NAMESPACE, SOURCES};
use crate::{canary, sync};

/// The network policies that Flux brings.
const NETWORK_POLICY: Kind = Kind::namespaced("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies");

/// What there was at one moment.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The FluxInstance, if there is one.
    pub instance: Option<Object>,
    /// All Kustomizations, but no canary.
    pub kustomizations: Vec<Object>,
    /// All HelmReleases, but no canary.
    pub releases: Vec<Object>,
    /// The sources in Flux's namespace.
    pub sources: Vec<Object>,
    /// The Deployments in Flux's namespace.
    pub deployments: Vec<Object>,
    /// The network policies there.
    pub policies: Vec<Object>,
}

impl Seen {
    /// Looks once. Nothing is written.
    ///
    /// # Errors
    /// When the cluster refuses or does not answer.
    pub async fn look(cluster: &Cluster) -> Result<Self, RequestError> {
        let here = |kind: Kind| Query::all(kind).within(NAMESPACE);
        let sources = try_join_all(SOURCES.map(|kind| objects(cluster, kind, true)));
        let (instances, kustomizations, releases, sources, deployments, policies) = tokio::try_join!(
            objects(cluster, FLUX_INSTANCE, true),
            objects(cluster, KUSTOMIZATION, false),
            objects(cluster, HELM_RELEASE, false),
            sources,
            async { cluster.list(&here(kind::DEPLOYMENT)).await },
            async { cluster.list(&here(NETWORK_POLICY)).await },
        )?;
        Ok(Self {
            instance: instances.into_iter().find(|instance| !instance.is_terminating()),
            kustomizations,
            releases,
            sources: sources.into_iter().flatten().collect(),
            deployments: deployments.iter().cloned().collect(),
            policies: policies.iter().cloned().collect(),
        })
    }

    /// The Kustomizations in Flux's namespace that manage themselves, or that nobody manages.
    pub fn roots(&self) -> Vec<&Object> {
        let here = self.kustomizations.iter().filter(|one| one.namespace() == Some(NAMESPACE));
        let of = |labelled: bool| {
            here.clone().filter(move |one| match one.label(KUSTOMIZATION_NAME) {
                Some(owner) => labelled && owner == one.name(),
                None => {
                    !labelled && one.label(INSTANCE_NAME).is_none() && one.items("/metadata/ownerReferences").is_empty()
                }
            })
        };
        let own: Vec<&Object> = of(true).collect();
        if own.is_empty() { of(false).collect() } else { own }
    }

    /// The root that belongs to a FluxInstance with a sync.
    pub fn adopted(&self) -> Option<&Object> {
        let sync = sync::live_sync(self.instance.as_ref()?)?;
        let name = sync["name"].as_str().unwrap_or(NAMESPACE);
        let root = self.kustomizations.iter().find(|one| one.namespace() == Some(NAMESPACE) && one.name() == name)?;
        (root.label(INSTANCE_NAME).is_some() && root.label(KUSTOMIZATION_NAME).is_none()).then_some(root)
    }

    /// The source that a root follows.
    pub fn source_of(&self, root: &Object) -> Option<&Object> {
        let (kind, name) = (root.text("/spec/sourceRef/kind")?, root.text("/spec/sourceRef/name")?);
        self.sources.iter().find(|source| source.kind() == kind && source.name() == name)
    }
}

/// The objects of a kind of Flux, at the version that is served; none where the kind is not defined.
async fn objects(cluster: &Cluster, kind: Kind, here: bool) -> Result<Vec<Object>, RequestError> {
    let Some(kind) = kinds::served(cluster, &kind).await? else { return Ok(Vec::new()) };
    let query = Query::all(kind);
    let found = match cluster.list(&if here { query.within(NAMESPACE) } else { query }).await {
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        found => found?,
    };
    Ok(found.iter().filter(|object| object.label(canary::LABEL).is_none()).cloned().collect())
}
