//! The real theatre: the programs of a lab.

use std::time::{Duration, Instant};

use kube::Api;
use kube::api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use super::act::Act;
use super::kinds::Subject;
use super::situation::Words;
use super::theatre::Theatre;
use crate::etcd_watch;
use crate::history::History;
use crate::patience::pass;
use crate::{Lab, LabError};

/// How long a step may take.
const LIMIT: Duration = Duration::from_secs(90);
/// How often one looks.
const PACE: Duration = Duration::from_millis(100);
/// How long things take to come to rest.
const REST: Duration = Duration::from_millis(1500);

/// A lab with flux-operator at work.
#[derive(Debug)]
pub struct Real<'l> {
    lab: &'l Lab,
    words: Words,
    began: Instant,
    history: Option<(u64, History)>,
}

impl<'l> Real<'l> {
    /// Plays in `lab`.
    pub fn new(lab: &'l Lab) -> Self {
        let charts = lab.registry.tiny();
        let charts = charts.rsplit_once('/').map_or(charts.as_str(), |(charts, _)| charts).to_owned();
        let registry = charts.trim_start_matches("oci://").trim_end_matches("/charts").to_owned();
        let words = Words(vec![("$git", lab.git.url()), ("$charts", charts), ("$registry", registry)]);
        Self { lab, words, began: Instant::now(), history: None }
    }

    fn api(&self, resource: &ApiResource, namespace: Option<&str>) -> Api<DynamicObject> {
        match namespace {
            Some(namespace) => Api::namespaced_with(self.lab.client(), namespace, resource),
            None => Api::all_with(self.lab.client(), resource),
        }
    }

    fn of(&self, subject: &Subject) -> Api<DynamicObject> {
        let resource = ApiResource {
            group: subject.group.to_owned(),
            version: subject.version.to_owned(),
            api_version: format!("{}/{}", subject.group, subject.version),
            kind: subject.kind.to_owned(),
            plural: subject.resource.to_owned(),
        };
        self.api(&resource, Some(&subject.namespace))
    }

    async fn apply(&self, object: &Value) -> Result<(), LabError> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let (version, kind) = (text("/apiVersion").unwrap_or_default(), text("/kind").unwrap_or_default());
        let (group, bare) = version.rsplit_once('/').unwrap_or(("", version));
        let resource = ApiResource::from_gvk(&kube::api::GroupVersionKind::gvk(group, bare, kind));
        let name = text("/metadata/name").unwrap_or_default();
        let api = self.api(&resource, text("/metadata/namespace"));
        let how = PatchParams::apply("likeness").force();
        let applied = api.patch(name, &how, &Patch::Apply(object)).await;
        applied.map(|_| ()).map_err(LabError::kube(format!("apply {kind} {name}")))
    }
}

/// An object as it is read: etcd keeps it without the default of its status, which everybody sees who reads it.
fn as_read(subject: &Subject, mut object: Value) -> Value {
    if subject.kind != "FluxInstance" && object["status"].is_null() {
        object["status"] = json!({"observedGeneration": -1});
    }
    object
}

impl Theatre for Real<'_> {
    fn words(&self) -> &Words {
        &self.words
    }

    async fn act(&mut self, act: &Act) -> Result<(), LabError> {
        let faults = self.lab.node.faults();
        match act {
            Act::Apply(object) => self.apply(object).await?,
            Act::Merge { of, fields } => {
                let by_hand = PatchParams { field_manager: Some("likeness".to_owned()), ..PatchParams::default() };
                let changed = self.of(of).patch(&of.name, &by_hand, &Patch::Merge(fields)).await;
                changed.map_err(LabError::kube(format!("change {of}")))?;
            }
            Act::Delete(subject) => {
                let deleted = self.of(subject).delete(&subject.name, &DeleteParams::default()).await;
                deleted.map_err(LabError::kube(format!("delete {subject}")))?;
            }
            Act::Commit(files) => {
                self.lab.git.repository.commit(files, "Change").await?;
            }
            Act::Hold(controller) => faults.hold(controller),
            Act::Release(controller) => faults.release(controller),
        }
        Ok(())
    }

    async fn look(&mut self, subject: &Subject) -> Result<Option<Value>, LabError> {
        let found = self.of(subject).get_opt(&subject.name).await;
        let found = found.map_err(LabError::kube(format!("read {subject}")))?;
        let whole = found.map(serde_json::to_value).transpose();
        whole.map_err(|error| LabError::Unexpected(format!("{subject}: {error}")))
    }

    fn begin(&mut self) {
        self.began = Instant::now();
    }

    async fn pass(&mut self) -> bool {
        pass(PACE).await;
        self.began.elapsed() < LIMIT
    }

    async fn rest(&mut self) {
        pass(REST).await;
    }

    async fn revision(&mut self) -> Result<u64, LabError> {
        etcd_watch::latest(self.lab.control_plane.etcd).await
    }

    async fn states(&mut self, subject: &Subject, (from, to): (u64, u64)) -> Result<Vec<Option<Value>>, LabError> {
        if self.history.as_ref().is_none_or(|(read, _)| *read < to) {
            let latest = self.revision().await?;
            self.history = Some((latest, self.lab.history().await?));
        }
        let key = subject.etcd_key();
        let history = self.history.iter().flat_map(|(_, history)| history.of(&key));
        let mine =
            history.filter(|happening| happening.key == key && happening.revision > from && happening.revision <= to);
        Ok(mine.map(|happening| happening.object.clone().map(|object| as_read(subject, object))).collect())
    }
}
