//! How the API says no.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

use super::{GroupResource, Key};

/// A refusal, as Kubernetes words it in a `Status` object.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Status {
    /// The sentence for people.
    pub message: String,
    /// The word for programs.
    pub reason: Reason,
    /// The HTTP status code.
    pub code: u16,
    /// About what, and why.
    pub details: Box<Details>,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of Kubernetes and say what they mean")]
pub enum Reason {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    AlreadyExists,
    Conflict,
    Invalid,
    Gone,
    Expired,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
    TooManyRequests,
    InternalError,
    ServiceUnavailable,
    Timeout,
    /// None is given.
    Unknown,
}

/// About what a refusal is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The object's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The API group.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The resource, or for invalid objects the kind.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The object's uid.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Each single fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// When to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
}

/// One fault of a refused object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The word for programs, such as `FieldValueRequired`.
    pub reason: String,
    /// The sentence for people.
    pub message: String,
    /// Which field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
}

impl Details {
    fn of(gr: &GroupResource, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            group: gr.group.clone().into_owned(),
            kind: gr.resource.clone().into_owned(),
            ..Self::default()
        }
    }
}

impl Status {
    /// Any refusal about nothing in particular.
    pub fn new(code: u16, reason: Reason, message: impl Into<String>) -> Self {
        Self { message: message.into(), reason, code, details: Box::default() }
    }

    /// 404 for an object.
    pub fn not_found(key: &Key) -> Self {
        let message = format!("{} {:?} not found", key.gr, key.name);
        Self { details: Box::new(Details::of(&key.gr, &key.name)), ..Self::new(404, Reason::NotFound, message) }
    }

    /// 404 for a path that no resource lives at.
    pub fn no_such_path() -> Self {
        Self::new(404, Reason::NotFound, "the server could not find the requested resource")
    }

    /// 409 for an object that is there.
    pub fn already_exists(key: &Key) -> Self {
        let message = format!("{} {:?} already exists", key.gr, key.name);
        Self { details: Box::new(Details::of(&key.gr, &key.name)), ..Self::new(409, Reason::AlreadyExists, message) }
    }

    /// 409 for an object that is not as the writer believed.
    pub fn conflict(key: &Key, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {:?}: {why}", key.gr, key.name);
        Self { details: Box::new(Details::of(&key.gr, &key.name)), ..Self::new(409, Reason::Conflict, message) }
    }

    /// 409 for a write on top of an older version.
    pub fn modified(key: &Key) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(key, why)
    }

    /// 422 with each fault.
    pub fn invalid(group: &str, kind: &str, name: &str, causes: Vec<Cause>) -> Self {
        let list = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect::<Vec<_>>();
        let list = if list.len() == 1 { list.concat() } else { format!("[{}]", list.join(", ")) };
        let what = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let message = format!("{what} {name:?} is invalid: {list}");
        let details = Details {
            name: name.to_owned(),
            group: group.to_owned(),
            kind: kind.to_owned(),
            causes,
            ..Details::default()
        };
        Self { details: Box::new(details), ..Self::new(422, Reason::Invalid, message) }
    }

    /// 403 for an object.
    pub fn forbidden(gr: &GroupResource, name: &str, why: &str) -> Self {
        let message = if name.is_empty() {
            format!("{gr} is forbidden: {why}")
        } else {
            format!("{gr} {name:?} is forbidden: {why}")
        };
        Self { details: Box::new(Details::of(gr, name)), ..Self::new(403, Reason::Forbidden, message) }
    }

    /// 410 for a version that is no longer remembered.
    pub fn expired(asked: u64, oldest: u64) -> Self {
        Self::new(410, Reason::Expired, format!("too old resource version: {asked} ({oldest})"))
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, Reason::MethodNotAllowed, message)
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, Reason::BadRequest, message)
    }

    /// 415 for a body or a patch of a kind that is not taken here.
    pub fn unsupported_media_type(message: impl Into<String>) -> Self {
        Self::new(415, Reason::UnsupportedMediaType, message)
    }

    /// 429 with a time to try again.
    pub fn too_many_requests(retry_after_seconds: u32) -> Self {
        let details = Details { retry_after_seconds: Some(retry_after_seconds), ..Details::default() };
        let message = "too many requests, please try again later";
        Self { details: Box::new(details), ..Self::new(429, Reason::TooManyRequests, message) }
    }

    /// The object that goes over the wire.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        });
        if self.reason == Reason::Unknown
            && let Some(body) = body.as_object_mut()
        {
            body.remove("reason");
        }
        if *self.details != Details::default() || self.reason == Reason::MethodNotAllowed {
            body["details"] = json!(self.details);
        }
        body
    }
}
