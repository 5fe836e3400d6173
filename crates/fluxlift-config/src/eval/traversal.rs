//! `a.b`, `a["b"]`, `a[0]`, `a.*.b` and `a[*].b`.

use fluxlift_core::Value;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::{Decorated, Span};

use super::{Evaluator, Member, convert, marks};
use crate::error::{Fault, Outcome, did_you_mean};
use crate::tree;

type Operators<'a> = &'a [Decorated<TraversalOperator>];

pub(super) fn eval(e: &Evaluator<'_>, t: &Traversal) -> Outcome<Value> {
    if let Expression::Variable(root) = &t.expr
        && let Some((first, rest)) = t.operators.split_first()
        && e.bound.is_none_or(|bound| bound.find(root.value().as_str()).is_none())
        && let Some(key) = literal_key(first.value())
    {
        match e.names.member(root.value().as_str(), key)? {
            Member::Value(value) => return walk(e, value, rest),
            Member::Missing(known) if tree::is_hidden(known.iter().map(String::as_str), key) => {
                return Err(hidden(e, key, first));
            }
            Member::Missing(known) => {
                let fault = e.fault(first, format!("there is no `{}.{key}`", root.value().as_str()));
                return Err(fault.hints(did_you_mean(key, known.iter().map(String::as_str))));
            }
            Member::Refused { message, hint } => return Err(e.fault(t, message).hint(hint).fatal()),
            Member::Whole => {}
        }
    }
    let value = e.eval(&t.expr)?;
    walk(e, value, &t.operators)
}

fn literal_key(operator: &TraversalOperator) -> Option<&str> {
    match operator {
        TraversalOperator::GetAttr(name) => Some(name.value().as_str()),
        TraversalOperator::Index(Expression::String(key)) => Some(key.value()),
        _ => None,
    }
}

fn walk(e: &Evaluator<'_>, value: Value, operators: Operators<'_>) -> Outcome<Value> {
    let Some((operator, rest)) = operators.split_first() else { return Ok(value) };
    let (value, marked) = marks::lift(value);
    let result = match operator.value() {
        TraversalOperator::FullSplat(_) => splat(e, value, rest),
        TraversalOperator::AttrSplat(_) => {
            let is_attribute = |o: &&Decorated<TraversalOperator>| matches!(o.value(), TraversalOperator::GetAttr(_));
            let attributes = rest.iter().take_while(is_attribute).count();
            let (each, after) = rest.split_at(attributes);
            walk(e, splat(e, value, each)?, after)
        }
        TraversalOperator::GetAttr(name) => walk(e, attribute(e, value, name.value().as_str(), operator)?, rest),
        TraversalOperator::LegacyIndex(index) => {
            let key = Value::from(i64::try_from(*index.value()).unwrap_or(i64::MAX));
            walk(e, index_by(e, value, &key, operator)?, rest)
        }
        TraversalOperator::Index(key) => {
            let (key, key_marked) = marks::strip(e.eval(key)?);
            let member = match index_by(e, value, &key, operator) {
                // The message would repeat the key.
                Err(_) if key_marked => return Err(e.fault(operator, "there is no member of this sensitive name")),
                other => other?,
            };
            walk(e, marks::mark_if(member, key_marked), rest)
        }
    }?;
    Ok(marks::mark_if(result, marked))
}

fn splat(e: &Evaluator<'_>, value: Value, each: Operators<'_>) -> Outcome<Value> {
    match value {
        Value::List(list) => list.into_iter().map(|v| walk(e, v, each)).collect::<Outcome<_>>().map(Value::List),
        Value::Null => Ok(Value::List(Vec::new())),
        Value::Unknown => Ok(Value::Unknown),
        one => Ok(Value::List(vec![walk(e, one, each)?])),
    }
}

fn attribute(e: &Evaluator<'_>, value: Value, name: &str, place: &impl Span) -> Outcome<Value> {
    match value {
        Value::Map(mut map) => match map.remove(name) {
            Some(value) => Ok(value),
            None if tree::hides(&map, name) => Err(hidden(e, name, place)),
            None => Err(no_member(e, name, map.keys().map(String::as_str), place)),
        },
        Value::Unknown => Ok(Value::Unknown),
        other => Err(e.fault(place, format!("`{name}` is asked of {}, which has no members", convert::kind(&other)))),
    }
}

fn index_by(e: &Evaluator<'_>, value: Value, key: &Value, place: &impl Span) -> Outcome<Value> {
    match (value, key) {
        (Value::Unknown, _) | (_, Value::Unknown) => Ok(Value::Unknown),
        (Value::List(mut list), key) => match convert::to_whole(key).map(usize::try_from) {
            Some(Ok(index)) if index < list.len() => Ok(list.swap_remove(index)),
            Some(_) => Err(e.fault(place, format!("the list has {} entries, this index is beyond them", list.len()))),
            None => {
                Err(e.fault(place, format!("a list's index must be a whole number, this is {}", convert::kind(key))))
            }
        },
        (map @ Value::Map(_), key) => match convert::to_text(key) {
            Some(name) => attribute(e, map, &name, place),
            None => Err(e.fault(place, format!("an object's key must be a string, this is {}", convert::kind(key)))),
        },
        (other, _) => Err(e.fault(place, format!("a member is asked of {}, which has none", convert::kind(&other)))),
    }
}

fn hidden(e: &Evaluator<'_>, name: &str, place: &impl Span) -> Fault {
    let message = format!("`{name}` of another file's configuration is not supported yet, here");
    e.fault(place, message).hint("only its locals and inputs can be read").fatal()
}

fn no_member<'a>(e: &Evaluator<'_>, name: &str, known: impl Iterator<Item = &'a str>, place: &impl Span) -> Fault {
    e.fault(place, format!("the object has no member `{name}`")).hints(did_you_mean(name, known))
}
