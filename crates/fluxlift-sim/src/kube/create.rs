//! Creating objects.

use std::sync::Arc;

use serde_json::{Value, json};

use super::merge::compare;
use super::ownership::Owners;
use super::shape::Shape;
use super::{ApiServer, Caller, Cause, GroupResource, Key, Kind, Status, admission, meta};

/// What the server assigns to new objects of a kind, and nobody owns unless it was given.
const ASSIGNED: &[(GroupResource, &[&str])] = &[
    (GroupResource::NAMESPACES, &["/spec/finalizers"]),
    (GroupResource::SERVICES, &["/spec/clusterIP", "/spec/clusterIPs", "/spec/ipFamilies", "/spec/ipFamilyPolicy"]),
];

/// The letters of generated names.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

impl ApiServer {
    /// Creates an object. Its namespace may be left out of the object when `namespace` names it.
    ///
    /// # Errors
    /// What Kubernetes answers: 404 for a missing namespace, 403 for one that terminates, 409 when the name is taken,
    /// 422 for an object that is not valid.
    pub fn create(
        &mut self,
        caller: &Caller<'_>,
        gr: &GroupResource,
        namespace: Option<&str>,
        object: Value,
    ) -> Result<Arc<Value>, Status> {
        let kind = self.served(gr)?;
        let (key, mut object) = self.named(&kind, namespace, object)?;
        self.check_namespace(&key)?;
        self.check_definition_stays(&kind, &key)?;
        if self.objects.contains_key(&key) {
            return Err(Status::already_exists(&key));
        }
        let api_version = meta::text(&object, &["apiVersion"]).to_owned();
        let given = object.clone();
        self.prepare_new(caller, &kind, &key, &mut object)?;
        let mut owners = Owners::default();
        let mut wanted = object.clone();
        without_assigned(&kind, &given, &mut wanted);
        let comparison = compare(&Value::Object(serde_json::Map::new()), &wanted, Shape::of(&kind, &api_version));
        owners.updated(caller, &api_version, "", &comparison);
        owners.write(&mut object);
        self.store_new(caller, &kind, key, object)
    }

    /// Gives `object` its name and namespace, and checks that it says what it is.
    pub(super) fn named(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        mut object: Value,
    ) -> Result<(Key, Value), Status> {
        if !object.is_object() {
            return Err(Status::bad_request("the body of the request is no object"));
        }
        let api_version = meta::text(&object, &["apiVersion"]).to_owned();
        if api_version.is_empty() {
            object["apiVersion"] = json!(kind.storage_api_version());
        } else if kind.version_of(&api_version).is_none() {
            let message = format!(
                "the API version in the data ({api_version}) does not match the expected API version ({})",
                kind.storage_api_version()
            );
            return Err(Status::bad_request(message));
        }
        match meta::text(&object, &["kind"]) {
            "" => object["kind"] = json!(kind.kind),
            given if given == kind.kind => {}
            given => {
                let message =
                    format!("the kind in the data ({given}) does not match the expected kind ({})", kind.kind);
                return Err(Status::bad_request(message));
            }
        }
        let namespace = if kind.namespaced {
            let own = meta::namespace(&object).map(str::to_owned);
            match (namespace, own) {
                (Some(asked), Some(own)) if asked != own => {
                    let message = format!(
                        "the namespace of the provided object does not match the namespace sent on the request: {own} != {asked}"
                    );
                    return Err(Status::bad_request(message));
                }
                (asked, own) => Some(asked.map(str::to_owned).or(own).unwrap_or_else(|| "default".into())),
            }
        } else {
            None
        };
        let metadata = meta::metadata_mut(&mut object);
        match &namespace {
            Some(namespace) => metadata.insert("namespace".into(), json!(namespace)),
            None => metadata.remove("namespace"),
        };
        let mut name = meta::name(&object).to_owned();
        if name.is_empty() {
            let prefix = meta::text(&object, &["metadata", "generateName"]).to_owned();
            if prefix.is_empty() {
                let cause = Cause {
                    reason: "FieldValueRequired".into(),
                    message: "Required value: name or generateName is required".into(),
                    field: "metadata.name".into(),
                };
                return Err(Status::invalid(&kind.gr.group, &kind.kind, "", vec![cause]));
            }
            name = self.generated(&kind.gr, namespace.as_deref(), &prefix);
            meta::metadata_mut(&mut object).insert("name".into(), json!(name));
        }
        Ok((Key { gr: kind.gr.clone(), namespace, name }, object))
    }

    fn generated(&self, gr: &GroupResource, namespace: Option<&str>, prefix: &str) -> String {
        let mut attempt = 0_u32;
        loop {
            let bytes = self.draw(&format!("{gr}/{prefix}/{attempt}"));
            let letters = bytes.iter().take(5).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
            let name: String = prefix.chars().chain(letters).collect();
            if !self.objects.contains_key(&Key::of(gr, namespace, &name)) {
                return name;
            }
            attempt += 1;
        }
    }

    pub(super) fn check_namespace(&self, key: &Key) -> Result<(), Status> {
        let Some(namespace) = &key.namespace else { return Ok(()) };
        match self.get(&Key::cluster(&GroupResource::NAMESPACES, namespace)) {
            None => Err(Status::not_found(&Key::cluster(&GroupResource::NAMESPACES, namespace))),
            Some(object) if meta::is_terminating(object) => {
                let why =
                    format!("unable to create new content in namespace {namespace} because it is being terminated");
                let mut status = Status::forbidden(&key.gr, &key.name, &why);
                status.details.causes.push(Cause {
                    reason: "NamespaceTerminating".into(),
                    message: format!("namespace {namespace} is being terminated"),
                    field: "metadata.namespace".into(),
                });
                Err(status)
            }
            Some(_) => Ok(()),
        }
    }

    /// Refuses new objects of a kind whose definition is being deleted.
    fn check_definition_stays(&self, kind: &Kind, key: &Key) -> Result<(), Status> {
        let definition = Key::cluster(&GroupResource::CUSTOM_RESOURCE_DEFINITIONS, kind.gr.to_string());
        if kind.custom && self.get(&definition).is_some_and(meta::is_terminating) {
            let why = "create not allowed while custom resource definition is terminating";
            return Err(Status::forbidden(&key.gr, &key.name, why));
        }
        Ok(())
    }

    /// Gives a new object all that the server itself writes.
    pub(super) fn prepare_new(
        &self,
        caller: &Caller<'_>,
        kind: &Kind,
        key: &Key,
        object: &mut Value,
    ) -> Result<(), Status> {
        if kind.has_status()
            && let Some(map) = object.as_object_mut()
        {
            map.remove("status");
        }
        let metadata = meta::metadata_mut(object);
        if metadata.get("resourceVersion").is_some_and(|rv| rv.as_str().is_some_and(|rv| !rv.is_empty())) {
            return Err(Status::bad_request("resourceVersion should not be set on objects to be created"));
        }
        for name in [
            "resourceVersion",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "selfLink",
            "generation",
            "managedFields",
        ] {
            metadata.remove(name);
        }
        metadata.insert("uid".into(), json!(self.draw_uid(key)));
        let now = caller.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        metadata.insert("creationTimestamp".into(), json!(now));
        if admission::counts_generations(kind) {
            metadata.insert("generation".into(), json!(1));
        }
        admission::default_new(kind, object);
        admission::complete(self, kind, object);
        admission::check(kind, key, object)
    }

    /// Stores a new object; on a dry run only says what would be.
    pub(super) fn store_new(
        &mut self,
        caller: &Caller<'_>,
        kind: &Kind,
        key: Key,
        mut object: Value,
    ) -> Result<Arc<Value>, Status> {
        object["apiVersion"] = json!(kind.storage_api_version());
        if caller.dry_run { Ok(Arc::new(object)) } else { Ok(self.put(key, object)) }
    }
}

/// Takes out what the server assigned, and the whole status where that is written by itself: nobody owns it for having
/// created the object.
fn without_assigned(kind: &Kind, given: &Value, object: &mut Value) {
    if kind.has_status()
        && let Some(object) = object.as_object_mut()
    {
        object.remove("status");
    }
    let assigned = ASSIGNED.iter().filter(|(gr, _)| *gr == kind.gr).flat_map(|(_, places)| *places);
    for place in assigned.filter(|place| given.pointer(place).is_none()) {
        let Some((above, name)) = place.rsplit_once('/') else { continue };
        if let Some(map) = object.pointer_mut(above).and_then(Value::as_object_mut) {
            map.remove(name);
            if map.is_empty()
                && let Some(object) = object.as_object_mut()
            {
                object.remove(above.trim_start_matches('/'));
            }
        }
    }
}
