//! Applying many objects server-side in two stages, as Flux's `ssa` package does: definitions, namespaces and cluster
//! roles first, then all else.

use serde_json::Value;
use thiserror::Error;

use super::health;
use crate::controllers::Pass;
use crate::controllers::object::{annotation, text};
use crate::kube::{Key, Status};

/// An object that the API did not take.
#[derive(Debug, Error)]
#[error("{kind}/{name} dry-run failed")]
pub struct ApplyError {
    kind: String,
    name: String,
    /// What the API said.
    pub source: Status,
}

impl ApplyError {
    /// The whole message, as it stands in a condition.
    pub fn message(&self) -> String {
        format!("{self}: {}", self.source)
    }
}

/// Whether an object belongs to the first stage.
pub fn is_first(object: &Value) -> bool {
    ["CustomResourceDefinition", "Namespace", "ClusterRole"].contains(&text(object, "/kind"))
}

/// Applies `objects` in their order and gives back where they live. An object that is annotated to be left alone, and is
/// there already, is left alone.
///
/// # Errors
/// The first refusal, with the object's name.
pub fn apply<'o>(
    pass: &mut Pass<'_>,
    objects: impl Iterator<Item = &'o Value>,
    obeys: Option<&str>,
) -> Result<Vec<Key>, ApplyError> {
    let mut keys = Vec::new();
    for object in objects {
        let key = pass.world.kube.api.key_of(object);
        let live = key.as_ref().and_then(|key| pass.get(key));
        let left_alone = |object: &Value| {
            obeys.is_some_and(|name| annotation(object, name).is_some_and(|word| word.eq_ignore_ascii_case("ignore")))
        };
        match (&key, live) {
            (Some(key), Some(live)) if left_alone(&live) || left_alone(object) => keys.push(key.clone()),
            _ => {
                pass.apply(object.clone()).map_err(|source| refused(object, source))?;
                keys.extend(key);
            }
        }
    }
    Ok(keys)
}

fn refused(object: &Value, source: Status) -> ApplyError {
    ApplyError { kind: text(object, "/kind").to_owned(), name: text(object, "/metadata/name").to_owned(), source }
}

/// The ones among `keys` that are not healthy yet.
pub fn unhealthy(pass: &Pass<'_>, keys: &[Key]) -> Vec<Key> {
    let waits = |key: &&Key| pass.get(key).is_none_or(|object| !health::is_healthy(&object));
    keys.iter().filter(waits).cloned().collect()
}
