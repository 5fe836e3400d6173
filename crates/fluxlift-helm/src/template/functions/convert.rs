//! Between types, and what type a value has.

use gotmpl::Value;

use super::arguments::{float, integer, string, strings, text};
use super::table::Table;

pub(super) fn register(table: &mut Table) {
    table.add("toString", |a| Ok(string(a.exactly(1)?.text(0)?)));
    table.add("toStrings", |a| {
        let list = a.list(0)?.iter().filter(|v| !matches!(v, Value::Nil)).map(text).collect::<Vec<_>>();
        Ok(strings(list.iter().map(String::as_str)))
    });
    for name in ["int", "int64"] {
        table.add(name, |a| Ok(Value::Int(integer(a.exactly(1)?.get(0)?))));
    }
    table.add("float64", |a| Ok(Value::Float(float(a.exactly(1)?.get(0)?))));
    table.add("toDecimal", |a| {
        let octal = a.exactly(1)?.text(0)?;
        Ok(Value::Int(i64::from_str_radix(octal.trim(), 8).unwrap_or(0)))
    });
    table.add("kindOf", |a| Ok(string(kind(a.exactly(1)?.get(0)?))));
    table.add("kindIs", |a| Ok(Value::Bool(a.exactly(2)?.string(0)? == kind(a.get(1)?))));
    table.add("typeOf", |a| Ok(string(type_name(a.exactly(1)?.get(0)?))));
    table.add("typeIs", |a| Ok(Value::Bool(a.exactly(2)?.string(0)? == type_name(a.get(1)?))));
    table.add("typeIsLike", |a| {
        let (wanted, found) = (a.exactly(2)?.string(0)?, type_name(a.get(1)?));
        Ok(Value::Bool(wanted == found || wanted.strip_prefix('*') == Some(found)))
    });
    table.add("deepEqual", |a| Ok(Value::Bool(a.exactly(2)?.get(0)? == a.get(1)?)));
}

/// Go's kind of a value.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "invalid",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Uint(_) => "uint64",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::List(_) => "slice",
        Value::Map(_) => "map",
        Value::Function(_) => "func",
    }
}

const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Nil => "<nil>",
        Value::List(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
        other => kind(other),
    }
}
