//! Between JSON values and the engine's.

use std::sync::Arc;

use gotmpl::Value;
use serde_json::Value as Json;

/// A JSON value as templates see it.
pub(super) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(i), _) => Value::Int(i),
            (None, Some(u)) => Value::Uint(u),
            (None, None) => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(s) => Value::String(s.as_str().into()),
        Json::Array(list) => Value::List(list.iter().map(from_json).collect()),
        Json::Object(map) => Value::Map(Arc::new(map.iter().map(|(k, v)| (k.as_str().into(), from_json(v))).collect())),
    }
}

/// A template's value as JSON. Functions have none and become `null`.
pub(super) fn to_json(value: &Value) -> Json {
    match value {
        Value::Nil | Value::Function(_) => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(i) => Json::from(*i),
        Value::Uint(u) => Json::from(*u),
        Value::Float(f) => Json::from(*f),
        Value::String(s) => Json::from(s.as_ref()),
        Value::List(list) => list.iter().map(to_json).collect(),
        Value::Map(map) => Json::Object(
            map.iter()
                .filter(|(_, v)| !matches!(v, Value::Function(_)))
                .map(|(k, v)| (k.to_string(), to_json(v)))
                .collect(),
        ),
    }
}
