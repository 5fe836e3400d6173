//! Keys and certificates in the exact shapes that Talos and Kubernetes use.
//!
//! Signatures are deterministic (Ed25519, ECDSA after RFC 6979), so that the same random numbers and the same moment
//! give the same bytes.

mod certificate;
mod error;
mod key;

pub use certificate::{Issue, Issuer, Pair, Usage, authority, certificate_der, lifetime, public_key};
pub use error::PkiError;
pub use key::{PrivateKey, service_account_key, service_account_matches, standard_key};
