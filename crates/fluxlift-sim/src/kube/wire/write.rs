//! Writes.

use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::list::item;
use super::read::{Form, in_version, one};
use super::request::ApiRequest;
use super::selector::Selector;
use super::target::Objects;
use super::{body, review};
use crate::World;
use crate::kube::admission::schema::unknown_fields;
use crate::kube::{Caller, DeleteOptions, Deleted, Key, Kind, Part, Patch, Reason, Status, meta};

fn key(objects: &Objects) -> Key {
    Key::of(&objects.gr, objects.namespace.as_deref(), objects.name.as_deref().unwrap_or_default())
}

fn part(objects: &Objects) -> Part {
    if objects.subresource.as_deref() == Some("status") { Part::Status } else { Part::Object }
}

/// Refuses fields that the kind's schema does not know, when the client wants that.
fn check_fields(request: &ApiRequest, kind: &Kind, version: &str, object: &Value) -> Result<(), Status> {
    let schema = kind.version(version).and_then(|v| v.schema.as_deref());
    if let (Some("Strict"), Some(schema)) = (request.param("fieldValidation"), schema) {
        let unknown = unknown_fields(object, schema);
        if !unknown.is_empty() {
            let list = unknown.iter().map(|field| format!("unknown field {field:?}")).collect::<Vec<_>>().join(", ");
            let name = &kind.kind;
            let message =
                format!("{name} in version {version:?} cannot be handled as a {name}: strict decoding error: {list}");
            return Err(Status::bad_request(message));
        }
    }
    Ok(())
}

/// Refuses to apply fields that the kind's schema does not know, whatever the client wants.
fn check_declared(kind: &Kind, version: &str, config: &Value) -> Result<(), Status> {
    let Some(schema) = kind.version(version).and_then(|v| v.schema.as_deref()) else { return Ok(()) };
    let unknown = unknown_fields(config, schema);
    let faults: Vec<_> = unknown.iter().map(|field| format!(".{field}: field not declared in schema")).collect();
    let faults = match faults.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        many => format!("errors:\n  {}", many.join("\n  ")),
    };
    let what = format!(
        "{}/{}; {}, Kind={}",
        meta::namespace(config).unwrap_or_default(),
        meta::name(config),
        kind.api_version(version),
        kind.kind
    );
    Err(Status::new(500, Reason::Unknown, format!("failed to create typed patch object ({what}): {faults}")))
}

/// POST: a new object, or what a subresource makes of one.
///
/// # Errors
/// What the store refuses.
pub fn create(
    world: &mut World,
    caller: &Caller<'_>,
    request: &ApiRequest,
    objects: &Objects,
    kind: &Kind,
) -> Result<Answer, Status> {
    match objects.subresource.as_deref() {
        None => {}
        Some("token") => return review::token(world, request, objects),
        Some("eviction") => {
            let options = DeleteOptions::default();
            world.kube.api.delete(caller, &key(objects), &options)?;
            return Ok(answer::json(201, &success(kind, objects.name.as_deref().unwrap_or_default(), "")));
        }
        Some(_) => return Err(Status::no_such_path()),
    }
    let object = body::object(request)?;
    check_fields(request, kind, &objects.version, &object)?;
    let object = world.kube.api.create(caller, &objects.gr, objects.namespace.as_deref(), object)?;
    Ok(one(201, &object, kind, &objects.version, Form::of(request), world.now))
}

/// PUT: the whole of an object, its status or a namespace's finalizers.
///
/// # Errors
/// What the store refuses.
pub fn update(
    world: &mut World,
    caller: &Caller<'_>,
    request: &ApiRequest,
    objects: &Objects,
    kind: &Kind,
) -> Result<Answer, Status> {
    let object = body::object(request)?;
    check_fields(request, kind, &objects.version, &object)?;
    let (api, key) = (&mut world.kube.api, key(objects));
    let code = if api.get(&key).is_some() { 200 } else { 201 };
    let object = match part(objects) {
        Part::Status => api.update_status(caller, &key, object)?,
        Part::Object => api.update(caller, &key, object)?,
    };
    Ok(one(code, &object, kind, &objects.version, Form::of(request), world.now))
}

/// PATCH.
///
/// # Errors
/// What the store refuses.
pub fn patch(
    world: &mut World,
    caller: &Caller<'_>,
    request: &ApiRequest,
    objects: &Objects,
    kind: &Kind,
) -> Result<Answer, Status> {
    let patch = body::patch(request)?;
    if let Patch::Apply { config, .. } = &patch {
        check_declared(kind, &objects.version, config)?;
    }
    let key = key(objects);
    let new = world.kube.api.get(&key).is_none();
    let object = world.kube.api.patch(caller, &key, &patch, part(objects))?;
    let code = if new { 201 } else { 200 };
    Ok(one(code, &object, kind, &objects.version, Form::of(request), world.now))
}

/// DELETE of one object.
///
/// # Errors
/// What the store refuses.
pub fn delete(
    world: &mut World,
    caller: &Caller<'_>,
    request: &ApiRequest,
    objects: &Objects,
    kind: &Kind,
) -> Result<Answer, Status> {
    let (options, dry_run) = body::delete_options(request)?;
    let caller = Caller { dry_run, ..*caller };
    let key = key(objects);
    match world.kube.api.delete(&caller, &key, &options)? {
        Deleted::Now(object) => Ok(answer::json(200, &success(kind, &key.name, meta::uid(&object)))),
        Deleted::Later(object) => Ok(one(200, &object, kind, &objects.version, Form::Object, world.now)),
    }
}

fn success(kind: &Kind, name: &str, uid: &str) -> Value {
    let mut details = json!({"name": name, "kind": kind.gr.resource});
    if !kind.gr.group.is_empty() {
        details["group"] = json!(kind.gr.group);
    }
    if !uid.is_empty() {
        details["uid"] = json!(uid);
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

/// DELETE of all objects that are selected.
///
/// # Errors
/// What the store refuses; those before the refused one are deleted.
pub fn delete_collection(
    world: &mut World,
    caller: &Caller<'_>,
    request: &ApiRequest,
    objects: &Objects,
    kind: &Kind,
) -> Result<Answer, Status> {
    let selector = Selector::of(request, kind, None)?;
    let (options, dry_run) = body::delete_options(request)?;
    let caller = Caller { dry_run, ..*caller };
    let picked = world.kube.api.entries(&objects.gr, objects.namespace.as_deref());
    let picked: Vec<_> = picked
        .filter(|(_, object)| selector.picks(object))
        .map(|(key, object)| (key.clone(), item(kind, &in_version(object, kind, &objects.version))))
        .collect();
    let mut items = Vec::new();
    for (key, before) in picked {
        items.push(match world.kube.api.delete(&caller, &key, &options)? {
            // What is gone at once is shown as it was.
            Deleted::Now(_) => before,
            Deleted::Later(object) => item(kind, &in_version(&object, kind, &objects.version)),
        });
    }
    let list = json!({
        "kind": format!("{}List", kind.kind),
        "apiVersion": kind.api_version(&objects.version),
        "metadata": {"resourceVersion": world.kube.api.revision().to_string()},
        "items": items,
    });
    Ok(answer::json(200, &list))
}
