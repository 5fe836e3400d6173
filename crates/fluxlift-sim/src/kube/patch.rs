//! Patching objects.

use std::sync::Arc;

use serde_json::Value;

use super::merge::compare;
use super::ownership::Owners;
use super::shape::Shape;
use super::update::{Part, next};
use super::{ApiServer, Caller, Cause, Key, Reason, Status, meta, strategic};

/// A change to an object, in one of the forms that Kubernetes takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Patch {
    /// A list of operations (RFC 6902).
    Json(Value),
    /// Fields to set, null to remove (RFC 7386).
    Merge(Value),
    /// A merge that knows the lists of built-in kinds.
    Strategic(Value),
    /// What the caller wants, to be merged with what others own.
    Apply {
        /// The wanted object.
        config: Value,
        /// Whether to take fields from their owners.
        force: bool,
    },
}

impl ApiServer {
    /// Patches an object, or its status. An [`Patch::Apply`] of an object that is not there creates it.
    ///
    /// # Errors
    /// 404, 409 for another `resourceVersion` or fields of other owners, 415 for a strategic merge of a custom kind,
    /// 422 for a patch that does not fit or an object that is not valid.
    pub fn patch(&mut self, caller: &Caller<'_>, key: &Key, patch: &Patch, part: Part) -> Result<Arc<Value>, Status> {
        let kind = self.served(&key.gr)?;
        if let Patch::Apply { config, force } = patch {
            return self.apply(caller, &kind, key, config, *force, part);
        }
        let live = self.objects.get(key).cloned().ok_or_else(|| Status::not_found(key))?;
        let mut object = Value::clone(&live);
        match patch {
            Patch::Json(operations) => {
                let operations: json_patch::Patch = serde_json::from_value(operations.clone())
                    .map_err(|e| Status::bad_request(format!("error decoding patch: {e}")))?;
                json_patch::patch(&mut object, &operations).map_err(|e| unfit(key, &e.to_string()))?;
            }
            Patch::Merge(change) => json_patch::merge(&mut object, change),
            Patch::Strategic(_) if kind.custom => {
                let message = "the body of the request was in an unknown format - accepted media types include: \
                               application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
                return Err(Status::unsupported_media_type(message));
            }
            Patch::Strategic(change) => strategic::merge(&mut object, change, Shape::of(&kind, ""))
                .map_err(|e| Status::bad_request(e.to_string()))?,
            Patch::Apply { .. } => unreachable!("applied above"),
        }
        let api_version = meta::text(&object, &["apiVersion"]).to_owned();
        if meta::name(&object) != key.name {
            return Err(Status::bad_request("metadata.name: Invalid value: field is immutable"));
        }
        let mut owners = Owners::given(&object, &live);
        let next = next(&kind, key, &live, object, part)?;
        let comparison = compare(&live, &next, Shape::of(&kind, &api_version));
        owners.updated(caller, &api_version, part.subresource(), &comparison);
        self.store(caller, &kind, key, &live, next, &owners)
    }
}

fn unfit(key: &Key, why: &str) -> Status {
    let mut status = Status::new(
        422,
        Reason::Invalid,
        format!("the server rejected our request due to an error in our request: {why}"),
    );
    status.details.name.clone_from(&key.name);
    status.details.causes.push(Cause {
        reason: "FieldValueInvalid".into(),
        message: why.to_owned(),
        field: String::new(),
    });
    status
}
