//! Flux onto a cluster that exists already: the last two phases of a tree, without the tree.
//!
//! A [`Request`] says what is wanted and where secrets come from, never the secrets themselves, so that it can lie in the
//! journal and be carried out again. [`Bootstrap::prepare`] finds the cluster and its home; then an ordinary engine runs
//! the same two units that a tree would.

pub mod git_url;
pub mod prepared;
pub mod repository;
pub mod request;
pub mod secret_source;
pub mod target;

pub use prepared::Bootstrap;
pub use request::{FLUX_VERSION, Handover, OPERATOR_VERSION, Request};
pub use secret_source::SecretSource;
