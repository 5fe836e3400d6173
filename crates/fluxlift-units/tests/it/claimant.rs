//! Who runs the units in the tests.

use fluxlift_core::Timestamp;
use fluxlift_engine::lock::{Claimant, Owner};

/// A run whose state is in the folder of this name.
pub(crate) fn claimant(folder: &str) -> Claimant {
    let owner = Owner {
        pid: 42,
        host: "station".into(),
        user: "ada".into(),
        command: "apply".into(),
        since: Timestamp::UNIX_EPOCH,
    };
    Claimant { owner, folder: folder.to_owned() }
}
