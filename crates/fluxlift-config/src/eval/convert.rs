//! HCL's conversions between primitive values.

use fluxlift_core::{Number, Value};

/// The kind of `value` as HCL users call it.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value.unmarked() {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
        Value::Sensitive(_) => "sensitive",
        Value::Unknown => "not known yet",
    }
}

/// `value` as a number, if it is one or reads as one.
pub(crate) fn to_number(value: &Value) -> Option<Number> {
    match value.unmarked() {
        Value::Number(n) => Some(*n),
        Value::String(s) => parse_number(s),
        _ => None,
    }
}

/// `text` as a number: decimal, with an optional fraction and exponent.
pub(crate) fn parse_number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Number::Int(whole));
    }
    text.parse::<f64>().ok().filter(|f| f.is_finite()).map(Number::from)
}

/// `value` as a bool, if it is one or reads as one.
pub(crate) fn to_bool(value: &Value) -> Option<bool> {
    match value.unmarked() {
        Value::Bool(b) => Some(*b),
        Value::String(s) if s == "true" => Some(true),
        Value::String(s) if s == "false" => Some(false),
        _ => None,
    }
}

/// `value` as text, if it is primitive.
pub(crate) fn to_text(value: &Value) -> Option<String> {
    match value.unmarked() {
        Value::Bool(b) => Some(b.to_string()),
        Value::Number(n) => Some(n.to_string()),
        Value::String(s) => Some(s.clone()),
        _ => None,
    }
}

/// `value` as a whole number, if it is one or reads as one.
pub(crate) fn to_whole(value: &Value) -> Option<i64> {
    to_number(value).and_then(Number::as_i64)
}
