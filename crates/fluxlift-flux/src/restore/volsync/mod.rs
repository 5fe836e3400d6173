//! VolSync with its Kopia mover, and the claims that VolSync fills from a destination.
//!
//! What the objects say and what it is worth (facts: flux.md section 6, and VolSync's own state machine):
//!
//! | it says | it may mean | so we demand |
//! |---|---|---|
//! | `lastManualSync` is our tag | the tag was written while another synchronization ran, or it was paused | idle before the trigger, by resourceVersion; a start that is not before it; not paused; the tag still ours |
//! | result Successful | there was no snapshot to restore, or not all of it | the mover's own words, and not those of an empty repository, nor complaints |
//! | it was restored | from a new repository, to which an empty volume was backed up | the repository's volume, as before a restore |
//! | `latestImage` | it is the one from before, not ready, or gone | another one, ready to use, with a size, and the same when the claims are bound |
//! | the repository's claim is Bound | it was provisioned anew | the volume that it should be, by its handle |
//! | the claim is Bound | it was so before, or was made anew after a restore into it | it was waiting, or restored already; its volume is as old as it must be |
//!
//! `lastSyncStartTime` is there only while a synchronization runs; afterwards its start is the end less the duration.

mod addresses;
mod backing;
mod canary;
mod decide;
mod destination;
pub mod gates;
mod images;
pub mod kinds;
pub mod mark;
mod reading;
mod restore;
#[cfg(test)]
mod seen;
mod survey;
mod trigger;

pub use destination::{CopyMethod, Destination, Store};
pub use reading::Reading;
pub use restore::VolSync;
