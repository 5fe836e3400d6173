//! `bootstrap`: founds etcd once and fetches the kubeconfig (module `talos_bootstrap`).
//!
//! Talos itself guards one machine only, so the guard is here: the chosen machine is in the journal before the call, all
//! control planes are asked first, and "already exists" counts as success on the recorded machine alone. Then everything
//! is proven: etcd's membership, each API server, the cluster's endpoint, and that the nodes have registered.

pub mod error;
pub mod etcd;
pub mod inputs;
pub mod proofs;
pub mod record;
pub mod unit;

pub use error::BootstrapError;
pub use inputs::Inputs;
pub use unit::Bootstrap;
