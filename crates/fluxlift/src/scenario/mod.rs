//! Scenarios: failures of real clusters as data, played in the simulated datacenter.
//!
//! A file in `scenarios/` says what the world is like, what goes wrong in it, which commands are given, and what must be
//! seen then: the words of an error, the verdicts of gates, the diagnosis of objects, the acts of a rescue, the releases
//! at the end. [`Scenario`] is such a file, [`library`] has all of them, [`play`] plays one on a clock that jumps over
//! every wait, and [`Played`] is what came of it. The commands run as they do at a terminal, through the same libraries.

mod behaviour;
mod expect;
mod gate_seen;
pub mod library;
mod perform;
mod play;
mod played;
mod script;
mod span;
mod stage;
mod thing_seen;

pub use behaviour::Behaviour;
pub use expect::{Check, Expect};
pub use play::{Viewer, play};
pub use played::{Played, PlayedStep};
pub use script::{Backup, Edit, Later, Scenario, Start, Step};
pub use span::Span;
