//! The journal: append-only records of intent, act, proof and outcome, from which a crashed run is resumed.
//!
//! One JSON line per record. Each line carries the SHA-256 of its body and of the line before, so that a line can
//! neither be lost nor changed in the middle without being noticed. A last line without its newline is what a crash
//! leaves behind: it was never relied on and is cut off.

mod acts;
mod chain;
mod error;
mod file;
mod history;
mod record;

pub use acts::UnitActs;
pub use error::JournalError;
pub use file::{Journal, JournalObserver, NoObserver, SharedJournal};
pub use history::{History, RunStatus, UnsettledActs};
pub use record::{Entry, Record, RunId, Settled, Unsettled};

pub(crate) use file::shared;
