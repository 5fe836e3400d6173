//! Arithmetic, comparison and logic, with HCL's conversions: `"5" + 1` is 6.

use fluxlift_core::{Number, Value};
use hcl_edit::Span;
use hcl_edit::expr::{BinaryOp, BinaryOperator, UnaryOp, UnaryOperator};

use super::{Evaluator, convert, logic, marks};
use crate::error::Outcome;

pub(super) fn unary(e: &Evaluator<'_>, op: &UnaryOp) -> Outcome<Value> {
    let (value, marked) = marks::lift(e.eval(&op.expr)?);
    if value == Value::Unknown {
        return Ok(marks::mark_if(value, marked));
    }
    let result = match op.operator.value() {
        UnaryOperator::Neg => Value::Number(match number(e, &value, &op.expr)? {
            Number::Int(i) => i.checked_neg().map_or(Number::Float(-Number::Int(i).as_f64()), Number::Int),
            Number::Float(f) => Number::Float(-f),
        }),
        UnaryOperator::Not => Value::Bool(!boolean(e, &value, &op.expr)?),
    };
    Ok(marks::mark_if(result, marked))
}

pub(super) fn binary(e: &Evaluator<'_>, op: &BinaryOp) -> Outcome<Value> {
    let (left, right) = (e.eval(&op.lhs_expr), e.eval(&op.rhs_expr));
    if let Some(decided) = logic::decided(op.operator.value(), &left, &right) {
        return decided;
    }
    let ((left, left_marked), (right, right_marked)) = (marks::strip(left?), marks::strip(right?));
    let result = if left.has_unknown() || right.has_unknown() { Value::Unknown } else { apply(e, op, &left, &right)? };
    Ok(marks::mark_if(result, left_marked || right_marked))
}

fn apply(e: &Evaluator<'_>, op: &BinaryOp, left: &Value, right: &Value) -> Outcome<Value> {
    let numbers = || Ok((number(e, left, &op.lhs_expr)?, number(e, right, &op.rhs_expr)?));
    let booleans = || Ok((boolean(e, left, &op.lhs_expr)?, boolean(e, right, &op.rhs_expr)?));
    Ok(match op.operator.value() {
        BinaryOperator::Eq => Value::Bool(left == right),
        BinaryOperator::NotEq => Value::Bool(left != right),
        BinaryOperator::And => booleans().map(|(l, r)| Value::Bool(l && r))?,
        BinaryOperator::Or => booleans().map(|(l, r)| Value::Bool(l || r))?,
        BinaryOperator::Less => numbers().map(|(l, r)| Value::Bool(l.as_f64() < r.as_f64()))?,
        BinaryOperator::LessEq => numbers().map(|(l, r)| Value::Bool(l.as_f64() <= r.as_f64()))?,
        BinaryOperator::Greater => numbers().map(|(l, r)| Value::Bool(l.as_f64() > r.as_f64()))?,
        BinaryOperator::GreaterEq => numbers().map(|(l, r)| Value::Bool(l.as_f64() >= r.as_f64()))?,
        BinaryOperator::Plus => Value::Number(numbers().map(|(l, r)| whole_or(l, r, i64::checked_add, |l, r| l + r))?),
        BinaryOperator::Minus => Value::Number(numbers().map(|(l, r)| whole_or(l, r, i64::checked_sub, |l, r| l - r))?),
        BinaryOperator::Mul => Value::Number(numbers().map(|(l, r)| whole_or(l, r, i64::checked_mul, |l, r| l * r))?),
        BinaryOperator::Div | BinaryOperator::Mod => {
            let (l, r) = numbers()?;
            if r.as_f64() == 0.0 {
                return Err(e.fault(&op.rhs_expr, "a number can't be divided by zero"));
            }
            Value::Number(if *op.operator.value() == BinaryOperator::Mod {
                whole_or(l, r, i64::checked_rem, |l, r| l % r)
            } else {
                Number::from(l.as_f64() / r.as_f64())
            })
        }
    })
}

fn whole_or(l: Number, r: Number, whole: fn(i64, i64) -> Option<i64>, float: fn(f64, f64) -> f64) -> Number {
    let exact = l.as_i64().zip(r.as_i64()).and_then(|(l, r)| whole(l, r));
    exact.map_or_else(|| Number::from(float(l.as_f64(), r.as_f64())), Number::Int)
}

fn number(e: &Evaluator<'_>, value: &Value, place: &impl Span) -> Outcome<Number> {
    convert::to_number(value)
        .ok_or_else(|| e.fault(place, format!("a number is needed here, this is {}", convert::kind(value))))
}

fn boolean(e: &Evaluator<'_>, value: &Value, place: &impl Span) -> Outcome<bool> {
    convert::to_bool(value)
        .ok_or_else(|| e.fault(place, format!("a bool is needed here, this is {}", convert::kind(value))))
}
