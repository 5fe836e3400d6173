//! Functions on lists.

use gotmpl::Value;

use super::Arguments;
use super::arguments::{integer, string, text};
use super::table::{Outcome, Table};

pub(super) fn register(table: &mut Table) {
    table.add("list", |a| Ok(Value::List(a.all().into())));
    table.alias("tuple", "list");
    table.add("first", |a| end(a, |items| items.first()));
    table.add("last", |a| end(a, |items| items.last()));
    table.add("rest", |a| part(a, |items| items.get(1..).unwrap_or_default()));
    table.add("initial", |a| part(a, |items| items.split_last().map_or(&[][..], |(_, before)| before)));
    table.add("append", |a| joined(&[a.list(0)?, std::slice::from_ref(a.exactly(2)?.get(1)?)]));
    table.alias("push", "append");
    table.add("prepend", |a| joined(&[std::slice::from_ref(a.exactly(2)?.get(1)?), a.list(0)?]));
    table.add("concat", |a| {
        let lists = (0..a.all().len()).map(|i| a.list(i).map(|list| &list[..])).collect::<Result<Vec<_>, _>>()?;
        joined(&lists)
    });
    table.add("reverse", |a| Ok(Value::List(a.list(0)?.iter().rev().cloned().collect())));
    table.add("compact", |a| keep(a.list(0)?, |item, _| item.is_truthy()));
    table.add("uniq", |a| keep(a.list(0)?, |item, before| !before.contains(item)));
    table.add("without", |a| keep(a.list(0)?, |item, _| !a.all()[1..].contains(item)));
    table.add("has", |a| match a.exactly(2)?.get(1)? {
        Value::List(items) => Ok(Value::Bool(items.contains(a.get(0)?))),
        Value::Nil => Ok(Value::Bool(false)),
        other => Err(format!("cannot look into {}", other.type_name())),
    });
    table.add("sortAlpha", |a| {
        let mut items: Vec<_> = items(a.get(0)?).iter().map(text).collect();
        items.sort();
        Ok(Value::List(items.into_iter().map(string).collect()))
    });
    table.add("join", |a| {
        let items: Vec<_> =
            items(a.exactly(2)?.get(1)?).iter().filter(|v| !matches!(v, Value::Nil)).map(text).collect();
        Ok(string(items.join(a.string(0)?)))
    });
    table.add("slice", |a| {
        let bound = |i: usize| a.all().get(i).map(integer);
        a.get(0)?.slice(bound(1), bound(2)).map_err(|e| e.to_string())
    });
    table.add("chunk", |a| {
        let size = usize::try_from(a.exactly(2)?.integer(0)?).ok().filter(|&size| size > 0);
        let size = size.ok_or_else(|| "wants a size above zero".to_owned())?;
        Ok(Value::List(a.list(1)?.chunks(size).map(|chunk| Value::List(chunk.into())).collect()))
    });
    for (must, name) in [
        ("mustFirst", "first"),
        ("mustLast", "last"),
        ("mustRest", "rest"),
        ("mustInitial", "initial"),
        ("mustAppend", "append"),
        ("mustPush", "append"),
        ("mustPrepend", "prepend"),
        ("mustReverse", "reverse"),
        ("mustCompact", "compact"),
        ("mustUniq", "uniq"),
        ("mustWithout", "without"),
        ("mustHas", "has"),
        ("mustSlice", "slice"),
        ("mustChunk", "chunk"),
    ] {
        table.alias(must, name);
    }
}

/// A list's items; anything else counts as a list of itself, and nil as an empty one.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(list) => list,
        Value::Nil => &[],
        other => std::slice::from_ref(other),
    }
}

fn end(a: Arguments<'_>, pick: fn(&[Value]) -> Option<&Value>) -> Outcome {
    Ok(pick(a.exactly(1)?.list(0)?).cloned().unwrap_or(Value::Nil))
}

fn part(a: Arguments<'_>, pick: fn(&[Value]) -> &[Value]) -> Outcome {
    Ok(Value::List(pick(a.exactly(1)?.list(0)?).into()))
}

fn joined(lists: &[&[Value]]) -> Outcome {
    Ok(Value::List(lists.concat().into()))
}

fn keep(items: &[Value], test: impl Fn(&Value, &[Value]) -> bool) -> Outcome {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        if test(item, &kept) {
            kept.push(item.clone());
        }
    }
    Ok(Value::List(kept.into()))
}
