//! What is the matter with a cluster: the library's look at it, and what only this machine knows.
//!
//! The kubeconfig's certificate, the lock on the state and the recipients of the repository are not in the cluster; they
//! are put beside what [`fluxlift_flux::doctor`] reads there.

mod examine;
mod lock;
mod recipients;

pub use examine::{Examined, examine};
