//! Reading what a request brings.

use http::header;
use serde_json::Value;

use super::request::ApiRequest;
use super::{options, protobuf};
use crate::kube::{Cause, DeleteOptions, Patch, Propagation, Reason, Status, meta};

/// The object in a request's body, JSON or YAML.
///
/// # Errors
/// 400 for a body that can't be read, 415 for protobuf.
pub fn object(request: &ApiRequest) -> Result<Value, Status> {
    if request.header(header::CONTENT_TYPE).starts_with("application/vnd.kubernetes.protobuf") {
        return protobuf::decode(&request.body).ok_or_else(|| {
            let message = "the body of the request was in an unknown format - accepted media types include: \
                           application/json, application/yaml";
            Status::unsupported_media_type(message)
        });
    }
    decode(&request.body)
}

fn decode(body: &[u8]) -> Result<Value, Status> {
    let is_json = body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| matches!(byte, b'{' | b'['));
    if is_json && let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let text = std::str::from_utf8(body).map_err(|e| unreadable(&e))?;
    serde_saphyr::from_str(text).map_err(|e| unreadable(&e))
}

fn unreadable(why: &dyn std::fmt::Display) -> Status {
    Status::bad_request(format!("the object provided is unrecognized: {why}"))
}

/// The patch in a request's body, by its content type.
///
/// # Errors
/// 415 for a type of patch that is not known, 422 for an apply without a field manager.
pub fn patch(request: &ApiRequest) -> Result<Patch, Status> {
    let kind = request.header(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    match kind {
        "application/json-patch+json" => Ok(Patch::Json(decode(&request.body)?)),
        "application/merge-patch+json" => Ok(Patch::Merge(decode(&request.body)?)),
        "application/strategic-merge-patch+json" => Ok(Patch::Strategic(decode(&request.body)?)),
        "application/apply-patch+yaml" => {
            if request.param("fieldManager").is_none() {
                let cause = Cause {
                    reason: "FieldValueRequired".into(),
                    message: "Required value: is required for apply patch".into(),
                    field: "fieldManager".into(),
                };
                return Err(Status::invalid("meta.k8s.io", "PatchOptions", "", vec![cause]));
            }
            Ok(Patch::Apply { config: decode(&request.body)?, force: request.flag("force") })
        }
        other => Err(Status::new(
            415,
            Reason::UnsupportedMediaType,
            format!("the body of the request was in an unknown format - {other:?} is no patch that is known"),
        )),
    }
}

/// How to delete, from the body and the query.
///
/// # Errors
/// 400 for a body that can't be read.
pub fn delete_options(request: &ApiRequest) -> Result<(DeleteOptions, bool), Status> {
    let body = if request.body.is_empty() { Value::Null } else { object(request)? };
    let text = |path: &[&str]| Some(meta::text(&body, path)).filter(|t| !t.is_empty()).map(str::to_owned);
    let policy = text(&["propagationPolicy"]).or_else(|| request.param("propagationPolicy").map(str::to_owned));
    let orphan = body["orphanDependents"] == true || request.query.get("orphanDependents").is_some_and(|o| o == "true");
    let propagation = match policy.as_deref() {
        Some(policy) if orphan => {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            let message = format!("Invalid value: {policy:?}: {why}");
            return Err(options::invalid("DeleteOptions", "FieldValueInvalid", "propagationPolicy", message));
        }
        Some("Foreground") => Propagation::Foreground,
        Some("Orphan") => Propagation::Orphan,
        Some(policy) if policy != "Background" => {
            let known = r#""Foreground", "Background", "Orphan", "nil""#;
            let message = format!("Unsupported value: {policy:?}: supported values: {known}");
            return Err(options::invalid("DeleteOptions", "FieldValueNotSupported", "propagationPolicy", message));
        }
        _ if orphan => Propagation::Orphan,
        _ => Propagation::Background,
    };
    let grace = request.param("gracePeriodSeconds").and_then(|g| g.parse().ok());
    let options = DeleteOptions {
        uid: text(&["preconditions", "uid"]),
        resource_version: text(&["preconditions", "resourceVersion"]),
        propagation,
        grace_period_seconds: body["gracePeriodSeconds"].as_i64().or(grace),
    };
    let dry_run = request.is_dry_run() || meta::list(&body, &["dryRun"]).iter().any(|d| d == "All");
    Ok((options, dry_run))
}
