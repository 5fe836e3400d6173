//! The storage: objects by key, one revision for all, and the log of changes.

use std::collections::{BTreeMap, vec_deque};
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::change::ChangeLog;
use super::{Change, ChangeType, Gone, GroupResource, Key, Kind, Status, kinds, meta};

/// The objects of a cluster and the rules by which they are written.
///
/// Methods that write take a [`super::Caller`] and give back the object as it is stored. Every write is one [`Change`];
/// a write that changes nothing is none.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Saved")]
pub struct ApiServer {
    pub(super) seed: u64,
    pub(super) revision: u64,
    pub(super) objects: BTreeMap<Key, Arc<Value>>,
    pub(super) custom: BTreeMap<GroupResource, Arc<Kind>>,
    #[serde(skip)]
    log: ChangeLog,
}

/// A store as it is saved: without its log, so that older watches list anew, as after a restart.
#[derive(Deserialize)]
struct Saved {
    seed: u64,
    revision: u64,
    objects: BTreeMap<Key, Arc<Value>>,
    custom: BTreeMap<GroupResource, Arc<Kind>>,
}

impl From<Saved> for ApiServer {
    fn from(saved: Saved) -> Self {
        let Saved { seed, revision, objects, custom } = saved;
        let mut log = ChangeLog::default();
        log.compact(revision);
        Self { seed, revision, objects, custom, log }
    }
}

/// Objects may be secret, so none is shown.
impl fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ApiServer");
        shown.field("revision", &self.revision).field("objects", &self.objects.len()).finish_non_exhaustive()
    }
}

impl ApiServer {
    /// An empty store; `seed` decides the uids and random names.
    pub fn new(seed: u64) -> Self {
        Self { seed, revision: 0, objects: BTreeMap::new(), custom: BTreeMap::new(), log: ChangeLog::default() }
    }

    /// The revision of the last change.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// An object.
    pub fn get(&self, key: &Key) -> Option<&Value> {
        self.objects.get(key).map(Arc::as_ref)
    }

    /// An object, shared.
    pub fn shared(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    /// The objects of a resource, in one namespace or in all, in the order of their keys.
    pub fn list<'a>(
        &'a self,
        gr: &GroupResource,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.entries(gr, namespace).map(|(_, object)| object.as_ref())
    }

    /// The objects of a resource with their keys.
    pub fn entries<'a>(
        &'a self,
        gr: &GroupResource,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> + use<'a> {
        let first = Key::of(gr, namespace, "");
        let (gr, namespace) = (gr.clone(), namespace.map(str::to_owned));
        self.objects
            .range((Bound::Included(first), Bound::Unbounded))
            .take_while(move |(key, _)| key.gr == gr && (namespace.is_none() || key.namespace == namespace))
    }

    /// Every object.
    pub fn all(&self) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        self.objects.iter()
    }

    /// The objects of a resource as they were at `revision`.
    ///
    /// # Errors
    /// [`Gone`] when that revision is no longer remembered.
    pub fn list_at(
        &self,
        gr: &GroupResource,
        namespace: Option<&str>,
        revision: u64,
    ) -> Result<Vec<(Key, Arc<Value>)>, Gone> {
        let mut then: BTreeMap<Key, Arc<Value>> =
            self.entries(gr, namespace).map(|(key, object)| (key.clone(), Arc::clone(object))).collect();
        for change in self.log.since(revision)?.rev() {
            if change.key.gr != *gr || namespace.is_some_and(|ns| change.key.namespace.as_deref() != Some(ns)) {
                continue;
            }
            match &change.previous {
                Some(object) => then.insert(change.key.clone(), Arc::clone(object)),
                None => then.remove(&change.key),
            };
        }
        Ok(then.into_iter().collect())
    }

    /// Every change after `cursor`, oldest first. Start with the [`ApiServer::revision`] of the last look.
    ///
    /// # Errors
    /// [`Gone`] when `cursor` is older than what is remembered: list anew.
    pub fn changes_since(&self, cursor: u64) -> Result<vec_deque::Iter<'_, Change>, Gone> {
        self.log.since(cursor)
    }

    /// Forgets all changes up to now, as etcd's compaction does: older watches get 410.
    pub fn compact(&mut self) {
        self.log.compact(self.revision);
    }

    /// How many changes are remembered.
    pub fn remember(&mut self, changes: usize) {
        self.log.bound = changes;
    }

    /// Every kind that is served, built in and custom.
    pub fn kinds(&self) -> impl Iterator<Item = &Arc<Kind>> {
        kinds::built_ins().values().chain(self.custom.values())
    }

    /// The kind of a resource, when it is served.
    pub fn kind(&self, gr: &GroupResource) -> Option<&Arc<Kind>> {
        kinds::built_ins().get(gr).or_else(|| self.custom.get(gr))
    }

    /// The kind of objects with this `apiVersion` and `kind`, when it is served.
    pub fn kind_of(&self, api_version: &str, kind: &str) -> Option<&Arc<Kind>> {
        self.kinds().find(|known| known.kind == kind && known.version_of(api_version).is_some())
    }

    /// Where an object is stored, by its own words.
    pub fn key_of(&self, object: &Value) -> Option<Key> {
        let kind = self.kind_of(meta::text(object, &["apiVersion"]), meta::text(object, &["kind"]))?;
        let namespace = if kind.namespaced { Some(meta::namespace(object).unwrap_or("default")) } else { None };
        Some(Key::of(&kind.gr, namespace, meta::name(object)))
    }

    pub(super) fn served(&self, gr: &GroupResource) -> Result<Arc<Kind>, Status> {
        self.kind(gr).cloned().ok_or_else(Status::no_such_path)
    }

    /// Text that nobody can guess and every run with this seed repeats, for the next revision.
    pub(super) fn draw(&self, what: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(self.revision.to_be_bytes());
        hash.update(what.as_bytes());
        hash.finalize().into()
    }

    /// A uid for the next object.
    pub(super) fn draw_uid(&self, key: &Key) -> String {
        let mut bytes = self.draw(&key.to_string());
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex: String = bytes[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// Stores `object` under the next revision.
    pub(super) fn put(&mut self, key: Key, mut object: Value) -> Arc<Value> {
        self.revision += 1;
        stamp(&mut object, self.revision);
        let object = Arc::new(object);
        let previous = self.objects.insert(key.clone(), Arc::clone(&object));
        let kind = if previous.is_some() { ChangeType::Modified } else { ChangeType::Added };
        self.log.push(Change { revision: self.revision, kind, key, object: Arc::clone(&object), previous });
        object
    }

    /// Takes an object out; `last` is its last state.
    pub(super) fn take(&mut self, key: &Key, mut last: Value) -> Arc<Value> {
        self.revision += 1;
        stamp(&mut last, self.revision);
        let object = Arc::new(last);
        let previous = self.objects.remove(key);
        let change = Change {
            revision: self.revision,
            kind: ChangeType::Deleted,
            key: key.clone(),
            object: Arc::clone(&object),
            previous,
        };
        self.log.push(change);
        object
    }
}

fn stamp(object: &mut Value, revision: u64) {
    meta::metadata_mut(object).insert("resourceVersion".into(), Value::String(revision.to_string()));
}
