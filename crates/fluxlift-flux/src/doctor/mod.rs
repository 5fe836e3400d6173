//! Read-only checks of a cluster, before and after Flux is on it.
//!
//! ```text
//! cluster ──► Exam ──► checks ──► Report
//!   look       what      judge     findings, each with an id,
//!              was seen  (pure)    and what is not known
//! ```
//!
//! [`look()`] reads, and each part of what it reads is either there or [`Unread`], with the reason. A check judges parts
//! and does no I/O. **What could not be read is "not known", never "fine".** What does not exist yet, such as the
//! controllers before a bootstrap, is `absent`: nothing is wrong with it, and nothing is shown by it.

mod checks;
mod exam;
mod finding;
pub mod ids;
mod judged;
mod look;
pub(crate) mod metrics;
mod report;
mod unread;
pub mod versions;
mod webhook;

pub use checks::NAMES;
pub use exam::{AgeKey, Encrypted, Exam, Lock, Recipients};
pub use finding::{Finding, Severity};
pub use ids::Id;
pub use judged::Judged;
pub use look::look;
pub use report::{Outcome, Report, Summary};
pub use unread::{Read, Unread};
pub use webhook::{Trust, Webhook};

pub use crate::definition::Definition;
