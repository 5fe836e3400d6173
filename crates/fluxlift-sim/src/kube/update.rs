//! Writing to objects that are there.

use std::sync::Arc;

use serde_json::{Value, json};

use super::merge::compare;
use super::ownership::Owners;
use super::shape::Shape;
use super::{ApiServer, Caller, Cause, GroupResource, Key, Kind, Status, admission, meta};

/// Which part of an object a write may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything; without status where that has a subresource of its own.
    Object,
    /// The status alone.
    Status,
}

impl Part {
    /// Its name in `managedFields`.
    pub const fn subresource(self) -> &'static str {
        match self {
            Self::Object => "",
            Self::Status => "status",
        }
    }
}

impl ApiServer {
    /// Replaces an object. A `resourceVersion` in it must be the current one. Of a few kinds an object is made that is not
    /// there.
    ///
    /// # Errors
    /// 404, 409 for another `resourceVersion` or uid, 422 for an object that is not valid.
    pub fn update(&mut self, caller: &Caller<'_>, key: &Key, object: Value) -> Result<Arc<Value>, Status> {
        self.replace(caller, key, object, Part::Object)
    }

    /// Replaces an object's status; the rest of `object` is ignored.
    ///
    /// # Errors
    /// As [`ApiServer::update`].
    pub fn update_status(&mut self, caller: &Caller<'_>, key: &Key, object: Value) -> Result<Arc<Value>, Status> {
        self.replace(caller, key, object, Part::Status)
    }

    /// Changes a copy of an object and writes it back; the way of controllers inside the world.
    ///
    /// # Errors
    /// As [`ApiServer::update`].
    pub fn modify(
        &mut self,
        caller: &Caller<'_>,
        key: &Key,
        part: Part,
        change: impl FnOnce(&mut Value),
    ) -> Result<Arc<Value>, Status> {
        let live = Arc::clone(self.shared(key).ok_or_else(|| Status::not_found(key))?);
        let mut object = (*live).clone();
        change(&mut object);
        // What is written as it was read changes nothing, and makes nobody its owner.
        if object == *live && self.served(&key.gr).is_ok() {
            return Ok(live);
        }
        self.replace(caller, key, object, part)
    }

    fn replace(&mut self, caller: &Caller<'_>, key: &Key, object: Value, part: Part) -> Result<Arc<Value>, Status> {
        let kind = self.served(&key.gr)?;
        let Some(live) = self.objects.get(key).cloned() else {
            return self.replace_nothing(caller, key, object, part);
        };
        check_named(key, &object)?;
        if is_conditional(&kind) && meta::text(&object, &["metadata", "resourceVersion"]).is_empty() {
            let cause = Cause {
                reason: "FieldValueInvalid".into(),
                message: "Invalid value: 0: must be specified for an update".into(),
                field: "metadata.resourceVersion".into(),
            };
            return Err(Status::invalid(&kind.gr.group, &kind.kind, &key.name, vec![cause]));
        }
        let (named, object) = self.named(&kind, key.namespace.as_deref(), object)?;
        if named != *key {
            let message =
                format!("the name of the object ({}) does not match the name on the URL ({})", named.name, key.name);
            return Err(Status::bad_request(message));
        }
        let api_version = meta::text(&object, &["apiVersion"]).to_owned();
        let mut owners = Owners::given(&object, &live);
        let next = next(&kind, key, &live, object, part)?;
        let comparison = compare(&live, &next, Shape::of(&kind, &api_version));
        owners.updated(caller, &api_version, part.subresource(), &comparison);
        self.store(caller, &kind, key, &live, next, &owners)
    }

    /// Makes what was to be replaced. The `resourceVersion` of what was there before hinders nobody, its uid does.
    fn replace_nothing(
        &mut self,
        caller: &Caller<'_>,
        key: &Key,
        mut object: Value,
        part: Part,
    ) -> Result<Arc<Value>, Status> {
        if part != Part::Object || !MADE_BY_REPLACING.contains(&key.gr) {
            return Err(Status::not_found(key));
        }
        check_named(key, &object)?;
        let uid = meta::uid(&object);
        if !uid.is_empty() {
            let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: ");
            return Err(Status::conflict(key, &why));
        }
        meta::metadata_mut(&mut object).remove("resourceVersion");
        self.create(caller, &key.gr, key.namespace.as_deref(), object)
    }

    /// Stores the next state of an object, or takes it out when its last finalizer is gone.
    pub(super) fn store(
        &mut self,
        caller: &Caller<'_>,
        kind: &Kind,
        key: &Key,
        live: &Arc<Value>,
        mut next: Value,
        owners: &Owners,
    ) -> Result<Arc<Value>, Status> {
        next["apiVersion"] = json!(kind.storage_api_version());
        if let Some(managed) = meta::at(live, &["metadata", "managedFields"]) {
            meta::metadata_mut(&mut next).insert("managedFields".into(), managed.clone());
        }
        let same_owners = Owners::of(live) == *owners;
        if next == **live && same_owners {
            return Ok(Arc::clone(live));
        }
        owners.write(&mut next);
        if caller.dry_run {
            return Ok(Arc::new(next));
        }
        if super::delete::is_done(kind, &next) {
            return Ok(self.take(key, next));
        }
        Ok(self.put(key.clone(), next))
    }
}

/// The kinds of which an object is made by replacing one that is not there.
const MADE_BY_REPLACING: [GroupResource; 7] = [
    GroupResource::LEASES,
    GroupResource::EVENTS,
    GroupResource::SERVICES,
    GroupResource::ROLES,
    GroupResource::ROLE_BINDINGS,
    GroupResource::CLUSTER_ROLES,
    GroupResource::CLUSTER_ROLE_BINDINGS,
];

/// Whether objects of this kind are only replaced by who has read them.
fn is_conditional(kind: &Kind) -> bool {
    kind.custom || [GroupResource::LEASES, GroupResource::CUSTOM_RESOURCE_DEFINITIONS].contains(&kind.gr)
}

/// Refuses an object that does not say its own name.
pub(super) fn check_named(key: &Key, object: &Value) -> Result<(), Status> {
    if object.is_object() && meta::name(object).is_empty() {
        let message =
            format!("the name of the object ({} based on URL) was undeterminable: name must be provided", key.name);
        return Err(Status::bad_request(message));
    }
    Ok(())
}

/// What an object becomes when `object` is written over `live`: with what the server keeps, completed and checked.
pub(super) fn next(kind: &Kind, key: &Key, live: &Value, mut object: Value, part: Part) -> Result<Value, Status> {
    let uid = meta::uid(&object);
    if !uid.is_empty() && uid != meta::uid(live) {
        let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", meta::uid(live));
        return Err(Status::conflict(key, &why));
    }
    let version = meta::text(&object, &["metadata", "resourceVersion"]);
    if !version.is_empty() && version != meta::text(live, &["metadata", "resourceVersion"]) {
        return Err(Status::modified(key));
    }
    let api_version = object.get("apiVersion").cloned();
    match part {
        Part::Object => {
            keep_metadata(&mut object, live);
            if kind.has_status() {
                keep(&mut object, live, "status");
            }
        }
        Part::Status => {
            let status = object.get_mut("status").map(Value::take);
            let mut next = live.clone();
            if let Some(map) = next.as_object_mut() {
                match status {
                    Some(status) if !status.is_null() => map.insert("status".into(), status),
                    _ => map.remove("status"),
                };
                if let Some(version) = api_version {
                    map.insert("apiVersion".into(), version);
                }
            }
            object = next;
        }
    }
    admission::default_all(kind, &mut object);
    admission::check_update(kind, key, live, &object)?;
    if admission::counts_generations(kind) && part == Part::Object && admission::is_new_generation(kind, live, &object)
    {
        let generation = meta::generation(live) + 1;
        meta::metadata_mut(&mut object).insert("generation".into(), json!(generation));
    }
    Ok(object)
}

/// Puts back the metadata that only the server writes.
fn keep_metadata(object: &mut Value, live: &Value) {
    const KEPT: [&str; 10] = [
        "name",
        "generateName",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "managedFields",
    ];
    let metadata = meta::metadata_mut(object);
    for name in KEPT {
        match meta::at(live, &["metadata", name]) {
            Some(value) => metadata.insert(name.into(), value.clone()),
            None => metadata.remove(name),
        };
    }
    metadata.remove("selfLink");
    for name in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let empty = metadata.get(name).is_some_and(|v| match v {
            Value::Object(map) => map.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Null => true,
            _ => false,
        });
        if empty {
            metadata.remove(name);
        }
    }
}

fn keep(object: &mut Value, live: &Value, field: &str) {
    if let Some(map) = object.as_object_mut() {
        match live.get(field) {
            Some(value) => map.insert(field.to_owned(), value.clone()),
            None => map.remove(field),
        };
    }
}
