//! What is proven of kopiur, each a gate with a pure judge.

mod filled;
mod held;

pub use filled::ClaimsFilled;
pub use held::{ScheduleHeld, ScheduleSight};
