//! What a bundle reads of a cluster. What can't be read is listed, and no reason to stop.

use std::future::Future;

use fluxlift_flux::kinds::{
    self, BUCKET, FLUX_INSTANCE, FLUX_REPORT, GIT_REPOSITORY, HELM_CHART, HELM_RELEASE, HELM_REPOSITORY, KUSTOMIZATION,
    NAMESPACE, OCI_REPOSITORY, RECEIVER,
};
use fluxlift_kube::{Cluster, Kind, Object, Query, RequestError, kind};
use serde_json::{Value, json};

use super::{Known, record, storage};

const EVENT: Kind = Kind::namespaced("", "v1", "Event", "events");

/// How many lines of a container's log are taken.
const LINES: u32 = 500;
/// How many events are taken, the newest.
const EVENTS: usize = 1000;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Documents by the name of their file.
    pub(super) documents: Vec<(String, Value)>,
    /// Logs by the name of their file.
    pub(super) logs: Vec<(String, String)>,
    /// What could not be read, and why.
    pub(super) unread: Vec<String>,
    /// The secrets of the cluster.
    pub(super) known: Known,
    /// The server's version.
    pub(super) kubernetes: Option<String>,
}

/// Reads `cluster`.
pub(super) async fn read(cluster: &Cluster) -> Seen {
    let mut seen = Seen::default();
    seen.kubernetes = seen.or_note("the server's version", cluster.version()).await;
    seen.secrets(cluster).await;
    let flux = [
        FLUX_INSTANCE,
        FLUX_REPORT,
        KUSTOMIZATION,
        HELM_RELEASE,
        GIT_REPOSITORY,
        OCI_REPOSITORY,
        HELM_REPOSITORY,
        HELM_CHART,
        BUCKET,
        RECEIVER,
    ];
    for kind in flux {
        if let Some(Some(kind)) = seen.or_note(kind.plural(), kinds::served(cluster, &kind)).await {
            let found = seen.list(cluster, Query::all(kind.clone())).await;
            found.iter().for_each(|object| seen.known.add_named(object.at("/spec")));
            seen.document(&kind, &found);
        }
    }
    for kind in [kind::DEPLOYMENT, kind::REPLICA_SET, kind::LEASE, kind::POD] {
        let found = seen.list(cluster, Query::all(kind.clone()).within(NAMESPACE)).await;
        if kind == kind::POD {
            seen.logs(cluster, &found).await;
        }
        seen.document(&kind, &found);
    }
    let nodes = seen.list(cluster, Query::all(kind::NODE)).await;
    seen.document(&kind::NODE, &nodes);
    storage::read(&mut seen, cluster).await;
    seen.events(cluster).await;
    seen
}

impl Seen {
    pub(super) async fn or_note<T>(
        &mut self,
        what: &str,
        read: impl Future<Output = Result<T, RequestError>>,
    ) -> Option<T> {
        read.await.inspect_err(|error| self.unread.push(format!("{what}: {error}"))).ok()
    }

    pub(super) async fn list(&mut self, cluster: &Cluster, query: Query) -> Vec<Object> {
        let found = self.or_note(&query.to_string(), cluster.list(&query)).await;
        found.map(|found| found.iter().cloned().collect()).unwrap_or_default()
    }

    fn document(&mut self, kind: &Kind, objects: &[Object]) {
        let records: Vec<Value> = objects.iter().map(record::of).collect();
        self.documents.push((format!("objects/{}.json", kind.plural()), Value::Array(records)));
    }

    /// The secrets of all namespaces are looked for, and those of Flux's own are listed by name.
    async fn secrets(&mut self, cluster: &Cluster) {
        let all = cluster.list(&Query::all(kind::SECRET)).await;
        let found: Vec<Object> = match all {
            Ok(found) => found.iter().cloned().collect(),
            Err(error) => {
                self.known.miss(format!("the Secrets of other namespaces: {error}"));
                match cluster.list(&Query::all(kind::SECRET).within(NAMESPACE)).await {
                    Ok(found) => found.iter().cloned().collect(),
                    Err(error) => {
                        self.known.miss(format!("the Secrets of {NAMESPACE}: {error}"));
                        Vec::new()
                    }
                }
            }
        };
        found.iter().for_each(|secret| self.known.add_secret(secret));
        let ours = found.iter().filter(|secret| secret.namespace() == Some(NAMESPACE));
        let names: Vec<Value> = ours.map(record::of_secret).collect();
        self.documents.push(("secrets.json".to_owned(), Value::Array(names)));
    }

    /// The logs of `pods`; of those elsewhere the namespace is in the name.
    pub(super) async fn logs(&mut self, cluster: &Cluster, pods: &[Object]) {
        for pod in pods {
            let namespace = pod.namespace().unwrap_or(NAMESPACE);
            let place = if namespace == NAMESPACE { String::new() } else { format!("{namespace}.") };
            for status in pod.items("/status/containerStatuses") {
                let container = status["name"].as_str().unwrap_or_default();
                let restarted = status["restartCount"].as_i64().unwrap_or_default() > 0;
                for previous in [false, true].into_iter().filter(|previous| restarted || !previous) {
                    let word = if previous { ".previous" } else { "" };
                    let name = format!("logs/{place}{}.{container}{word}.log", pod.name());
                    let log = cluster.pod_log(namespace, pod.name(), container, LINES, previous);
                    if let Some(text) = self.or_note(&name, log).await {
                        self.logs.push((name, text));
                    }
                }
            }
        }
    }

    async fn events(&mut self, cluster: &Cluster) {
        let of_flux = |event: &&Object| {
            let about = event.text("/involvedObject/apiVersion").unwrap_or_default();
            event.namespace() == Some(NAMESPACE)
                || [".fluxcd.io/", ".controlplane.io/", "volsync.backube/", "snapshot.storage.k8s.io/"]
                    .iter()
                    .any(|group| about.contains(group))
                || event.text("/involvedObject/kind") == Some("PersistentVolumeClaim")
        };
        let found = self.list(cluster, Query::all(EVENT)).await;
        let mut events: Vec<Value> = found.iter().filter(of_flux).map(record::of_event).collect();
        events.sort_by_key(|event| event["at"].as_str().unwrap_or_default().to_owned());
        let from = events.len().saturating_sub(EVENTS);
        self.documents.push(("events.json".to_owned(), json!(events[from..])));
    }
}
