//! Reading what the checks judge. Nothing is written, and what can't be read says why.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Secret;
use fluxlift_kube::lean::null_is_default;
use fluxlift_kube::{Cluster, Kind, Object, ObjectRef, Query, kind};
use futures::future::{join_all, try_join_all};
use serde::Deserialize;

use super::metrics::PORT;
use super::{AgeKey, Definition, Exam, Read, Unread, Webhook};
use crate::annotation::{HELD, RESCUE, RESTORING};
use crate::instance::Instance;
use crate::kinds::{
    BUCKET, FLUX_INSTANCE, FLUX_REPORT, GIT_REPOSITORY, HELM_RELEASE, HELM_REPOSITORY, IMAGE_POLICY, IMAGE_REPOSITORY,
    IMAGE_UPDATE_AUTOMATION, KUSTOMIZATION, NAMESPACE, OCI_REPOSITORY, RECEIVER, SOURCES,
};
use crate::{Controllers, canary};

/// What VolSync makes backups by.
const REPLICATION_SOURCE: Kind =
    Kind::namespaced("volsync.backube", "v1alpha1", "ReplicationSource", "replicationsources");
/// What kopiur makes backups by.
const SNAPSHOT_SCHEDULE: Kind =
    Kind::namespaced("kopiur.home-operations.com", "v1alpha1", "SnapshotSchedule", "snapshotschedules");
/// What VolSync restores by.
const REPLICATION_DESTINATION: Kind =
    Kind::namespaced("volsync.backube", "v1alpha1", "ReplicationDestination", "replicationdestinations");
const ENDPOINT_SLICE: Kind = Kind::namespaced("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices");
const VALIDATING: Kind = webhooks_of("ValidatingWebhookConfiguration", "validatingwebhookconfigurations");
const MUTATING: Kind = webhooks_of("MutatingWebhookConfiguration", "mutatingwebhookconfigurations");

const fn webhooks_of(kind: &'static str, plural: &'static str) -> Kind {
    Kind::cluster("admissionregistration.k8s.io", "v1", kind, plural)
}

/// Looks at `cluster`. `public_keys` gives the public keys of the age keys in a text.
///
/// Certificate, recipients and lock are not the cluster's, and left for the caller to fill in.
pub async fn look(cluster: &Cluster, public_keys: impl Fn(&Secret<String>) -> Read<Vec<String>>) -> Exam {
    let now = cluster.clock().now();
    let mut exam = Exam::blind(now, &Unread::because("the API server does not answer"));
    exam.api = cluster.pulse().await.map_err(Unread::from);
    if exam.api.is_err() {
        return exam;
    }
    exam.definitions = definitions(cluster).await;
    let at = Served { cluster, definitions: &exam.definitions };
    let dns = Query::all(kind::POD).within("kube-system").labelled("k8s-app=kube-dns");
    let (nodes, instance) = (Query::all(kind::NODE), Instance::target());
    let (kubernetes, nodes, dns, controllers, instance) = tokio::join!(
        cluster.version(),
        cluster.list(&nodes),
        cluster.list(&dns),
        Controllers::look(cluster),
        cluster.get(&instance),
    );
    let (sources, kustomizations, webhooks, held, restoring, rescued, canaries) = tokio::join!(
        at.all([GIT_REPOSITORY, OCI_REPOSITORY, HELM_REPOSITORY, BUCKET], Query::all),
        at.all([KUSTOMIZATION], Query::all),
        webhooks(cluster),
        at.all([REPLICATION_SOURCE, SNAPSHOT_SCHEDULE], |kind| Query::all(kind).labelled(HELD)),
        at.all([REPLICATION_DESTINATION], |kind| Query::all(kind).labelled(RESTORING)),
        at.rescued(),
        at.all(reconciled(), |kind| Query::all(kind).within(NAMESPACE).labelled(canary::LABEL)),
    );
    exam.kubernetes = kubernetes.map_err(Into::into);
    exam.nodes = nodes.map_err(Into::into);
    exam.dns = dns.map_err(Into::into);
    exam.controllers = controllers.map_err(Into::into);
    exam.instance = instance.map_err(Into::into);
    (exam.sources, exam.kustomizations, exam.webhooks) = (sources, kustomizations, webhooks);
    exam.restored = held.and_then(|held| Ok([held, restoring?].concat()));
    exam.rescued = rescued;
    exam.canaries = canaries.map(|found| found.iter().map(Object::title).collect());
    exam.metrics = metrics(cluster, exam.controllers.as_ref()).await;
    exam.age_keys = age_keys(cluster, exam.kustomizations.as_deref(), public_keys).await;
    exam
}

/// The kinds that a controller of Flux reconciles.
fn reconciled() -> impl Iterator<Item = Kind> {
    let images = [IMAGE_REPOSITORY, IMAGE_POLICY, IMAGE_UPDATE_AUTOMATION];
    [KUSTOMIZATION, HELM_RELEASE, RECEIVER].into_iter().chain(SOURCES).chain(images)
}

async fn definitions(cluster: &Cluster) -> Read<BTreeMap<String, Option<Definition>>> {
    let definitions = [FLUX_INSTANCE, FLUX_REPORT].into_iter().chain(reconciled()).map(async |kind| {
        let found = cluster.get_lean(&crate::kinds::definition(&kind)).await?;
        Ok((kind.crd_name(), found))
    });
    try_join_all(definitions).await.map(|all| all.into_iter().collect())
}

/// An object of which only its name and its annotations matter.
#[derive(Deserialize)]
struct Named {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    namespace: Option<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    annotations: BTreeMap<String, String>,
}

impl Named {
    fn title(&self, kind: &Kind) -> String {
        let Metadata { name, namespace, .. } = &self.metadata;
        format!("{}/{}/{name}", kind.word(), namespace.as_deref().unwrap_or_default())
    }
}

/// Lists of kinds at the versions that the cluster serves.
struct Served<'a> {
    cluster: &'a Cluster,
    definitions: &'a Read<BTreeMap<String, Option<Definition>>>,
}

impl Served<'_> {
    /// All objects that `query` selects of these kinds. A kind that is not served has none.
    async fn all(&self, kinds: impl IntoIterator<Item = Kind>, query: impl Fn(Kind) -> Query) -> Read<Vec<Object>> {
        let lists = kinds.into_iter().map(|kind| self.list(query(self.version(kind))));
        Ok(try_join_all(lists).await?.into_iter().flatten().collect())
    }

    /// What a rescue has marked.
    async fn rescued(&self) -> Read<Vec<String>> {
        let kinds = [HELM_RELEASE, KUSTOMIZATION].into_iter().chain(SOURCES);
        let everywhere = kinds.map(|kind| Query::all(self.version(kind)));
        let lists = everywhere.chain([Query::all(kind::DEPLOYMENT).within(NAMESPACE)]).map(|query| self.marked(query));
        Ok(try_join_all(lists).await?.concat())
    }

    /// The objects that a rescue has marked. There may be thousands, and no more than their names is kept of them.
    async fn marked(&self, query: Query) -> Read<Vec<String>> {
        let all = match self.cluster.list_lean::<Named>(&query).await {
            Err(error) if error.is_not_found() => Vec::new(),
            listed => listed?,
        };
        let marked = all.into_iter().filter(|object| object.metadata.annotations.contains_key(RESCUE));
        Ok(marked.map(|object| object.title(&query.kind)).collect())
    }

    async fn list(&self, query: Query) -> Read<Vec<Object>> {
        match self.cluster.list(&query).await {
            Ok(found) => Ok(found.iter().cloned().collect()),
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    fn version(&self, kind: Kind) -> Kind {
        let definition = self.definitions.as_ref().ok().and_then(|all| all.get(&kind.crd_name())?.as_ref());
        let served = definition.map(Definition::versions).unwrap_or_default();
        match served.first() {
            Some(first) if !served.contains(&kind.version()) => kind.at_version(first),
            _ => kind,
        }
    }
}

async fn webhooks(cluster: &Cluster) -> Read<Vec<Webhook>> {
    let lists = [VALIDATING, MUTATING].map(async |kind| cluster.list(&Query::all(kind)).await);
    let lists = try_join_all(lists).await?;
    let mut webhooks: Vec<Webhook> = lists.iter().flat_map(|list| list.iter()).flat_map(Webhook::all_of).collect();
    let services: BTreeSet<(String, String)> = webhooks.iter().filter_map(|webhook| webhook.service.clone()).collect();
    let ready = services.into_iter().map(async |service| {
        let query = Query::all(ENDPOINT_SLICE).within(&*service.0);
        let slices = cluster.list(&query.labelled(format!("kubernetes.io/service-name={}", service.1))).await;
        (service, slices.map(|slices| Webhook::count(slices.iter())).map_err(Unread::from))
    });
    let ready: BTreeMap<(String, String), Read<usize>> = join_all(ready).await.into_iter().collect();
    for webhook in &mut webhooks {
        if let Some(count) = webhook.service.as_ref().and_then(|service| ready.get(service)) {
            webhook.ready = count.clone();
        }
    }
    Ok(webhooks)
}

async fn metrics(cluster: &Cluster, controllers: Result<&Controllers, &Unread>) -> BTreeMap<String, Read<String>> {
    let leaders = controllers.map(Controllers::leading_pods).unwrap_or_default();
    let metrics = leaders.into_iter().map(async |(_, pod)| {
        let text = cluster.pod_http(NAMESPACE, &pod, PORT, "metrics").await.map_err(Unread::from);
        (pod, text)
    });
    join_all(metrics).await.into_iter().collect()
}

async fn age_keys(
    cluster: &Cluster,
    kustomizations: Result<&[Object], &Unread>,
    public_keys: impl Fn(&Secret<String>) -> Read<Vec<String>>,
) -> Read<Vec<AgeKey>> {
    let mut named: BTreeMap<(String, String), String> = BTreeMap::new();
    for object in kustomizations? {
        let Some(secret) = object.text("/spec/decryption/secretRef/name") else { continue };
        let place = (object.namespace().unwrap_or_default().to_owned(), secret.to_owned());
        named.entry(place).or_insert_with(|| object.title());
    }
    let mut keys = Vec::new();
    for ((namespace, name), for_whom) in named {
        let target = ObjectRef::namespaced(kind::SECRET, &*namespace, &*name);
        let (public, others) = match cluster.get(&target).await {
            Err(error) => (Err(error.into()), Vec::new()),
            Ok(None) => (Ok(None), Vec::new()),
            Ok(Some(secret)) => (public_of(&secret, &public_keys).map(Some), others_of(&secret)),
        };
        keys.push(AgeKey { namespace, name, for_whom, public, others });
    }
    Ok(keys)
}

/// The entries that kustomize-controller takes for a PGP key, or for what a key service asks for.
fn others_of(secret: &Object) -> Vec<String> {
    let names = secret.at("/data").as_object().into_iter().flatten().map(|(name, _)| name);
    names.filter(|name| name.ends_with(".asc") || name.starts_with("sops.")).cloned().collect()
}

/// The public keys of a Secret's entries that kustomize-controller takes for age keys, by their names.
fn public_of(secret: &Object, public_keys: impl Fn(&Secret<String>) -> Read<Vec<String>>) -> Read<Vec<String>> {
    let mut all = Vec::new();
    for (name, value) in secret.at("/data").as_object().into_iter().flatten() {
        if !name.ends_with(".agekey") {
            continue;
        }
        let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
        let text = Secret::new(String::from_utf8(bytes).unwrap_or_default());
        all.extend(public_keys(&text)?);
    }
    Ok(all)
}
