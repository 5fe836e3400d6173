//! `secrets`: a cluster's own secrets (module `talos_secrets`).
//!
//! They are drawn once and kept in the state for ever: a cluster that loses them can't be entered any more. Drawing
//! anew takes `TALOS_REGENERATE_SECRETS`, set to the fingerprint of the authority that is to be replaced: a request that
//! was fulfilled is none any more when the run is resumed. Taking them away takes `TALOS_DESTROY_SECRETS=1`. The
//! administrator's certificate lives a year and is renewed in its last month without touching anything else.

pub mod error;
pub mod inputs;
pub mod outputs;
pub mod unit;

pub use error::SecretsUnitError;
pub use inputs::Inputs;
pub use unit::Secrets;
