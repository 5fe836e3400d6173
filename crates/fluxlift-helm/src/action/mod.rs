//! Installing, upgrading and removing a release.
//!
//! The order of writes makes every moment of a crash a state that the next run understands: the revision is stored as
//! pending before anything is applied, and as deployed only after the caller's gates are proven. A pending revision is
//! never left behind by a run that lives, and one left by a run that died is taken over.

mod acting;
mod cleanup;
mod cluster;
mod decide;
mod error;
mod owner;
mod plan;
mod request;
mod run;
mod storage;
mod uninstall;

pub use acting::Action;
pub use cluster::{ClusterError, ReleaseCluster};
pub use decide::{Decision, Desired, decide};
pub use error::ActionError;
pub use plan::Plan;
pub use request::{Options, Request};
pub use run::Outcome;
pub use uninstall::Uninstalled;
