//! A cluster that is reserved for one run, wherever the others are started.
//!
//! The lock of a state folder is not seen from another checkout or another machine. The cluster is: a run that changes it
//! holds a Lease there, renews it while it lives, and deletes it at its end. A run that died left its Lease behind; it is
//! taken over when nobody has renewed it for as long as it lasts, by our own watch and not by anybody's clock alone.
//!
//! It lies in `default`: that namespace is there before Flux is, and providers who keep `kube-system` to themselves leave it
//! to their users.

mod error;
mod held;
mod record;

pub use error::ReservationError;
pub use record::{Claim, target};
