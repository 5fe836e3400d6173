//! What an apply would do, and why.
//!
//! A unit whose inputs wait for outputs that are not known yet is `unknown`; every other one is asked, ahead of its turn
//! where it can be. A saved plan is bound to the state that it was made for and to the hash of each unit's inputs.

mod known;
mod looks;
mod planner;
mod saved;
mod spared;

pub use saved::{Plan, PlannedUnit};

pub(crate) use known::Known;
pub(crate) use planner::Planner;
