//! The evaluator: from syntax tree to values.
//!
//! One file per family of expressions. Spans travel along, so that every error names its place; marks and unknown
//! values travel along too: whatever touches a sensitive value is sensitive, whatever needs an unknown one is unknown.

mod call;
mod collection;
mod conditional;
pub(crate) mod convert;
mod evaluator;
mod for_expr;
mod heredoc;
mod logic;
pub(crate) mod marks;
mod operators;
mod scope;
mod template;
mod traversal;
mod unify;

pub(crate) use evaluator::Evaluator;
pub(crate) use scope::{Bound, Member, Names, NoNames};
