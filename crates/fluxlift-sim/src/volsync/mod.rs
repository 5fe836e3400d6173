//! VolSync with its Kopia fork, and as much of storage as a restore touches.
//!
//! A destination restores into a volume of its own, takes a VolumeSnapshot of it and names that as its latest image; a
//! claim with a `dataSourceRef` waits for that image and is filled from it. What the model is for are the lies of this
//! chain: a repository without a matching snapshot gives an empty volume and calls it
//! Successful; a paused object is done at once; a tag that is changed during a synchronization counts as done; an image
//! is named before its snapshot is ready; and a repository's claim that is provisioned anew is bound to nothing.
//!
//! Left out: other movers than Kopia, cron expressions beyond `*/N * * * *`, consumers of volumes (a class that waits for
//! one never binds), resizing, reclaim, and what a snapshot costs.

pub mod claims;
pub mod definitions;
pub mod destination;
pub mod identity;
pub mod install;
pub mod kinds;
pub mod machine;
pub mod repository;
pub mod snapshots;
pub mod source;
pub mod state;

pub use install::install;
pub use machine::Step;
pub use state::{Faults, SnapshotFault, VolSync};
