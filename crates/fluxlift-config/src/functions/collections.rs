//! Functions on lists and objects.

use std::collections::BTreeMap;

use fluxlift_core::{Number, Value};

use super::registry::{ANY, Function};
use super::{Args, CallError, CallResult};
use crate::eval::convert;

pub(super) const TABLE: &[Function] = &[
    Function::keeping("length", 1, 1, |_, a| {
        let length = match Args(a).value(0) {
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
            Value::String(text) => text.chars().count(),
            _ => return Err(CallError::argument(0, "a list, an object or a string is needed here").safe()),
        };
        Ok(Value::from(i64::try_from(length).unwrap_or(i64::MAX)))
    }),
    Function::keeping("concat", 1, ANY, |_, a| {
        let mut all = Vec::new();
        for i in 0..a.len() {
            all.extend_from_slice(Args(a).list(i)?);
        }
        Ok(Value::List(all))
    }),
    Function::keeping("merge", 0, ANY, |_, a| {
        let mut all = BTreeMap::new();
        for i in 0..a.len() {
            if !matches!(Args(a).value(i), Value::Null) {
                all.extend(Args(a).map(i)?.clone());
            }
        }
        Ok(Value::Map(all))
    }),
    Function::keeping("keys", 1, 1, |_, a| {
        Ok(Value::List(Args(a).map(0)?.keys().map(|k| k.as_str().into()).collect()))
    }),
    Function::keeping("values", 1, 1, |_, a| Ok(Value::List(Args(a).map(0)?.values().cloned().collect()))),
    Function::keeping("lookup", 2, 3, |_, a| {
        let key = Args(a).text(1)?;
        match Args(a).map(0)?.get(&key) {
            Some(value) => Ok(value.clone()),
            None if a.len() == 3 => Ok(a[2].clone()),
            None => Err(CallError::argument(1, "the object has no such key, and there is no default").safe()),
        }
    }),
    Function::keeping("element", 2, 2, |_, a| {
        let list = Args(a).list(0)?;
        let size = i64::try_from(list.len()).unwrap_or(i64::MAX);
        if size == 0 {
            return Err(CallError::argument(0, "an empty list has no elements").safe());
        }
        let index = Args(a).whole(1)?.rem_euclid(size);
        Ok(list[usize::try_from(index).unwrap_or(0)].clone())
    }),
    Function::keeping("flatten", 1, 1, |_, a| {
        let mut flat = Vec::new();
        flatten(Args(a).list(0)?, &mut flat);
        Ok(Value::List(flat))
    }),
    Function::keeping("reverse", 1, 1, |_, a| Ok(Value::List(Args(a).list(0)?.iter().rev().cloned().collect()))),
    Function::keeping("slice", 3, 3, |_, a| {
        let list = Args(a).list(0)?;
        let (from, to) = (usize::try_from(Args(a).whole(1)?), usize::try_from(Args(a).whole(2)?));
        match (from, to) {
            (Ok(from), Ok(to)) if from <= to && to <= list.len() => Ok(Value::List(list[from..to].to_vec())),
            _ => {
                Err(CallError::argument(2, format!("the list has {} entries, the range is beyond them", list.len()))
                    .safe())
            }
        }
    }),
    Function::keeping("chunklist", 2, 2, |_, a| {
        let size = usize::try_from(Args(a).whole(1)?).unwrap_or(0);
        let list = Args(a).list(0)?;
        let size = if size == 0 { list.len().max(1) } else { size };
        Ok(Value::List(list.chunks(size).map(|c| Value::List(c.to_vec())).collect()))
    }),
    Function::keeping("coalesce", 1, ANY, |_, a| {
        let found = a.iter().find(|v| !matches!(v, Value::Null) && v.as_str() != Some(""));
        found.cloned().ok_or_else(|| CallError::new("all arguments are null or empty").safe())
    }),
    Function::keeping("coalescelist", 1, ANY, |_, a| {
        let found = a.iter().find(|v| v.as_list().is_some_and(|list| !list.is_empty()));
        found.cloned().ok_or_else(|| CallError::new("all lists are empty").safe())
    }),
    Function::keeping("zipmap", 2, 2, |_, a| {
        let (keys, values) = (Args(a).texts(0)?, Args(a).list(1)?);
        if keys.len() != values.len() {
            return Err(
                CallError::argument(1, format!("there are {} keys and {} values", keys.len(), values.len())).safe()
            );
        }
        Ok(Value::map(keys.into_iter().zip(values.iter().cloned())))
    }),
    Function::keeping("transpose", 1, 1, |_, a| {
        let mut turned: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (key, list) in Args(a).map(0)? {
            for item in list.as_list().unwrap_or_default() {
                let text =
                    convert::to_text(item).ok_or_else(|| CallError::argument(0, "lists of strings are needed"))?;
                turned.entry(text).or_default().push(key.as_str().into());
            }
        }
        Ok(Value::map(turned.into_iter().map(|(k, v)| (k, Value::List(v)))))
    }),
    Function::new("contains", 2, 2, |_, a| Ok(Args(a).list(0)?.contains(Args(a).value(1)).into())),
    Function::new("index", 2, 2, |_, a| {
        let found = Args(a).list(0)?.iter().position(|v| v == Args(a).value(1));
        found.map_or_else(
            || Err(CallError::argument(1, "the list has no such entry").safe()),
            |i| Ok(Value::from(i64::try_from(i).unwrap_or(i64::MAX))),
        )
    }),
    Function::new("compact", 1, 1, |_, a| {
        let kept = Args(a).list(0)?.iter().filter(|v| !matches!(v, Value::Null) && v.as_str() != Some(""));
        Ok(Value::List(kept.cloned().collect()))
    }),
    Function::new("sort", 1, 1, |_, a| {
        let mut texts = Args(a).texts(0)?;
        texts.sort();
        Ok(Value::from(texts))
    }),
    Function::new("matchkeys", 3, 3, |_, a| {
        let (values, keys, wanted) = (Args(a).list(0)?, Args(a).list(1)?, Args(a).list(2)?);
        let kept = values.iter().zip(keys).filter(|(_, key)| wanted.contains(key)).map(|(value, _)| value.clone());
        Ok(Value::List(kept.collect()))
    }),
    Function::new("range", 1, 3, |_, a| range(Args(a))),
    Function::new("sum", 1, 1, |_, a| {
        let mut sum = 0.0;
        for item in Args(a).list(0)? {
            sum += convert::to_number(item).ok_or_else(|| CallError::argument(0, "numbers are needed"))?.as_f64();
        }
        Ok(Value::Number(Number::from(sum)))
    }),
    Function::new("alltrue", 1, 1, |_, a| {
        Ok(Args(a).list(0)?.iter().all(|v| convert::to_bool(v) == Some(true)).into())
    }),
    Function::new("anytrue", 1, 1, |_, a| {
        Ok(Args(a).list(0)?.iter().any(|v| convert::to_bool(v) == Some(true)).into())
    }),
];

fn flatten(list: &[Value], flat: &mut Vec<Value>) {
    for item in list {
        match item {
            Value::List(inner) => flatten(inner, flat),
            Value::Sensitive(inner) if inner.as_list().is_some() => {
                let start = flat.len();
                flatten(inner.as_list().unwrap_or_default(), flat);
                flat[start..].iter_mut().for_each(|v| *v = std::mem::take(v).sensitive());
            }
            other => flat.push(other.clone()),
        }
    }
}

/// The most entries that `range` gives, as in Terraform.
const LONGEST_RANGE: usize = 1024;

fn range(args: Args<'_>) -> CallResult {
    let (start, end) = if args.len() == 1 {
        (0.0, args.number(0)?.as_f64())
    } else {
        (args.number(0)?.as_f64(), args.number(1)?.as_f64())
    };
    let step = match args.len() {
        3 => args.number(2)?.as_f64(),
        _ if end < start => -1.0,
        _ => 1.0,
    };
    if step == 0.0 || (end - start) * step < 0.0 {
        return Err(CallError::argument(args.len() - 1, "the step does not lead from the start to the limit").safe());
    }
    let mut numbers = Vec::new();
    let mut at = start;
    while (step > 0.0 && at < end) || (step < 0.0 && at > end) {
        if numbers.len() == LONGEST_RANGE {
            return Err(CallError::new(format!("it would give more than {LONGEST_RANGE} numbers")).safe());
        }
        numbers.push(Value::Number(Number::from(at)));
        at += step;
    }
    Ok(Value::List(numbers))
}
