//! From `flux bootstrap` to flux-operator: what is looked at, what is done, and what is left for a person.
//!
//! [`Migration::look`] reads the cluster, the repository and the Terraform code, and hands all of it to the pure functions
//! of `fluxlift_flux::migration` and `fluxlift_config::terraform`. What comes out is carried out by the same two units as a
//! bootstrap, with the census of everybody who lived before among their inputs, so that a run that was killed goes on and
//! still proves against those of before. Git and Terraform are never written to: [`steps()`] says what to do there, in order.

mod checkout;
pub mod code;
pub mod hcl;
pub mod look;
pub mod repository;
pub mod steps;
mod unpublished;

pub use code::Code;
pub use look::{Asked, Migration};
pub use steps::{Step, steps};
