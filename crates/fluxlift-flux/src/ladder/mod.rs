//! The repair ladder, from least to most force.
//!
//! Only its first rung is here: asking for a reconciliation, of the source first when the source is the cause. Every act
//! is proven before anything else is done. What more force would help is named in the verdict for a person.

pub mod reconcile;
pub mod rung;

pub use reconcile::Reconciled;
pub use rung::{Ladder, LadderError};
