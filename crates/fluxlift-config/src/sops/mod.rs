//! Files that SOPS encrypted for age recipients: reading them, and making them.
//!
//! Values are AES-256-GCM with the key path as additional data, under a data key that age holds for each recipient;
//! a MAC over all values guards the whole file. Stores: YAML, JSON, dotenv and binary. Other key services than age
//! are not supported, and neither are key groups.

mod cipher;
mod error;
mod format;
mod identities;
mod metadata;
mod store;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub use error::SopsError;
pub use format::Format;
pub use identities::Identities;
pub use store::{decrypt, encrypt};
pub use walk::{Below, MOST, below};
