//! The repair of what waiting does not help: plans first, acts least force first, proves after each act that it helped.
//!
//! ```text
//! Scene ──► Plan ──► acts of the least force ──► proofs ──► look again ──► Plan …
//! causes    pure     at the same time            each       what was tried is not tried again
//! ```
//!
//! [`Plan::of`] is pure; [`Rescue`] carries it out. What was tried and did not help is followed by the next rung, and at
//! the end of the ladder a person is told what to do. **A HelmRelease is never deleted, and a controller is never
//! restarted while a Helm action runs unless that is asked for.**
//!
//! Between its act and the end of the run a [`Mark`] on the object says what was done: a rescue that was killed is found by
//! the next one, which waits for the same request instead of writing another, and goes on with the rung after it. A rescue
//! that has ended leaves no mark, whatever came of it.

mod act;
mod carry;
mod crowd;
mod error;
mod force;
mod helped;
mod mark;
mod outcome;
mod plan;
mod planner;
mod quiet;
pub(crate) mod rungs;
mod scope;
mod standby;
mod storage;
#[cfg(test)]
mod tests;
mod tokens;
mod tried;
mod waking;

pub use carry::Rescue;
pub use error::RescueError;
pub use force::Force;
pub use mark::Mark;
pub use outcome::{Done, Outcome};
pub use plan::{Act, Left, Limits, Plan, Waiting};
pub use standby::Standby;
pub use storage::StorageError;
pub use tried::Tried;
