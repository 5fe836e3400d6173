//! One object.

use std::borrow::Cow;

use fluxlift_core::Timestamp;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::request::ApiRequest;
use super::table;
use super::target::Objects;
use crate::kube::{Key, Kind, Kube, Status};

/// How a client wants its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As they are.
    Object,
    /// As rows of a table.
    Table(table::Include),
    /// Their metadata alone.
    Metadata,
}

impl Form {
    /// What `request` accepts.
    pub fn of(request: &ApiRequest) -> Self {
        if request.wants_table() {
            Self::Table(table::Include::of(request))
        } else if request.wants_metadata() {
            Self::Metadata
        } else {
            Self::Object
        }
    }
}

/// An object in a served version.
pub fn in_version<'a>(object: &'a Value, kind: &Kind, version: &str) -> Cow<'a, Value> {
    let api_version = kind.api_version(version);
    if object["apiVersion"] == api_version.as_str() {
        return Cow::Borrowed(object);
    }
    let mut object = object.clone();
    object["apiVersion"] = json!(api_version);
    Cow::Owned(object)
}

/// An object's metadata alone.
pub fn metadata_of(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// Answers for one object.
pub fn one(code: u16, object: &Value, kind: &Kind, version: &str, form: Form, now: Timestamp) -> Answer {
    let object = in_version(object, kind, version);
    match form {
        Form::Object => answer::json(code, &*object),
        Form::Metadata => answer::json(code, &metadata_of(&object)),
        Form::Table(include) => answer::json(code, &table::render(kind, version, [&*object], include, now, &json!({}))),
    }
}

/// Reads one object; `stale` many revisions ago, when that is known.
///
/// # Errors
/// 404.
pub fn get(
    kube: &Kube,
    request: &ApiRequest,
    objects: &Objects,
    kind: &Kind,
    now: Timestamp,
    stale: u64,
) -> Result<Answer, Status> {
    let key = Key::of(&objects.gr, objects.namespace.as_deref(), objects.name.as_deref().unwrap_or_default());
    let then = kube.api.revision().saturating_sub(stale);
    let old = if stale == 0 {
        kube.api.shared(&key).cloned()
    } else {
        let list = kube.api.list_at(&key.gr, key.namespace.as_deref(), then);
        list.map_err(|gone| Status::expired(gone.asked, gone.oldest))?
            .into_iter()
            .find(|(k, _)| *k == key)
            .map(|(_, o)| o)
    };
    let object = old.ok_or_else(|| Status::not_found(&key))?;
    Ok(one(200, &object, kind, &objects.version, Form::of(request), now))
}
