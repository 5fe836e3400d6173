//! What must hold of any run: judged from etcd's history, and of fluxlift's own word never more than what it claims.
//!
//! Each law has a history in which it does not hold: see its tests.

mod absence;
mod breach;
pub mod canaries;
mod delivered;
mod leadership;
mod left;
mod order;
mod proofs;
mod report;
#[cfg(test)]
mod tests;
mod window;
mod writes;

pub use breach::Breach;
pub use left::{Listed, RESERVATION, no_trace_is_left, nothing_is_left_behind, only_what_is_listed_is_left};
pub use order::{
    first_synced, nothing_is_synced_before_every_canary_answered,
    nothing_is_synced_before_every_canary_of_images_answered, the_last_change_was_proven_again,
    the_sync_was_never_taken_away,
};
pub use proofs::every_proof_holds_of_the_object_as_it_was;
pub use writes::writes;
