//! The `scale` subresource.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::body;
use super::request::{ApiRequest, Verb};
use super::target::Objects;
use crate::World;
use crate::kube::{Caller, Key, Kind, Part, Patch, Status, meta};

/// Reads or sets how many replicas an object wants.
///
/// # Errors
/// What the store refuses; 400 for a patch that is no merge.
pub fn answer(
    world: &mut World,
    caller: &Caller<'_>,
    request: &ApiRequest,
    objects: &Objects,
    kind: &Arc<Kind>,
    verb: Verb,
) -> Result<Answer, Status> {
    let key = Key::of(&objects.gr, objects.namespace.as_deref(), objects.name.as_deref().unwrap_or_default());
    let wanted = match verb {
        Verb::Update => Some(body::object(request)?),
        Verb::Patch => match body::patch(request)? {
            Patch::Merge(change) | Patch::Strategic(change) => Some(change),
            Patch::Apply { config, .. } => Some(config),
            Patch::Json(_) => return Err(Status::bad_request("scale takes no JSON patch here")),
        },
        _ => None,
    };
    if let Some(replicas) = wanted.as_ref().and_then(|w| meta::at(w, &["spec", "replicas"])).cloned() {
        world.kube.api.modify(caller, &key, Part::Object, |object| {
            meta::child_mut(object, "spec").insert("replicas".into(), replicas);
        })?;
    }
    let object = world.kube.api.get(&key).ok_or_else(|| Status::not_found(&key))?;
    Ok(answer::json(200, &scale(kind, object)))
}

fn scale(kind: &Kind, object: &Value) -> Value {
    let labels = meta::at(object, &["spec", "selector", "matchLabels"]).and_then(Value::as_object);
    let labels = labels.into_iter().flatten().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default()));
    let metadata = &object["metadata"];
    let _ = kind;
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
            "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {"replicas": object["spec"]["replicas"]},
        "status": {
            "replicas": object["status"]["replicas"].as_i64().unwrap_or_default(),
            "selector": labels.collect::<Vec<_>>().join(","),
        },
    })
}
