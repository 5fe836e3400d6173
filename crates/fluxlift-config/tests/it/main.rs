//! The tree loader as the engine uses it.

mod errors;
mod functions;
mod gitops;
mod reference;
mod support;
mod units;
