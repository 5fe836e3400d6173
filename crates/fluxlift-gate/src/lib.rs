//! The one driver of gates.
//!
//! Observations come in as a stream; a verdict, a deadline, a cancellation and an entry in the proof ledger come out.
//!
//! **Every wait has a deadline, a cancellation and a last verdict. No gate fails open.** This is the only library that
//! may sleep: everything else waits by proving a gate.

pub mod attempt;
pub mod bell;
pub mod clock;
pub mod driver;
pub mod error;
pub mod ledger;
pub mod observe;
pub mod persist;

pub use attempt::Tried;
pub use bell::{Bell, Listener};
pub use clock::TokioClock;
pub use driver::GateContext;
pub use error::{GateError, ObserveError};
pub use ledger::{Ledger, Proof};
pub use observe::{Backoff, every, pace};
pub use persist::GaveUp;
