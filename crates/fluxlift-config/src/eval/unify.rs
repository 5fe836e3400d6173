//! One type for two values.

use fluxlift_core::Value;

use super::convert;

/// `chosen`, converted to the type that it has in common with `other`.
///
/// A string and another primitive become strings. Lists and objects are converted member by member where both have
/// the member, and to one member type where their shapes differ; where their members have nothing in common they are
/// left as they are, although Terraform would refuse some of these.
///
/// # Errors
/// The two kinds, when they have no type in common.
pub(super) fn to_common_type(chosen: Value, other: &Value) -> Result<Value, (&'static str, &'static str)> {
    let kinds = (convert::kind(&chosen), convert::kind(other));
    match (chosen, other.unmarked()) {
        (Value::Sensitive(inner), other) => to_common_type(*inner, other).map(Value::sensitive),
        (chosen @ (Value::Null | Value::Unknown), _) | (chosen, Value::Null | Value::Unknown) => Ok(chosen),
        (chosen @ (Value::Number(_) | Value::Bool(_)), Value::String(_)) => {
            Ok(convert::to_text(&chosen).map_or(chosen, Value::String))
        }
        (chosen @ Value::String(_), Value::Number(_) | Value::Bool(_)) => Ok(chosen),
        (Value::List(chosen), Value::List(other)) => Ok(Value::List(lists(chosen, other))),
        (Value::Map(chosen), Value::Map(other)) => {
            if chosen.keys().eq(other.keys()) {
                let pairs = chosen.into_iter().zip(other.values());
                return Ok(Value::Map(pairs.map(|((k, v), o)| (k, lenient(v, o))).collect()));
            }
            let strings = one_primitive_type(chosen.values().chain(other.values()));
            Ok(Value::Map(chosen.into_iter().map(|(k, v)| (k, if strings { text(v) } else { v })).collect()))
        }
        (chosen, other) if std::mem::discriminant(&chosen) == std::mem::discriminant(other) => Ok(chosen),
        _ => Err(kinds),
    }
}

fn lists(chosen: Vec<Value>, other: &[Value]) -> Vec<Value> {
    if chosen.len() == other.len() {
        return chosen.into_iter().zip(other).map(|(v, o)| lenient(v, o)).collect();
    }
    let strings = one_primitive_type(chosen.iter().chain(other));
    chosen.into_iter().map(|v| if strings { text(v) } else { v }).collect()
}

fn lenient(value: Value, other: &Value) -> Value {
    let kept = value.clone();
    to_common_type(value, other).unwrap_or(kept)
}

/// Whether these members are primitives that only have "string" in common.
fn one_primitive_type<'a>(values: impl Iterator<Item = &'a Value>) -> bool {
    let (mut strings, mut others) = (false, false);
    for value in values {
        match value.unmarked() {
            Value::String(_) => strings = true,
            Value::Number(_) | Value::Bool(_) => others = true,
            Value::Null | Value::Unknown => {}
            _ => return false,
        }
    }
    strings && others
}

fn text(value: Value) -> Value {
    match value {
        Value::Sensitive(inner) => text(*inner).sensitive(),
        other => convert::to_text(&other).map_or(other, Value::String),
    }
}
