//! Strategic merge patches: a merge that finds the items of lists by their key.

use serde_json::{Map, Value};
use thiserror::Error;

use super::shape::{ListShape, Shape};

/// A strategic merge patch that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StrategicError {
    /// `$patch` has another value than the known ones.
    #[error("unknown $patch value {0:?}")]
    Directive(String),
    /// An item of a list that merges by key lacks the key.
    #[error("map: an item of a list does not contain its merge key: {0}")]
    NoKey(String),
}

/// Lays `patch` over `live`.
///
/// # Errors
/// When a directive is unknown or an item lacks its key.
pub fn merge(live: &mut Value, patch: &Value, shape: Shape<'_>) -> Result<(), StrategicError> {
    let Value::Object(patch) = patch else {
        live.clone_from(patch);
        return Ok(());
    };
    match patch.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            *live = Value::Object(plain(patch));
            return Ok(());
        }
        Some("delete") => {
            *live = Value::Object(Map::new());
            return Ok(());
        }
        Some("merge") | None => {}
        Some(other) => return Err(StrategicError::Directive(other.to_owned())),
    }
    if !live.is_object() {
        *live = Value::Object(Map::new());
    }
    let Value::Object(map) = live else { return Ok(()) };
    if let Some(keep) = patch.get("$retainKeys").and_then(Value::as_array) {
        map.retain(|name, _| keep.iter().any(|kept| kept == name.as_str()));
    }
    for (name, value) in patch {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            remove_members(map.get_mut(list), value);
        } else if let Some(list) = name.strip_prefix("$setElementOrder/") {
            order(map.get_mut(list), value, shape.field(list));
        } else if name.starts_with('$') {
        } else if value.is_null() {
            map.remove(name);
        } else {
            field(map, name, value, shape.field(name))?;
        }
    }
    // The order is asked for before the items are merged in, since names sort so: ask again.
    for (name, value) in patch {
        if let Some(list) = name.strip_prefix("$setElementOrder/") {
            order(map.get_mut(list), value, shape.field(list));
        }
    }
    Ok(())
}

fn field(map: &mut Map<String, Value>, name: &str, patch: &Value, shape: Shape<'_>) -> Result<(), StrategicError> {
    match patch {
        Value::Object(_) => merge(map.entry(name).or_insert(Value::Null), patch, shape),
        Value::Array(items) => {
            let slot = map.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            list(slot, items, shape)
        }
        _ => {
            map.insert(name.to_owned(), patch.clone());
            Ok(())
        }
    }
}

fn list(live: &mut Value, patch: &[Value], shape: Shape<'_>) -> Result<(), StrategicError> {
    let replace = patch.iter().any(|item| item.get("$patch").is_some_and(|p| p == "replace"));
    let old = match live {
        Value::Array(old) if !replace => old,
        _ => {
            let items = patch.iter().filter(|item| item.get("$patch").is_none());
            *live = Value::Array(items.map(clean).collect());
            return Ok(());
        }
    };
    match shape.list() {
        ListShape::Atomic => *old = patch.iter().map(clean).collect(),
        ListShape::Set => {
            for item in patch {
                if !old.contains(item) {
                    old.push(item.clone());
                }
            }
        }
        ListShape::Keyed(keys) => {
            let key = keys.first().unwrap_or_default();
            for item in patch {
                let Some(value) = item.get(&key) else { return Err(StrategicError::NoKey(key)) };
                let found = old.iter().position(|o| o.get(&key) == Some(value));
                if item.get("$patch").is_some_and(|p| p == "delete") {
                    old.retain(|o| o.get(&key) != Some(value));
                } else if let Some(index) = found {
                    merge(&mut old[index], item, shape.item())?;
                } else {
                    old.push(clean(item));
                }
            }
        }
    }
    Ok(())
}

fn remove_members(live: Option<&mut Value>, members: &Value) {
    if let (Some(Value::Array(live)), Value::Array(members)) = (live, members) {
        live.retain(|item| !members.contains(item));
    }
}

fn order(live: Option<&mut Value>, wanted: &Value, shape: Shape<'_>) {
    let (Some(Value::Array(live)), Value::Array(wanted)) = (live, wanted) else { return };
    let key = match shape.list() {
        ListShape::Keyed(keys) => keys.first(),
        ListShape::Set | ListShape::Atomic => None,
    };
    let place = |item: &Value| match &key {
        Some(key) => wanted.iter().position(|w| w.get(key) == item.get(key)),
        None => wanted.iter().position(|w| w == item),
    };
    live.sort_by_key(|item| place(item).unwrap_or(usize::MAX));
}

fn clean(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(plain(map)),
        other => other.clone(),
    }
}

/// A map without directives and nulls.
fn plain(map: &Map<String, Value>) -> Map<String, Value> {
    map.iter()
        .filter(|(name, value)| !name.starts_with('$') && !value.is_null())
        .map(|(name, value)| (name.clone(), clean(value)))
        .collect()
}
