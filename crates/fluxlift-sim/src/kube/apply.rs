//! Server-side apply.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fields::FieldSet;
use super::merge::{compare, field_set, merge, remove};
use super::ownership::{Owners, conflict_status, strip};
use super::shape::Shape;
use super::update::{Part, check_named, next};
use super::{ApiServer, Caller, Key, Kind, Status, meta};

impl ApiServer {
    pub(super) fn apply(
        &mut self,
        caller: &Caller<'_>,
        kind: &Kind,
        key: &Key,
        config: &Value,
        force: bool,
        part: Part,
    ) -> Result<Arc<Value>, Status> {
        if meta::at(config, &["metadata", "managedFields"]).is_some() {
            return Err(Status::bad_request("metadata.managedFields must be nil"));
        }
        if meta::text(config, &["apiVersion"]).is_empty() || meta::text(config, &["kind"]).is_empty() {
            return Err(Status::bad_request("apiVersion and kind must be set in an applied configuration"));
        }
        let mut config = config.clone();
        without_nulls(&mut config);
        check_named(key, &config)?;
        let (named, config) = self.named(kind, key.namespace.as_deref(), config)?;
        if named != *key {
            let message =
                format!("the name of the object ({}) does not match the name on the URL ({})", named.name, key.name);
            return Err(Status::bad_request(message));
        }
        let api_version = meta::text(&config, &["apiVersion"]).to_owned();
        let shape = Shape::of(kind, &api_version);
        let mut set = field_set(&config, shape);
        strip(&mut set);
        keep_part(&mut set, kind, part);
        match self.objects.get(key).cloned() {
            Some(live) => {
                let mut object = Value::clone(&live);
                object["apiVersion"] = json!(api_version);
                let mut owners = Owners::of(&live);
                let last = owners.applied_by(caller.manager, part.subresource()).map(|o| o.fields.clone());
                let version = config["metadata"].get("resourceVersion").cloned();
                merge(&mut object, &config, shape);
                if let Some(last) = last {
                    let mut owned = set.clone();
                    let mut others = owners.clone();
                    others
                        .0
                        .retain(|o| !(o.applies && o.manager == caller.manager && o.subresource == part.subresource()));
                    owned.add(&others.all());
                    remove(&mut object, &last, &owned, shape);
                }
                if version.is_none() {
                    meta::metadata_mut(&mut object).remove("resourceVersion");
                }
                let next = next(kind, key, &live, object, part)?;
                let comparison = compare(&live, &next, shape);
                owners
                    .applied(caller, &api_version, part.subresource(), set, &comparison, force)
                    .map_err(|conflicts| conflict_status(&conflicts))?;
                self.store(caller, kind, key, &live, next, &owners)
            }
            None if part == Part::Status => Err(Status::not_found(key)),
            None => self.apply_new(caller, kind, key, config, set),
        }
    }

    fn apply_new(
        &mut self,
        caller: &Caller<'_>,
        kind: &Kind,
        key: &Key,
        config: Value,
        set: FieldSet,
    ) -> Result<Arc<Value>, Status> {
        self.check_namespace(key)?;
        let api_version = meta::text(&config, &["apiVersion"]).to_owned();
        let mut object = config;
        // Who applies has nothing to be ahead of yet.
        meta::metadata_mut(&mut object).remove("resourceVersion");
        self.prepare_new(caller, kind, key, &mut object)?;
        let mut owners = Owners::default();
        let nothing = compare(&Value::Null, &Value::Null, Shape::Free);
        owners
            .applied(caller, &api_version, "", set, &nothing, true)
            .map_err(|conflicts| conflict_status(&conflicts))?;
        owners.write(&mut object);
        self.store_new(caller, kind, key.clone(), object)
    }
}

/// Leaves only the fields that a write through `part` can own.
fn keep_part(set: &mut FieldSet, kind: &Kind, part: Part) {
    match part {
        Part::Status => set.children.retain(|step, _| step == "f:status"),
        Part::Object if kind.has_status() => {
            set.children.remove("f:status");
        }
        Part::Object => {}
    }
}

/// A null in a configuration says nothing.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            *map = std::mem::take(map).into_iter().filter(|(_, v)| !v.is_null()).collect::<Map<_, _>>();
            map.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}
