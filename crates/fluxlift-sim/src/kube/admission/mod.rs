//! What happens to an object on its way into the store: defaults, checks, generations.

pub mod builtin;
pub mod check;
pub mod defaults;
pub mod generation;
pub mod schema;

pub use check::{check, check_update};
pub use defaults::{complete, default_all, default_new};
pub use generation::{counts_generations, is_new_generation};
