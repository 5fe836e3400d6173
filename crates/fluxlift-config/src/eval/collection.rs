//! List and object constructors.

use std::collections::BTreeMap;

use fluxlift_core::Value;
use hcl_edit::expr::{Array, Object, ObjectKey};

use super::{Evaluator, convert, marks};
use crate::error::Outcome;

pub(super) fn array(e: &Evaluator<'_>, array: &Array) -> Outcome<Value> {
    array.iter().map(|item| e.eval(item)).collect::<Outcome<Vec<_>>>().map(Value::List)
}

pub(super) fn object(e: &Evaluator<'_>, object: &Object) -> Outcome<Value> {
    let mut map = BTreeMap::new();
    let mut unknown = false;
    let mut marked = false;
    for (key, value) in object {
        let name = match key {
            ObjectKey::Ident(ident) => Some(ident.value().as_str().to_owned()),
            ObjectKey::Expression(expr) => {
                let (name, mark) = marks::lift(e.eval(expr)?);
                marked |= mark;
                match convert::to_text(&name) {
                    Some(name) => Some(name),
                    None if name == Value::Unknown => None,
                    None => {
                        let message = format!("an object's key must be a string, this is {}", convert::kind(&name));
                        return Err(e.fault(expr, message));
                    }
                }
            }
        };
        let value = e.eval(value.expr())?;
        match name {
            // The last of several equal keys wins, as in Terragrunt.
            Some(name) => drop(map.insert(name, value)),
            None => unknown = true,
        }
    }
    let value = if unknown { Value::Unknown } else { Value::Map(map) };
    Ok(marks::mark_if(value, marked))
}
