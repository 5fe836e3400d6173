//! Semantic versions and what a chart or a tree may ask of them.

mod constraint;

pub use constraint::{Constraint, ConstraintError, parse_loose};
