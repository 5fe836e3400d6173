//! The sensitive mark on its way through an operation.

use fluxlift_core::Value;

/// The value under a top-level mark, and whether there was one. Marks further inside stay.
pub(crate) fn lift(value: Value) -> (Value, bool) {
    match value {
        Value::Sensitive(inner) => (lift(*inner).0, true),
        other => (other, false),
    }
}

/// The value without any mark, and whether there was one.
pub(crate) fn strip(value: Value) -> (Value, bool) {
    let mut marked = false;
    let value = stripped(value, &mut marked);
    (value, marked)
}

fn stripped(value: Value, marked: &mut bool) -> Value {
    match value {
        Value::Sensitive(inner) => {
            *marked = true;
            stripped(*inner, marked)
        }
        Value::List(list) => Value::List(list.into_iter().map(|v| stripped(v, marked)).collect()),
        Value::Map(map) => Value::Map(map.into_iter().map(|(k, v)| (k, stripped(v, marked))).collect()),
        other => other,
    }
}

/// `value`, marked when `marked`.
pub(crate) fn mark_if(value: Value, marked: bool) -> Value {
    if marked { value.sensitive() } else { value }
}
