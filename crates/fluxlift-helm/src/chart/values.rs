//! Values: the chart's defaults under the user's.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The user's values over the chart's defaults, by Helm's rules: maps merge key by key, a `null` of the user's deletes
/// the default, everything else of the user's wins whole.
pub fn coalesce(defaults: &Value, given: &Value) -> Value {
    let empty = Map::new();
    let defaults = defaults.as_object().unwrap_or(&empty);
    let given = given.as_object().unwrap_or(&empty);
    Value::Object(merge(defaults, given))
}

fn merge(defaults: &Map<String, Value>, given: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = Map::new();
    for (key, value) in given {
        match (defaults.get(key), value) {
            // Deletes a default; where there is none it stays, so that a template can see it.
            (Some(_), Value::Null) => {}
            (Some(Value::Object(below)), Value::Object(above)) => {
                merged.insert(key.clone(), Value::Object(merge(below, above)));
            }
            _ => {
                merged.insert(key.clone(), value.clone());
            }
        }
    }
    for (key, value) in defaults {
        if !given.contains_key(key) && !value.is_null() {
            merged.insert(key.clone(), without_nulls(value));
        }
    }
    merged
}

/// A default without the keys that are `null`: they are there to be seen by people, not by templates.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        other => other.clone(),
    }
}

/// The SHA-256 of values, in hex: the same for the same values, whatever the order of their keys.
pub fn digest(values: &Value) -> String {
    let mut hash = Sha256::new();
    feed(&mut hash, values);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn feed(hash: &mut Sha256, value: &Value) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(key, _)| *key);
            hash.update(b"{");
            for (key, value) in keys {
                feed(hash, &Value::String(key.clone()));
                feed(hash, value);
            }
            hash.update(b"}");
        }
        Value::Array(list) => {
            hash.update(b"[");
            list.iter().for_each(|item| feed(hash, item));
            hash.update(b"]");
        }
        leaf => {
            hash.update(leaf.to_string());
            hash.update(b"\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_merge_lists_are_replaced_and_null_deletes() {
        let defaults = json!({"a": {"x": 1, "y": 2}, "b": {"x": null, "y": 1}, "list": [1, 2], "gone": "x", "kept": true, "none": null});
        let given = json!({"a": {"y": 3, "x": null}, "list": [9], "gone": null, "new": null});
        assert_eq!(
            coalesce(&defaults, &given),
            json!({"a": {"y": 3}, "b": {"y": 1}, "list": [9], "kept": true, "new": null})
        );
    }

    #[test]
    fn the_digest_does_not_depend_on_the_order_of_keys() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":[true,"x"]}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"b":[true,"x"],"a":1}"#).unwrap();
        assert_eq!(digest(&one), digest(&two));
        assert_ne!(digest(&json!(["ab"])), digest(&json!(["a", "b"])));
        assert_ne!(digest(&json!({"a": "1"})), digest(&json!({"a": 1})));
    }
}
