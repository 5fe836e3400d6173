//! `TF_VAR_name` of the environment wins over the input `name`, for native modules as for those of Terraform.

use std::collections::BTreeMap;

use fluxlift_core::Value;
use hcl_edit::Span;

use super::Session;
use super::opened::Opened;
use crate::error::{Fault, Outcome};
use crate::eval::convert;

/// Puts what the environment says in the place of the `inputs` of `unit`. It may be a secret.
pub(super) fn overlay(session: &Session, unit: &Opened, inputs: &mut BTreeMap<String, Value>) -> Outcome<()> {
    for (name, value) in inputs {
        let variable = format!("TF_VAR_{name}");
        let Some(text) = session.options.env.get(&variable) else { continue };
        *value = read(text, value.unmarked()).map(Value::sensitive).ok_or_else(|| {
            let place = unit.file.body.get_attribute("inputs").and_then(|attribute| attribute.key.span());
            let kind = convert::kind(value);
            Fault::at(
                &unit.file.source,
                place,
                format!("{variable} takes the place of the input `{name}`, {kind}, and is none"),
            )
            .hint(format!("unset {variable}, or write it as JSON"))
        })?;
    }
    Ok(())
}

/// `text` as a value of the kind of `declared`; text where nobody knows the kind, unless it is a list or an object.
fn read(text: &str, declared: &Value) -> Option<Value> {
    let composed = || serde_json::from_str::<serde_json::Value>(text).ok().map(Value::from);
    match declared {
        Value::Number(_) => convert::to_number(&text.into()).map(Value::Number),
        Value::Bool(_) => convert::to_bool(&text.into()).map(Value::Bool),
        Value::List(_) => composed().filter(|value| matches!(value, Value::List(_))),
        Value::Map(_) => composed().filter(|value| matches!(value, Value::Map(_))),
        Value::String(_) => Some(text.into()),
        _ => composed().filter(|value| matches!(value, Value::List(_) | Value::Map(_))).or_else(|| Some(text.into())),
    }
}
