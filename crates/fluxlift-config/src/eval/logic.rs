//! `&&` and `||`: one side may decide alone, whichever it is.

use fluxlift_core::Value;
use hcl_edit::expr::BinaryOperator;

use super::{convert, marks};
use crate::error::Outcome;

/// What is decided before both sides are there: `false && x` and `x && false` are false and `true || x` and `x || true`
/// are true, whether x is not known yet or has a fault. An unknown left side may still come to decide, so it hides a fault
/// of the right one too. (HCL after 2.23.0.)
pub(super) fn decided(
    operator: &BinaryOperator,
    left: &Outcome<Value>,
    right: &Outcome<Value>,
) -> Option<Outcome<Value>> {
    let deciding = match operator {
        BinaryOperator::And => false,
        BinaryOperator::Or => true,
        _ => return None,
    };
    let sides = [left, right];
    // What must not be swallowed is a fault of the tree, whatever the other side says.
    if let Some(fault) = sides.into_iter().find_map(|side| side.as_ref().err().filter(|fault| fault.fatal)) {
        return Some(Err(fault.clone()));
    }
    // A side that is no bool is a fault in itself.
    let fits =
        |value: &Value| convert::to_bool(value).is_some() || matches!(value.unmarked(), Value::Unknown | Value::Null);
    let values = || sides.into_iter().filter_map(|side| side.as_ref().ok());
    if !values().all(fits) {
        return None;
    }
    let marked = values().any(Value::has_sensitive);
    if values().any(|value| convert::to_bool(value) == Some(deciding)) {
        return Some(Ok(marks::mark_if(Value::Bool(deciding), marked)));
    }
    match (left, right) {
        (Ok(value), Err(_)) if *value.unmarked() == Value::Unknown => Some(Ok(value.clone())),
        _ => None,
    }
}
