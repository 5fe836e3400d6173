//! Data back from backups, proven: no restore counts because somebody said that it was done.
//!
//! ```text
//! Provider ──► Survey ──► Plan ──► Restore ──► Report
//! VolSync,     cases       what     parallel,   what was proven,
//! kopiur       as seen     and why  by repository  what is held
//! ```
//!
//! A [`Provider`] knows one way of restoring. It surveys the cluster, says of each destination what there is to do
//! ([`Action`]), holds the backups that could write an empty volume over good history, and carries one restore from its
//! trigger to a bound claim, each step a gate. What runs when, how many at a time for a repository, and when a backup is
//! let go is decided here and is the same for all.
//!
//! There are two: VolSync's Kopia fork ([`volsync`]) with the claims that it fills from a ReplicationDestination, and
//! kopiur ([`kopiur`]) with those that it fills from a Restore. The latter acts by itself: nothing is triggered, and what
//! came of it is proven. [`Every`] is both. A *destination* is either, wherever people read the word.
//!
//! **Backups are held until the restore is proven.** What a killed run held says so itself, and the next one goes on.

mod case;
mod choice;
mod error;
mod every;
mod guard;
mod hold;
mod holds;
mod identity;
pub mod kinds;
pub mod kopiur;
mod lists;
mod mark;
mod plan;
mod provider;
mod report;
mod round;
mod run;
mod unproven;
pub mod volsync;

pub use case::{Action, Backup, Case, Survey};
pub use choice::Choice;
pub use error::RestoreError;
pub use every::Every;
pub use mark::{HELD, HELD_BY, HELD_FOR, HELD_WHY};
pub use plan::{Plan, Planned};
pub use provider::Provider;
pub use report::{Outcome, Report};
pub use round::{Limits, Round};
pub use run::Restore;
pub use unproven::Unproven;
