//! `condition ? yes : no`.

use fluxlift_core::Value;
use hcl_edit::expr::Conditional;

use super::{Evaluator, convert, marks, unify};
use crate::error::Outcome;

/// Both branches are evaluated, the loser's fault is dropped, and the types are unified: `false ? "a" : 1` is `"1"`.
pub(super) fn eval(e: &Evaluator<'_>, c: &Conditional) -> Outcome<Value> {
    let yes = e.eval(&c.true_expr);
    let no = e.eval(&c.false_expr);
    let (condition, marked) = marks::lift(e.eval(&c.cond_expr)?);
    if condition == Value::Unknown {
        yes?;
        no?;
        return Ok(marks::mark_if(Value::Unknown, marked));
    }
    let Some(holds) = convert::to_bool(&condition) else {
        return Err(e.fault(&c.cond_expr, format!("a condition must be a bool, this is {}", convert::kind(&condition))));
    };
    let (chosen, other) = if holds { (yes?, no) } else { (no?, yes) };
    let value = match other {
        // A fault that must not be swallowed is a fault of the tree, whichever branch is taken.
        Err(fault) if fault.fatal => return Err(fault),
        Err(_) => chosen,
        Ok(other) => match unify::to_common_type(chosen, &other) {
            Ok(value) => value,
            Err((one, two)) => {
                let message =
                    format!("the two results of a conditional must have one type, here they are {one} and {two}");
                return Err(e.fault(c, message));
            }
        },
    };
    Ok(marks::mark_if(value, marked))
}
