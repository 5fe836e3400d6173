//! A client of one machine's API.
//!
//! A connection is opened once, over the injected dialler, and never silently replaced: when it breaks, the caller gets
//! an error that says so and looks at the machine again before doing anything else.

mod access;
mod calls;
mod connect;
mod error;
mod fingerprint;
mod kubeconfig;
mod overheard;

pub use access::{Access, Identity, PORT};
pub use calls::{EtcdMember, MachineStatus, Service, Unmet};
pub use connect::TalosClient;
pub use error::{Class, TalosError};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use kubeconfig::{KubeconfigError, first_file};
