//! Functions on maps.
//!
//! Values cannot be changed in place here. `merge` gives a new map, which is how charts use it; `set` and `unset` are
//! mostly called for their side effect, so they are refused rather than done half.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::Value;

use super::Arguments;
use super::arguments::{string, strings, text};
use super::table::{Outcome, Table};

type Map = BTreeMap<Arc<str>, Value>;

pub(super) fn register(table: &mut Table) {
    table.add("dict", |a| {
        let pairs = a.all().chunks(2).map(|pair| (text(&pair[0]).into(), pair.get(1).cloned().unwrap_or(string(""))));
        Ok(Value::Map(Arc::new(pairs.collect())))
    });
    table.add("get", |a| Ok(a.exactly(2)?.map(0)?.get(a.string(1)?).cloned().unwrap_or(string(""))));
    table.add("hasKey", |a| Ok(Value::Bool(a.exactly(2)?.map(0)?.contains_key(a.string(1)?))));
    table.add("keys", |a| {
        let maps = (0..a.all().len()).map(|i| a.map(i)).collect::<Result<Vec<_>, _>>()?;
        Ok(strings(maps.iter().flat_map(|map| map.keys()).map(AsRef::as_ref)))
    });
    table.add("values", |a| Ok(Value::List(a.exactly(1)?.map(0)?.values().cloned().collect())));
    table.add("pluck", |a| {
        let key = a.string(0)?;
        let maps = (1..a.all().len()).map(|i| a.map(i)).collect::<Result<Vec<_>, _>>()?;
        Ok(Value::List(maps.iter().filter_map(|map| map.get(key).cloned()).collect()))
    });
    table.add("pick", |a| chosen(a, true));
    table.add("omit", |a| chosen(a, false));
    table.add("merge", |a| merged(a, false));
    table.add("mergeOverwrite", |a| merged(a, true));
    table.alias("mustMerge", "merge");
    table.alias("mustMergeOverwrite", "mergeOverwrite");
    table.add("deepCopy", |a| a.exactly(1)?.get(0).cloned());
    table.alias("mustDeepCopy", "deepCopy");
    table.add("dig", dig);
}

fn chosen(a: Arguments<'_>, wanted: bool) -> Outcome {
    let keys: Vec<_> = a.all().iter().skip(1).map(text).collect();
    let named = |key: &str| keys.iter().any(|k| k == key);
    let entries = a.map(0)?.iter().filter(|(key, _)| named(key) == wanted);
    Ok(Value::Map(Arc::new(entries.map(|(k, v)| (Arc::clone(k), v.clone())).collect())))
}

/// The first map wins, or with `overwrite` the last one; maps inside merge as well.
fn merged(a: Arguments<'_>, overwrite: bool) -> Outcome {
    let mut result = Map::clone(a.map(0)?);
    for i in 1..a.all().len() {
        merge_into(&mut result, a.map(i)?, overwrite);
    }
    Ok(Value::Map(Arc::new(result)))
}

fn merge_into(target: &mut Map, source: &Map, overwrite: bool) {
    for (key, value) in source {
        match (target.get_mut(key), value) {
            (Some(Value::Map(below)), Value::Map(above)) => merge_into(Arc::make_mut(below), above, overwrite),
            (Some(old), new) if (overwrite && new.is_truthy()) || !old.is_truthy() => *old = new.clone(),
            (Some(_), _) => {}
            (None, new) => drop(target.insert(Arc::clone(key), new.clone())),
        }
    }
}

/// `dig "a" "b" default map`.
fn dig(a: Arguments<'_>) -> Outcome {
    let [path @ .., default, map] = a.all() else { return Err("wants keys, a default and a map".to_owned()) };
    let mut found = map;
    for key in path {
        match found {
            Value::Map(map) => match map.get(text(key).as_str()) {
                Some(inner) => found = inner,
                None => return Ok(default.clone()),
            },
            _ => return Ok(default.clone()),
        }
    }
    Ok(found.clone())
}
