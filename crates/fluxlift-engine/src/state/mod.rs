//! What was made: the outputs and identities of the units, in one document with a lineage and a serial.
//!
//! Secrets among the outputs lie in an envelope per unit, sealed with age for the configured recipients. Without a
//! recipient a state that would hold secrets is refused; it is never written in clear.

mod document;
mod error;
mod forget;
mod opened;
mod outputs;
mod store;
mod vault;

pub use document::{Document, UnitDocument};
pub use error::{StateError, StoreError, VaultError};
pub use forget::forget;
pub use opened::{State, UnitState};
pub use store::{FolderStore, Revision, Store};
pub use vault::Vault;
