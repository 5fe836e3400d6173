//! Plan, graph, scheduler, journal, state and lock.
//!
//! **The engine knows no Kubernetes, Talos or Proxmox.** It sees the [`unit::Unit`] trait and a [`Blueprint`].
//! **One dispatcher owns the run's state**: units run as futures on its task, reporters consume its events, nobody
//! else mutates. **Intent is durable before an act that can't be repeated.** **Nothing is believed from the journal but
//! intents**: a resumed run observes the world again.
//!
//! Everything a tree's runs leave behind lies in one folder, its [`Home`]:
//!
//! ```text
//! state.json          outputs and identities of the units; secrets sealed with age
//! state.json.backup   the state before the last write
//! journal/00000007.jsonl   what run 7 meant, did and proved
//! lock, lock.json     the operating system's lock, and who holds it
//! ```

pub mod blueprint;
pub mod fingerprint;
pub mod home;
pub mod hooks;
pub mod journal;
pub mod lock;
pub mod plan;
pub mod run;
pub mod schedule;
pub mod state;
pub mod unit;

mod atomic;

pub use blueprint::{Blueprint, Command, Evaluated, Node, Outputs};
pub use fingerprint::InputHash;
pub use home::Home;
pub use plan::{Plan, PlannedUnit};
pub use run::{Engine, EventSink, RunError, RunOptions, RunReport, Shutdown, UnitReport};
