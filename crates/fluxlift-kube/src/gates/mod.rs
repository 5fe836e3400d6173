//! Conditions on built-in objects that more than one unit waits for.
//!
//! **A gate looks at generation and UID before any other field, and nothing seen proves nothing.**

pub mod absence;
pub mod crd;
pub mod nodes;
pub mod rollout;

pub use absence::Gone;
pub use crd::Established;
pub use nodes::NodeReady;
pub use rollout::{RolledOut, Rollout};
