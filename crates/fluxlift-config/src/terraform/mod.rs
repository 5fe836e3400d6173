//! Terraform code and state that once bootstrapped Flux: what of it has to go, and in which order.
//!
//! [`retire`] reads the `.tf` files of one module and finds what belongs to the Flux provider and to the Secret with the age
//! key; [`StateFile`] reads what a state still holds; [`Farewell::of`] judges both together. Nothing is written and nothing
//! is run: `state rm` comes before a block goes, and only a person can do that.

mod block;
mod diff;
mod error;
mod farewell;
mod retire;
mod state;

pub use error::TerraformError;
pub use farewell::Farewell;
pub use retire::{Edit, Mention, Retirement, retire};
pub use state::{Role, StateEntry, StateFile};
