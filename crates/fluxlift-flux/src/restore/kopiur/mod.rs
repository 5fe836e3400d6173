//! kopiur, and the claims that it fills from a Restore.
//!
//! A Restore acts by itself as soon as a claim names it, and restores again only when both are made anew. So nothing is
//! triggered here: what came of it is proven, and its backups stand still until then.
//!
//! What the objects say and what it is worth (facts: kopiur's own state machine):
//!
//! | it says | it may mean | so we demand |
//! |---|---|---|
//! | Ready, `Completed` | there was no snapshot, and the volume is empty | a pinned snapshot, and that it is not one of nothing |
//! | the same | the claim was bound before, or another volume won it | a claim that it calls populated, by its own restore |
//! | the same | the mover has ended, and the claim is bound to nothing yet | a bound claim whose volume is its own |
//! | a claim is `Populated` | it was another claim of that name | the UID of the claim |
//! | any of it | it is about an earlier specification | the generation |
//! | a policy is suspended | its schedule fires all the same | the schedule suspended |
//!
//! How many bytes came back it does not say, and single files that may not be written are left out by default.

mod decide;
pub mod gates;
pub mod kinds;
mod provider;
mod reading;
mod schedules;
mod survey;

pub use provider::Kopiur;
pub use reading::{Worth, judge, weigh};
