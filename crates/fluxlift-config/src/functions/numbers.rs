//! Numeric functions.

use fluxlift_core::{Number, Value};

use super::registry::{ANY, Function};
use super::{Args, CallError, CallResult};

pub(super) const TABLE: &[Function] = &[
    Function::new("abs", 1, 1, |_, a| Ok(float(Args(a).number(0)?.as_f64().abs()))),
    Function::new("ceil", 1, 1, |_, a| Ok(float(Args(a).number(0)?.as_f64().ceil()))),
    Function::new("floor", 1, 1, |_, a| Ok(float(Args(a).number(0)?.as_f64().floor()))),
    Function::new("signum", 1, 1, |_, a| {
        let n = Args(a).number(0)?.as_f64();
        Ok(Value::from(if n > 0.0 {
            1i64
        } else if n < 0.0 {
            -1
        } else {
            0
        }))
    }),
    Function::new("log", 2, 2, |_, a| {
        let result = Args(a).number(0)?.as_f64().ln() / Args(a).number(1)?.as_f64().ln();
        finite(result)
    }),
    Function::new("pow", 2, 2, |_, a| finite(Args(a).number(0)?.as_f64().powf(Args(a).number(1)?.as_f64()))),
    Function::new("max", 1, ANY, |_, a| Ok(float(fold(Args(a), f64::max)?))),
    Function::new("min", 1, ANY, |_, a| Ok(float(fold(Args(a), f64::min)?))),
    Function::new("parseint", 2, 2, |_, a| {
        let base = u32::try_from(Args(a).whole(1)?).ok().filter(|base| (2..=36).contains(base));
        let base = base.ok_or_else(|| CallError::argument(1, "the base must be between 2 and 36").safe())?;
        i64::from_str_radix(&Args(a).text(0)?, base)
            .map(Value::from)
            .map_err(|_| CallError::argument(0, format!("it is not a whole number in base {base}")).safe())
    }),
];

fn float(f: f64) -> Value {
    Value::Number(Number::from(f))
}

fn finite(f: f64) -> CallResult {
    if f.is_finite() { Ok(float(f)) } else { Err(CallError::new("the result is not a finite number").safe()) }
}

fn fold(args: Args<'_>, pick: fn(f64, f64) -> f64) -> CallResult<f64> {
    let mut best = args.number(0)?.as_f64();
    for i in 1..args.len() {
        best = pick(best, args.number(i)?.as_f64());
    }
    Ok(best)
}
