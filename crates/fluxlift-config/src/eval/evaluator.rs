//! The evaluator itself: one expression, by its family.

use super::{Bound, Names, call, collection, conditional, for_expr, operators, template, traversal};
use fluxlift_core::{Number, Value};
use hcl_edit::Span;
use hcl_edit::expr::Expression;

use crate::error::{Fault, Outcome};
use crate::functions::Context;
use crate::syntax::SourceText;

/// Evaluates expressions of one file in one scope.
#[derive(Clone, Copy)]
pub(crate) struct Evaluator<'a> {
    /// What the functions know.
    pub(crate) context: &'a Context<'a>,
    /// The text that the spans are about.
    pub(crate) source: &'a SourceText,
    /// The names of the file: `local`, `include`, `dependency`, `feature`.
    pub(crate) names: &'a dyn Names,
    /// The variables of the enclosing `for` expressions, innermost first.
    pub(crate) bound: Option<&'a Bound<'a>>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator of `source` without bound variables.
    pub(crate) fn new(context: &'a Context<'a>, source: &'a SourceText, names: &'a dyn Names) -> Self {
        Self { context, source, names, bound: None }
    }

    /// The value of `expr`.
    ///
    /// # Errors
    /// A fault that names the place.
    pub(crate) fn eval(&self, expr: &Expression) -> Outcome<Value> {
        match expr {
            Expression::Null(_) => Ok(Value::Null),
            Expression::Bool(b) => Ok(Value::Bool(*b.value())),
            Expression::Number(n) => Ok(Value::Number(number(n.value()))),
            Expression::String(s) => Ok(Value::String(s.value().clone())),
            Expression::Array(array) => collection::array(self, array),
            Expression::Object(object) => collection::object(self, object),
            Expression::StringTemplate(t) => template::quoted(self, t),
            Expression::HeredocTemplate(t) => template::heredoc(self, t),
            Expression::Parenthesis(inner) => self.eval(inner.inner()),
            Expression::Variable(name) => self.variable(name.value().as_str(), expr),
            Expression::Conditional(c) => conditional::eval(self, c),
            Expression::FuncCall(call) => call::eval(self, call),
            Expression::Traversal(t) => traversal::eval(self, t),
            Expression::UnaryOp(op) => operators::unary(self, op),
            Expression::BinaryOp(op) => operators::binary(self, op),
            Expression::ForExpr(f) => for_expr::eval(self, f),
        }
    }

    /// A fault at `place`.
    pub(crate) fn fault(&self, place: &impl Span, message: impl Into<String>) -> Fault {
        Fault::at(self.source, place.span(), message)
    }

    fn variable(&self, name: &str, place: &impl Span) -> Outcome<Value> {
        if let Some(value) = self.bound.and_then(|bound| bound.find(name)) {
            return Ok(value.clone());
        }
        match self.names.value(name)? {
            Some(value) => Ok(value),
            None => Err(self.unknown_name(name, place)),
        }
    }

    fn unknown_name(&self, name: &str, place: &impl Span) -> Fault {
        let mut known = self.names.names();
        let mut bound = self.bound;
        while let Some(one) = bound {
            known.push(one.name.to_owned());
            bound = one.outer;
        }
        let fault = self.fault(place, format!("there is no variable `{name}` here"));
        fault.hints(crate::error::did_you_mean(name, known.iter().map(String::as_str)))
    }
}

fn number(n: &hcl_edit::Number) -> Number {
    n.as_i64().map_or_else(|| Number::from(n.as_f64().unwrap_or(f64::NAN)), Number::Int)
}
