//! kopiur: Restores that fill claims, and schedules that back them up.
//!
//! A claim with a `dataSourceRef` of kind `Restore` waits. kopiur pins a snapshot for it, restores that into a volume of
//! its own making, and hands the volume over to the claim. What the model is for are the lies of this chain: without a
//! matching snapshot the volume is empty and the Restore is `Completed`; so it is over a claim that was bound by somebody
//! else; a policy that is suspended is backed up by its schedule all the same; and a backup takes whatever there is in a
//! volume, nothing too.
//!
//! Left out: Restores into claims that exist, repositories as objects (a policy's repository is a place by its name), the
//! claim and the Job that a mover works with, selectors of claims, retention, and cron expressions beyond `*/N * * * *`.

pub mod catalog;
pub mod claim;
pub mod definitions;
pub mod install;
pub mod kinds;
pub mod policy;
pub mod restore;
pub mod schedule;
pub mod snapshot;
pub mod state;
pub mod step;

pub use install::install;
pub use state::Kopiur;
pub use step::Step;
