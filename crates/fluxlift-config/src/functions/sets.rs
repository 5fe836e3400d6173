//! Functions on lists as sets.

use fluxlift_core::Value;

use super::registry::{ANY, Function};
use super::{Args, CallResult};

pub(super) const TABLE: &[Function] = &[
    Function::new("distinct", 1, 1, |_, a| Ok(Value::List(distinct(Args(a).list(0)?)))),
    Function::new("setunion", 1, ANY, |_, a| {
        let mut all = Vec::new();
        for i in 0..a.len() {
            all.extend_from_slice(Args(a).list(i)?);
        }
        Ok(Value::List(distinct(&all)))
    }),
    Function::new("setintersection", 1, ANY, |_, a| {
        narrow(Args(a), |others, item| others.iter().all(|o| o.contains(item)))
    }),
    Function::new("setsubtract", 2, 2, |_, a| narrow(Args(a), |others, item| !others.iter().any(|o| o.contains(item)))),
    Function::new("setproduct", 1, ANY, |_, a| {
        let mut rows = vec![Vec::new()];
        for i in 0..a.len() {
            let column = Args(a).list(i)?;
            rows = rows
                .into_iter()
                .flat_map(|row: Vec<Value>| {
                    column.iter().map(move |item| row.iter().cloned().chain([item.clone()]).collect())
                })
                .collect();
        }
        Ok(Value::List(rows.into_iter().map(Value::List).collect()))
    }),
];

/// The entries of `list`, each once, in the order of their first appearance.
pub(super) fn distinct(list: &[Value]) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::with_capacity(list.len());
    for item in list {
        if !seen.contains(item) {
            seen.push(item.clone());
        }
    }
    seen
}

fn narrow(args: Args<'_>, keep: fn(&[&[Value]], &Value) -> bool) -> CallResult {
    let others = (1..args.len()).map(|i| args.list(i)).collect::<CallResult<Vec<_>>>()?;
    let kept = distinct(args.list(0)?).into_iter().filter(|item| keep(&others, item));
    Ok(Value::List(kept.collect()))
}
