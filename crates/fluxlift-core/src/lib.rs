//! The words every other crate of fluxlift speaks.
//!
//! Names, values, secrets, verdicts, gates, deadlines, events and errors. **core does no I/O**: no clock, no random
//! numbers, no environment, no async runtime. They come in as parameters.

pub mod act;
pub mod clock;
pub mod deadline;
pub mod diagnostic;
pub mod error;
pub mod event;
pub mod gate;
pub mod json;
pub mod misfit;
pub mod name;
mod reader;
pub mod secret;
pub mod value;
pub mod verdict;

pub use act::{Act, ActLog, ActLogError, Prior};
pub use clock::{Clock, Timestamp};
pub use deadline::Deadline;
pub use diagnostic::{Diagnostic, Location};
pub use error::{ErrorKind, Explain, Hint, chain};
pub use event::{ChangeKind, Emitter, Event, EventKind, UnitResult};
pub use gate::{Gate, GateName, Observation};
pub use misfit::Misfit;
pub use name::{Namespace, NodeName, ReleaseName, UnitPath, Version};
pub use secret::Secret;
pub use value::{Number, Value};
pub use verdict::{Evidence, Remedy, Verdict};
