//! Arithmetic.

use gotmpl::Value;

use super::Arguments;
use super::arguments::{float, integer, string};
use super::table::{Outcome, Table};

pub(super) fn register(table: &mut Table) {
    table.add("add", |a| fold(a, i64::wrapping_add));
    table.add("mul", |a| fold(a, i64::wrapping_mul));
    table.add("add1", |a| Ok(Value::Int(a.exactly(1)?.integer(0)?.wrapping_add(1))));
    table.add("sub", |a| Ok(Value::Int(a.exactly(2)?.integer(0)?.wrapping_sub(a.integer(1)?))));
    table.add("div", |a| divide(a, i64::checked_div));
    table.add("mod", |a| divide(a, i64::checked_rem));
    table.add("max", |a| fold(a, i64::max));
    table.alias("biggest", "max");
    table.add("min", |a| fold(a, i64::min));
    table.add("addf", |a| folded(a, |x, y| x + y));
    table.add("mulf", |a| folded(a, |x, y| x * y));
    table.add("subf", |a| folded(a, |x, y| x - y));
    table.add("divf", |a| folded(a, |x, y| x / y));
    table.add("maxf", |a| folded(a, f64::max));
    table.add("minf", |a| folded(a, f64::min));
    table.add("add1f", |a| Ok(Value::Float(float(a.exactly(1)?.get(0)?) + 1.0)));
    table.add("floor", |a| Ok(Value::Float(float(a.exactly(1)?.get(0)?).floor())));
    table.add("ceil", |a| Ok(Value::Float(float(a.exactly(1)?.get(0)?).ceil())));
    table.add("round", |a| {
        let (value, places) = (float(a.get(0)?), i32::try_from(a.integer(1)?).unwrap_or(0));
        let scale = 10_f64.powi(places);
        Ok(Value::Float((value * scale).round() / scale))
    });
    table.add("until", |a| sequence(0, a.exactly(1)?.integer(0)?, None));
    table.add("untilStep", |a| sequence(a.exactly(3)?.integer(0)?, a.integer(1)?, Some(a.integer(2)?)));
    table.add("seq", |a| {
        let numbers: Vec<i64> = a.all().iter().map(integer).collect();
        let (from, step, to) = match numbers[..] {
            [to] => (1, if to < 1 { -1 } else { 1 }, to),
            [from, to] => (from, if to < from { -1 } else { 1 }, to),
            [from, step, to] => (from, step, to),
            _ => return Ok(string("")),
        };
        match sequence(from, to + step.signum(), Some(step))? {
            Value::List(list) => Ok(string(list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))),
            other => Ok(other),
        }
    });
}

/// No sequence may be longer.
const LONGEST: usize = 100_000;

fn fold(a: Arguments<'_>, join: fn(i64, i64) -> i64) -> Outcome {
    let numbers = a.all().iter().map(integer);
    numbers.reduce(join).map(Value::Int).ok_or_else(|| "wants an argument".to_owned())
}

fn folded(a: Arguments<'_>, join: fn(f64, f64) -> f64) -> Outcome {
    let numbers = a.all().iter().map(float);
    numbers.reduce(join).map(Value::Float).ok_or_else(|| "wants an argument".to_owned())
}

fn divide(a: Arguments<'_>, by: fn(i64, i64) -> Option<i64>) -> Outcome {
    let a = a.exactly(2)?;
    by(a.integer(0)?, a.integer(1)?).map(Value::Int).ok_or_else(|| "divides by zero".to_owned())
}

fn sequence(from: i64, to: i64, step: Option<i64>) -> Outcome {
    let step = step.unwrap_or(if to < from { -1 } else { 1 });
    let mut list = Vec::new();
    let mut next = from;
    while step != 0 && (if step > 0 { next < to } else { next > to }) {
        if list.len() == LONGEST {
            return Err("makes too long a list".to_owned());
        }
        list.push(Value::Int(next));
        next = next.saturating_add(step);
    }
    Ok(Value::List(list.into()))
}
