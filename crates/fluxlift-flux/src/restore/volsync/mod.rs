//! VolSync with its Kopia mover, and the claims that VolSync fills from a destination.
//!
//! What the objects say and what it is worth (facts: flux.md section 6, and VolSync's own state machine):
//!
//! | it says | it may mean | so we demand |
//! |---|---|---|
//! | `lastManualSync` is our tag | the tag was written while another synchronization ran, or it was paused | idle before the trigger, by resourceVersion; a start that is not before it; not paused; the tag still ours |
//! | result Successful | there was no snapshot to restore | the mover's own words, and not those of an empty repository |
//! | `latestImage` | it is the one from before, or not ready | another one, ready to use, with a size |
//! | the repository's claim is Bound | it was provisioned anew | the volume that it should be, by its handle |
//! | the claim is Bound | it was so before | it was waiting, or restored already |
//!
//! `lastSyncStartTime` is there only while a synchronization runs; afterwards its start is the end less the duration.

mod canary;
mod destination;
pub mod gates;
pub mod kinds;
pub mod mark;
mod reading;
mod restore;
mod survey;
mod trigger;

pub use destination::{CopyMethod, Destination, Store};
pub use reading::Reading;
pub use restore::VolSync;
