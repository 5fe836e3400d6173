//! source-controller: five independent controllers with one shape.
//!
//! A pass adds the finalizer and is queued again; a suspended object stops there, its `observedGeneration` still -1;
//! otherwise something is fetched, which takes a worker a while, and stored as an artifact.

pub mod fetch;
mod reconcile;
pub mod words;

pub use reconcile::{Step, go_on, reconcile};
