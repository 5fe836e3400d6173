//! Runs: one dispatcher owns the state of a run, units are executors that it polls, reporters get its events.

mod aborted;
mod dispatcher;
mod engine;
mod error;
mod events;
mod executor;
mod options;
mod report;
mod retry;
mod shutdown;

pub use engine::{Engine, Preflight};
pub use error::{Failures, RunError};
pub use events::EventSink;
pub use options::RunOptions;
pub use report::{RunReport, UnitReport};
pub use retry::Retry;
pub use shutdown::{Shutdown, Stage};

pub(crate) use events::Speaker;
pub(crate) use executor::{considering, seed_of};
pub(crate) use report::between as elapsed;
