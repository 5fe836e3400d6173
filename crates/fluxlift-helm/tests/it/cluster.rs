//! A cluster of one map, that can die at any request.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use fluxlift_core::Explain;
use fluxlift_helm::action::{ClusterError, ReleaseCluster};
use fluxlift_helm::manifest::{ObjectId, is_namespaced};
use serde_json::{Value, json};
use thiserror::Error;

#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Trouble(&'static str);

impl Explain for Trouble {}

#[derive(Default)]
pub(crate) struct FakeCluster(Mutex<State>);

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Value>,
    versions: u64,
    /// Every write, as `apply Deployment/flux-system/flux-operator`.
    log: Vec<String>,
    requests: usize,
    /// From this request on the cluster is out of reach.
    dies_at: Option<usize>,
    /// Whether the request at which it dies still takes effect: only its answer is lost.
    last_takes_effect: bool,
    /// Whether the first answer to every create and update is lost, and the request made again.
    stutters: bool,
    /// Applying this object is refused.
    refuses: Option<String>,
}

fn key_of(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match text("/metadata/namespace") {
        "" => format!("{}/{}", text("/kind"), text("/metadata/name")),
        namespace => format!("{}/{namespace}/{}", text("/kind"), text("/metadata/name")),
    }
}

impl State {
    fn write(&mut self, verb: &str, mut object: Value) -> Value {
        let key = key_of(&object);
        self.versions += 1;
        let uid = self
            .objects
            .get(&key)
            .map_or_else(|| json!(format!("uid-{}", self.versions)), |o| o["metadata"]["uid"].clone());
        object["metadata"]["uid"] = uid;
        object["metadata"]["resourceVersion"] = json!(self.versions.to_string());
        self.log.push(format!("{verb} {key}"));
        self.objects.insert(key, object.clone());
        object
    }
}

impl FakeCluster {
    /// Runs a request, or dies.
    fn request<T>(&self, act: impl FnOnce(&mut State) -> Result<T, ClusterError>) -> Result<T, ClusterError> {
        let mut state = self.0.lock().unwrap();
        let number = state.requests;
        state.requests += 1;
        let gone = || ClusterError::new(Trouble("the API server cannot be reached"));
        match state.dies_at {
            Some(at) if number == at && state.last_takes_effect => act(&mut state).and_then(|_| Err(gone())),
            Some(at) if number >= at => Err(gone()),
            _ => act(&mut state),
        }
    }

    pub(crate) fn die_at(&self, request: usize, last_takes_effect: bool) {
        let mut state = self.0.lock().unwrap();
        (state.requests, state.dies_at, state.last_takes_effect) = (0, Some(request), last_takes_effect);
    }

    pub(crate) fn revive(&self) {
        self.0.lock().unwrap().dies_at = None;
    }

    pub(crate) fn stutter(&self) {
        self.0.lock().unwrap().stutters = true;
    }

    /// A create or update, made twice when the first answer is lost.
    fn write(&self, act: impl Fn(&mut State) -> Result<Value, ClusterError>) -> Result<Value, ClusterError> {
        if self.0.lock().unwrap().stutters {
            self.request(&act)?;
        }
        self.request(&act)
    }

    pub(crate) fn refuse(&self, key: Option<&str>) {
        self.0.lock().unwrap().refuses = key.map(str::to_owned);
    }

    pub(crate) fn put(&self, object: Value) {
        self.0.lock().unwrap().write("put", object);
    }

    pub(crate) fn remove(&self, key: &str) -> bool {
        self.0.lock().unwrap().objects.remove(key).is_some()
    }

    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().log)
    }

    pub(crate) fn object(&self, key: &str) -> Option<Value> {
        self.0.lock().unwrap().objects.get(key).cloned()
    }

    /// Keys of all objects but release records.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().objects.keys().filter(|key| !key.contains("sh.helm.release")).cloned().collect()
    }

    /// The stored revisions, as `1 superseded`.
    pub(crate) fn revisions(&self) -> Vec<String> {
        let state = self.0.lock().unwrap();
        let records = state.objects.values().filter(|o| o["type"] == "helm.sh/release.v1");
        let label = |o: &Value, name: &str| o["metadata"]["labels"][name].as_str().unwrap().to_owned();
        let mut all: Vec<_> =
            records.map(|o| (label(o, "version").parse::<u32>().unwrap(), label(o, "status"))).collect();
        all.sort();
        all.into_iter().map(|(version, status)| format!("{version} {status}")).collect()
    }
}

#[async_trait]
impl ReleaseCluster for FakeCluster {
    async fn is_namespaced(&self, api_version: &str, kind: &str) -> Result<Option<bool>, ClusterError> {
        let id = ObjectId {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: String::new(),
        };
        self.request(|_| Ok(is_namespaced(&id)))
    }

    async fn get(&self, id: &ObjectId) -> Result<Option<Value>, ClusterError> {
        self.request(|state| Ok(state.objects.get(&id.to_string()).cloned()))
    }

    async fn secrets(&self, namespace: &str, labels: &str) -> Result<Vec<Value>, ClusterError> {
        let wanted: Vec<_> = labels.split(',').filter_map(|pair| pair.split_once('=')).collect();
        self.request(|state| {
            let fits = |o: &&Value| {
                o["kind"] == "Secret"
                    && o["metadata"]["namespace"] == namespace
                    && wanted.iter().all(|(key, value)| o["metadata"]["labels"][*key] == *value)
            };
            Ok(state.objects.values().filter(fits).cloned().collect())
        })
    }

    async fn create(&self, object: &Value) -> Result<Value, ClusterError> {
        self.write(|state| {
            if state.objects.contains_key(&key_of(object)) {
                return Err(ClusterError::conflict(Trouble("it exists already")));
            }
            Ok(state.write("create", object.clone()))
        })
    }

    async fn update(&self, object: &Value) -> Result<Value, ClusterError> {
        self.write(|state| {
            let stored = state.objects.get(&key_of(object)).map(|o| o["metadata"]["resourceVersion"].clone());
            if stored.is_none_or(|version| version != object["metadata"]["resourceVersion"]) {
                return Err(ClusterError::conflict(Trouble("it was changed by somebody else")));
            }
            Ok(state.write("update", object.clone()))
        })
    }

    async fn apply(&self, object: &Value) -> Result<Value, ClusterError> {
        self.request(|state| {
            if state.refuses == Some(key_of(object)) {
                return Err(ClusterError::new(Trouble("an admission policy says no")));
            }
            Ok(state.write("apply", object.clone()))
        })
    }

    async fn delete(&self, id: &ObjectId, uid: &str) -> Result<bool, ClusterError> {
        self.request(|state| {
            let found = state.objects.get(&id.to_string()).map(|o| o["metadata"]["uid"].clone());
            if found.as_ref().is_some_and(|found| found != uid) {
                return Err(ClusterError::conflict(Trouble("it is another object now")));
            }
            state.log.push(format!("delete {id}"));
            Ok(state.objects.remove(&id.to_string()).is_some())
        })
    }
}
