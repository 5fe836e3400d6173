//! Canaries: harmless objects whose handling proves a controller.
//!
//! A Ready Deployment proves little: the readiness of three of the four controllers is a bare ping. A canary that was
//! handled proves leadership, synced caches, a live worker and the right to write status. The rules (facts: flux.md
//! section 2):
//!
//! - **Fresh or worthless.** Created by POST, never applied, under a random name, with a random token. Its UID, the
//!   token's echo and the absence of a deletionTimestamp are demanded.
//! - Every kind that has a controller of its own gets one, and every shard too.
//! - Paths come last: the canary that proved a controller then shows that it really reaches source-controller over DNS
//!   and the network.
//! - They carry [`LABEL`], no owner labels of Flux, and are removed afterwards whatever happens; what a crashed run left
//!   is swept first.

pub mod error;
pub mod handled;
pub mod image;
pub mod path;
pub mod plan;
pub mod release;
pub mod removal;
pub mod run;
pub mod shard;
pub mod source;
pub mod species;

pub use error::CanaryError;
pub use removal::sweep;
pub use run::{CanaryRun, Deadlines, Expect};
pub use species::Species;

/// The label of every canary; its value names the run.
pub const LABEL: &str = "fluxlift.dev/canary";
