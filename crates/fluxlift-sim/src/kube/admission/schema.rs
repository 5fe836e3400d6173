//! The OpenAPI schemas of custom kinds: defaults, pruning, validation.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use regex::Regex;
use serde_json::{Map, Value};

use crate::kube::Cause;

/// Fills in the schema's defaults wherever their parent is present.
pub fn default(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => {
            for (name, property) in properties(schema) {
                let missing = map.get(name).is_none_or(|v| v.is_null() && !is_nullable(property));
                if missing && let Some(default) = property.get("default") {
                    map.insert(name.clone(), default.clone());
                }
                if let Some(child) = map.get_mut(name) {
                    default_in(child, property);
                }
            }
            if let Some(items) = schema.get("additionalProperties").filter(|s| s.is_object()) {
                map.values_mut().for_each(|child| default_in(child, items));
            }
        }
        Value::Array(list) => {
            if let Some(items) = schema.get("items") {
                list.iter_mut().for_each(|child| default_in(child, items));
            }
        }
        _ => {}
    }
}

fn default_in(value: &mut Value, schema: &Value) {
    default(value, schema);
}

/// Drops the fields of a whole object that its schema does not know.
pub fn prune(object: &mut Value, schema: &Value) {
    let Value::Object(map) = object else { return };
    if keeps_unknown(schema) || schema.get("properties").is_none() {
        return;
    }
    let known = |name: &str| matches!(name, "apiVersion" | "kind" | "metadata");
    map.retain(|name, _| known(name) || property(schema, name).is_some());
    for (name, child) in map.iter_mut().filter(|(name, _)| !known(name)) {
        if let Some(property) = property(schema, name) {
            prune_below(child, property);
        }
    }
}

fn prune_below(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(map) => {
            if let Some(items) = schema.get("additionalProperties").filter(|s| s.is_object()) {
                map.values_mut().for_each(|child| prune_below(child, items));
                return;
            }
            let open = keeps_unknown(schema) || is_embedded(schema) || schema.get("additionalProperties").is_some();
            if !open {
                map.retain(|name, _| property(schema, name).is_some());
            }
            for (name, child) in map.iter_mut() {
                if let Some(property) = property(schema, name) {
                    prune_below(child, property);
                }
            }
        }
        Value::Array(list) => {
            if let Some(items) = schema.get("items") {
                list.iter_mut().for_each(|child| prune_below(child, items));
            }
        }
        _ => {}
    }
}

/// The fields of `object` that its schema does not know, as paths; what strict field validation refuses.
pub fn unknown_fields(object: &Value, schema: &Value) -> Vec<String> {
    let mut pruned = object.clone();
    prune(&mut pruned, schema);
    let mut unknown = Vec::new();
    differences(object, &pruned, String::new(), &mut unknown);
    unknown
}

fn differences(before: &Value, after: &Value, path: String, unknown: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match after.get(name) {
                    Some(kept) => differences(value, kept, path, unknown),
                    None => unknown.push(path),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                differences(before, after, format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

/// What is wrong with a whole object; of one that was valid as `live`, only what changed is looked at.
pub fn validate(object: &Value, live: Option<&Value>, schema: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let Value::Object(map) = object else { return causes };
    required(map, schema, "", &mut causes);
    for (name, property) in properties(schema) {
        if let Some(value) = map.get(name).filter(|value| {
            let known = matches!(name.as_str(), "apiVersion" | "kind" | "metadata");
            !known && live.and_then(|live| live.get(name)) != Some(*value)
        }) {
            validate_at(value, property, name, &mut causes);
        }
    }
    causes
}

fn validate_at(value: &Value, schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    if value.is_null() && is_nullable(schema) {
        return;
    }
    if let Some(wanted) = wrong_type(value, schema) {
        let message = format!(
            "Invalid value: {:?}: {path} in body must be of type {wanted}: {:?}",
            name_of(value),
            name_of(value)
        );
        causes.push(cause("FieldValueTypeInvalid", message, path));
        return;
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let list = allowed.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        causes.push(cause(
            "FieldValueNotSupported",
            format!("Unsupported value: {value}: supported values: {list}"),
            path,
        ));
    }
    bounds(value, schema, path, causes);
    match value {
        Value::Object(map) => {
            required(map, schema, path, causes);
            for (name, child) in map {
                if let Some(property) = property(schema, name) {
                    validate_at(child, property, &format!("{path}.{name}"), causes);
                } else if let Some(items) = schema.get("additionalProperties").filter(|s| s.is_object()) {
                    validate_at(child, items, &format!("{path}.{name}"), causes);
                }
            }
        }
        Value::Array(list) => {
            if let Some(items) = schema.get("items") {
                for (index, child) in list.iter().enumerate() {
                    validate_at(child, items, &format!("{path}[{index}]"), causes);
                }
            }
        }
        _ => {}
    }
}

fn required(map: &Map<String, Value>, schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !map.contains_key(name) {
            let field = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            causes.push(cause("FieldValueRequired", "Required value".into(), &field));
        }
    }
}

fn bounds(value: &Value, schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    let number = |name: &str| schema.get(name).and_then(Value::as_f64);
    let mut invalid = |what: String| {
        causes.push(cause("FieldValueInvalid", format!("Invalid value: {value}: {path} in body {what}"), path))
    };
    if let Some(given) = value.as_f64() {
        if let Some(least) = number("minimum").filter(|least| given < *least) {
            invalid(format!("should be greater than or equal to {least}"));
        }
        if let Some(most) = number("maximum").filter(|most| given > *most) {
            invalid(format!("should be less than or equal to {most}"));
        }
    }
    let (size, what, least, most) = match value {
        Value::String(text) => (text.chars().count(), "chars long", "minLength", "maxLength"),
        Value::Array(list) => (list.len(), "items", "minItems", "maxItems"),
        _ => return,
    };
    let limit = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    if let Some(least) = limit(least).filter(|least| size < *least) {
        invalid(format!("should be at least {least} {what}"));
    }
    if let Some(most) = limit(most).filter(|most| size > *most) {
        invalid(format!("should be at most {most} {what}"));
    }
    if let (Value::String(text), Some(pattern)) = (value, schema.get("pattern").and_then(Value::as_str))
        && !matches(pattern, text)
    {
        invalid(format!("should match '{pattern}'"));
    }
}

/// The patterns that were met, compiled: they are few, and every write asks for them again.
static PATTERNS: Mutex<BTreeMap<String, Option<Regex>>> = Mutex::new(BTreeMap::new());

/// Whether `text` matches `pattern`. One that can't be compiled hinders nothing.
fn matches(pattern: &str, text: &str) -> bool {
    let mut patterns = PATTERNS.lock().unwrap_or_else(PoisonError::into_inner);
    if !patterns.contains_key(pattern) {
        patterns.insert(pattern.to_owned(), Regex::new(pattern).ok());
    }
    patterns.get(pattern).and_then(Option::as_ref).is_none_or(|pattern| pattern.is_match(text))
}

fn wrong_type(value: &Value, schema: &Value) -> Option<String> {
    if schema.get("x-kubernetes-int-or-string").is_some_and(|v| v == true) {
        return (!(value.is_i64() || value.is_u64() || value.is_string())).then(|| "integer or string".into());
    }
    let wanted = schema.get("type")?.as_str()?;
    let fits = match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "number" => value.is_number(),
        _ => true,
    };
    (!fits).then(|| wanted.to_owned())
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn cause(reason: &str, message: String, field: &str) -> Cause {
    Cause { reason: reason.to_owned(), message, field: field.to_owned() }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn property<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name).is_some_and(|v| v == true)
}

fn keeps_unknown(schema: &Value) -> bool {
    flag(schema, "x-kubernetes-preserve-unknown-fields")
}

fn is_embedded(schema: &Value) -> bool {
    flag(schema, "x-kubernetes-embedded-resource")
}

fn is_nullable(schema: &Value) -> bool {
    flag(schema, "nullable")
}
