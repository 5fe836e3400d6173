//! `[for …]`, `{for …}` and the loop that templates share with them.

use std::collections::BTreeMap;

use fluxlift_core::Value;
use hcl_edit::Span;
use hcl_edit::expr::ForExpr;

use super::{Bound, Evaluator, convert, marks};
use crate::error::Outcome;

pub(super) fn eval(e: &Evaluator<'_>, f: &ForExpr) -> Outcome<Value> {
    let intro = &f.intro;
    let (collection, mut marked) = marks::lift(e.eval(&intro.collection_expr)?);
    let Some(entries) = entries(e, collection, &intro.collection_expr)? else {
        return Ok(marks::mark_if(Value::Unknown, marked));
    };
    let key_name = intro.key_var.as_ref().map(|key| key.value().as_str());
    let value_name = intro.value_var.value().as_str();
    let mut list = Vec::new();
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut unknown = false;
    for entry in &entries {
        let done = with_entry(e, key_name, value_name, entry, |e| {
            if let Some(condition) = &f.cond {
                let (holds, mark) = marks::lift(e.eval(&condition.expr)?);
                marked |= mark;
                match convert::to_bool(&holds) {
                    Some(true) => {}
                    Some(false) => return Ok(None),
                    None if holds == Value::Unknown => return Ok(Some((None, Value::Unknown))),
                    None => {
                        let kind = convert::kind(&holds);
                        return Err(e.fault(&condition.expr, format!("a condition must be a bool, this is {kind}")));
                    }
                }
            }
            let Some(key) = &f.key_expr else { return Ok(Some((Some(String::new()), e.eval(&f.value_expr)?))) };
            let (name, mark) = marks::lift(e.eval(key)?);
            marked |= mark;
            let value = e.eval(&f.value_expr)?;
            match convert::to_text(&name) {
                Some(name) => Ok(Some((Some(name), value))),
                None if name == Value::Unknown => Ok(Some((None, value))),
                None => {
                    Err(e.fault(key, format!("an object's key must be a string, this is {}", convert::kind(&name))))
                }
            }
        })?;
        match done {
            None => {}
            Some((None, _)) => unknown = true,
            Some((Some(_), value)) if f.key_expr.is_none() => list.push(value),
            Some((Some(name), value)) => {
                let group = groups.entry(name).or_default();
                if !group.is_empty() && !f.grouping {
                    let place = f.key_expr.as_ref().unwrap_or(&f.value_expr);
                    return Err(e
                        .fault(place, "two entries of this object have the same key")
                        .hint("put `...` after the value to group entries with equal keys into lists"));
                }
                group.push(value);
            }
        }
    }
    let value = if unknown {
        Value::Unknown
    } else if f.key_expr.is_none() {
        Value::List(list)
    } else if f.grouping {
        Value::Map(groups.into_iter().map(|(k, v)| (k, Value::List(v))).collect())
    } else {
        Value::Map(groups.into_iter().filter_map(|(k, v)| Some((k, v.into_iter().next()?))).collect())
    };
    Ok(marks::mark_if(value, marked))
}

/// The entries of a list or object in order, `None` when they are not known yet.
pub(super) fn entries(e: &Evaluator<'_>, collection: Value, place: &impl Span) -> Outcome<Option<Vec<(Value, Value)>>> {
    match collection {
        Value::List(list) => {
            let keys = (0i64..).map(Value::from);
            Ok(Some(keys.zip(list).collect()))
        }
        Value::Map(map) => Ok(Some(map.into_iter().map(|(k, v)| (Value::String(k), v)).collect())),
        Value::Unknown => Ok(None),
        other => Err(e.fault(place, format!("a list or an object is needed here, this is {}", convert::kind(&other)))),
    }
}

/// Runs `body` with the loop's variables bound to `entry`.
pub(super) fn with_entry<T>(
    e: &Evaluator<'_>,
    key_name: Option<&str>,
    value_name: &str,
    (key, value): &(Value, Value),
    body: impl FnOnce(&Evaluator<'_>) -> Outcome<T>,
) -> Outcome<T> {
    let of_key = Bound { name: key_name.unwrap_or_default(), value: key, outer: e.bound };
    let outer = if key_name.is_some() { Some(&of_key) } else { e.bound };
    let of_value = Bound { name: value_name, value, outer };
    body(&Evaluator { bound: Some(&of_value), ..*e })
}
