//! Releases as Helm stores them: one Secret a revision.
//!
//! What is written here `helm list`, `helm get` and helm-controller read, and the other way round. A stored release is
//! kept as the JSON that it is, so that fields which fluxlift does not know survive a change of status.

mod codec;
mod error;
mod history;
mod record;
mod secret;
mod status;

pub use error::ReleaseError;
pub use history::History;
pub use record::{NewRelease, Release};
pub use secret::{StoredRelease, label_selector, secret_name};
pub use status::Status;
