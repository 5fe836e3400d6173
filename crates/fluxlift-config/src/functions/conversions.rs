//! Conversions between types, and the sensitive mark.

use fluxlift_core::Value;

use super::registry::Function;
use super::sets::distinct;
use super::{Args, CallError};
use crate::eval::convert;

pub(super) const TABLE: &[Function] = &[
    Function::new("tostring", 1, 1, |_, a| match Args(a).value(0) {
        Value::Null => Ok(Value::Null),
        _ => Ok(Args(a).text(0)?.into()),
    }),
    Function::new("tonumber", 1, 1, |_, a| match Args(a).value(0) {
        Value::Null => Ok(Value::Null),
        _ => Ok(Value::Number(Args(a).number(0)?)),
    }),
    Function::new("tobool", 1, 1, |_, a| match Args(a).value(0) {
        Value::Null => Ok(Value::Null),
        _ => Ok(Value::Bool(Args(a).boolean(0)?)),
    }),
    Function::keeping("tolist", 1, 1, |_, a| Ok(Value::List(one_type(Args(a).list(0)?)))),
    Function::new("toset", 1, 1, |_, a| {
        let mut items = distinct(&one_type(Args(a).list(0)?));
        items.sort_by_key(convert::to_text);
        Ok(Value::List(items))
    }),
    Function::keeping("tomap", 1, 1, |_, a| Ok(Value::Map(Args(a).map(0)?.clone()))),
    Function::keeping("sensitive", 1, 1, |_, a| Ok(Args(a).value(0).clone().sensitive())),
    Function::new("nonsensitive", 1, 1, |_, a| Ok(Args(a).value(0).clone())),
    Function::new("issensitive", 1, 1, |_, _| Ok(Value::Bool(false))),
    Function::keeping("one", 1, 1, |_, a| match Args(a).list(0)? {
        [] => Ok(Value::Null),
        [one] => Ok(one.clone()),
        more => Err(CallError::argument(0, format!("the list must have at most one entry, it has {}", more.len()))),
    }),
];

/// A list has one type: with a string among primitives, all become strings.
fn one_type(list: &[Value]) -> Vec<Value> {
    let primitive = |v: &Value| matches!(v.unmarked(), Value::String(_) | Value::Number(_) | Value::Bool(_));
    let has_string = list.iter().any(|v| matches!(v.unmarked(), Value::String(_)));
    if !has_string || !list.iter().all(primitive) {
        return list.to_vec();
    }
    let text = |v: &Value| convert::to_text(v).map_or_else(|| v.clone(), Value::String);
    list.iter().map(|v| if v.has_sensitive() { text(v).sensitive() } else { text(v) }).collect()
}
