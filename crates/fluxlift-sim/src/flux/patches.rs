//! Kustomize patches: strategic merges and JSON 6902, on the objects that a target picks.

use serde_json::Value;
use thiserror::Error;

use crate::controllers::object::{entries, label, some_text, text};

/// A patch that can't be applied.
#[derive(Debug, Error)]
pub enum PatchError {
    /// The text is not YAML.
    #[error("patch {patch:?} is not YAML")]
    Syntax {
        /// The beginning of the patch.
        patch: String,
        /// What the parser says.
        source: Box<serde_saphyr::Error>,
    },
    /// JSON 6902 operations that don't fit the object.
    #[error("a patch does not fit {kind}/{name}")]
    Misfit {
        /// The object's kind.
        kind: String,
        /// The object's name.
        name: String,
        /// What does not fit.
        source: json_patch::PatchError,
    },
    /// A list that holds something else than JSON 6902 operations.
    #[error("patch {patch:?} is not a list of JSON 6902 operations")]
    Operations {
        /// The beginning of the patch.
        patch: String,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// Applies `patches` (a list of `{patch, target}`) to `objects`, in order.
///
/// # Errors
/// When a patch is no YAML, or does not fit an object that its target picks.
pub fn apply<'p>(patches: impl Iterator<Item = &'p Value>, objects: &mut Vec<Value>) -> Result<(), PatchError> {
    for entry in patches {
        let written = text(entry, "/patch");
        let excerpt = || written.chars().take(40).collect::<String>();
        let patch: Value = serde_saphyr::from_str(written)
            .map_err(|e| PatchError::Syntax { patch: excerpt(), source: Box::new(e) })?;
        let target = entry.get("target").filter(|target| target.is_object());
        if patch.is_array() {
            let operations: json_patch::Patch =
                serde_json::from_value(patch).map_err(|source| PatchError::Operations { patch: excerpt(), source })?;
            for object in objects.iter_mut().filter(|object| target.is_some_and(|target| picks(target, object))) {
                json_patch::patch(object, &operations).map_err(|source| PatchError::Misfit {
                    kind: text(object, "/kind").to_owned(),
                    name: text(object, "/metadata/name").to_owned(),
                    source,
                })?;
            }
        } else {
            merge_all(&patch, target, objects);
        }
    }
    Ok(())
}

fn merge_all(patch: &Value, target: Option<&Value>, objects: &mut Vec<Value>) {
    let named =
        |object: &Value| object["kind"] == patch["kind"] && object["metadata"]["name"] == patch["metadata"]["name"];
    let picked = |object: &Value| target.map_or_else(|| named(object), |target| picks(target, object));
    if patch["$patch"] == "delete" {
        objects.retain(|object| !picked(object));
        return;
    }
    for object in objects.iter_mut().filter(|object| picked(object)) {
        let (kind, name) = (object["kind"].clone(), object["metadata"]["name"].clone());
        merge(object, patch);
        // A patch with a target of its own doesn't rename what it patches.
        object["kind"] = kind;
        object["metadata"]["name"] = name;
    }
}

/// Merges `patch` into `onto`: maps by key, lists of named things by their name, all else is replaced.
fn merge(onto: &mut Value, patch: &Value) {
    match (onto, patch) {
        (Value::Object(onto), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    onto.remove(key);
                } else {
                    merge(onto.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (Value::Array(onto), Value::Array(patch)) if patch.iter().all(|item| item.get("name").is_some()) => {
            for item in patch {
                match onto.iter_mut().find(|held| held["name"] == item["name"]) {
                    Some(held) if item["$patch"] == "delete" => *held = Value::Null,
                    Some(held) => merge(held, item),
                    None => onto.push(item.clone()),
                }
            }
            onto.retain(|held| !held.is_null());
        }
        (onto, patch) => *onto = patch.clone(),
    }
}

/// Whether a kustomize selector picks `object`; its texts are patterns that must match as a whole.
fn picks(target: &Value, object: &Value) -> bool {
    let (group, version) = text(object, "/apiVersion").rsplit_once('/').unwrap_or(("", text(object, "/apiVersion")));
    let fields = [
        ("/group", group),
        ("/version", version),
        ("/kind", text(object, "/kind")),
        ("/name", text(object, "/metadata/name")),
        ("/namespace", text(object, "/metadata/namespace")),
    ];
    fields.iter().all(|(field, held)| some_text(target, field).is_none_or(|wanted| matches(wanted, held)))
        && some_text(target, "/labelSelector").is_none_or(|selector| labels_match(selector, object))
        && some_text(target, "/annotationSelector").is_none_or(|selector| {
            selector.split(',').all(|term| {
                term.split_once('=').is_none_or(|(key, value)| {
                    entries(object, "/metadata/annotations").any(|(k, v)| k == key.trim() && v == value.trim())
                })
            })
        })
}

fn labels_match(selector: &str, object: &Value) -> bool {
    selector.split(',').all(|term| match term.split_once('=') {
        Some((key, value)) => {
            label(object, key.trim_end_matches('=').trim()) == Some(value.trim_start_matches('=').trim())
        }
        None => label(object, term.trim()).is_some(),
    })
}

/// Alternatives, and `.*` at either end: the patterns that people write in targets.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
    let pattern = pattern.strip_prefix('(').and_then(|p| p.strip_suffix(')')).unwrap_or(pattern);
    pattern.split('|').any(|one| match (one.strip_prefix(".*"), one.strip_suffix(".*")) {
        (Some(""), _) => true,
        (Some(end), Some(_)) => text.contains(end.trim_end_matches(".*")),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => one == text,
    })
}
