//! Defaults, choices and refusals.

use gotmpl::Value;

use super::table::Table;

/// What marks the message of `fail` and `required`, so that it can be told from the engine's own errors. It cannot be
/// typed into a template.
pub(in crate::template) const REFUSAL: char = '\u{1}';

pub(super) fn register(table: &mut Table) {
    table.add("default", |a| {
        let given = a.all().get(1).filter(|v| v.is_truthy());
        given.map_or_else(|| a.get(0), Ok).cloned()
    });
    table.add("empty", |a| Ok(Value::Bool(!a.exactly(1)?.get(0)?.is_truthy())));
    table.add("coalesce", |a| Ok(a.all().iter().find(|v| v.is_truthy()).cloned().unwrap_or(Value::Nil)));
    table.add("all", |a| Ok(Value::Bool(a.all().iter().all(Value::is_truthy))));
    table.add("any", |a| Ok(Value::Bool(a.all().iter().any(Value::is_truthy))));
    table.add("ternary", |a| match a.exactly(3)?.get(2)? {
        Value::Bool(true) => a.get(0).cloned(),
        Value::Bool(false) => a.get(1).cloned(),
        other => Err(format!("wants true or false, got {}", other.type_name())),
    });
    table.add("fail", |a| Err(format!("{REFUSAL}{}", a.exactly(1)?.string(0)?)));
    table.add("required", |a| {
        let (message, value) = (a.exactly(2)?.string(0)?, a.get(1)?);
        let missing = matches!(value, Value::Nil) || value.as_str() == Some("");
        if missing { Err(format!("{REFUSAL}{message}")) } else { Ok(value.clone()) }
    });
    table.add("lookup", |a| {
        a.exactly(4)?;
        Ok(Value::Map(std::sync::Arc::default()))
    });
    table.add("getHostByName", |_| Ok(Value::String("".into())));
}
