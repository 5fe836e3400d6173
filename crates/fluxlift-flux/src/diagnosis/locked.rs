//! A revision of Helm's that was begun and not ended, as far as the release says so.
//!
//! helm-controller writes the history of a release when an action has ended, so a process that is killed in the middle leaves
//! no word of it there: the next one finds the pending revision in Helm's storage and makes it a failed one by itself. A
//! pending revision shows in the history when Helm could not write the end down, and in the condition when helm-controller
//! could not unlock it.

use super::conditions::Condition;
use super::fields::Snapshot;

/// A revision of Helm's whose action has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Locked {
    /// Its status in Helm's storage, such as `pending-upgrade`.
    pub(super) status: String,
    /// The Secret that holds it.
    pub(super) secret: String,
}

impl Locked {
    /// By the newest entry of the history.
    pub(super) fn of_history(newest: &Snapshot) -> Option<Self> {
        let Snapshot { status, name, version } = newest;
        status
            .starts_with("pending-")
            .then(|| Self { status: status.clone(), secret: secret(&format!("{name}.v{version}")) })
    }

    /// By what helm-controller says of an unlock that failed: `Unlock of Helm release apps/podinfo.v3 with chart
    /// podinfo@6.9.0 in pending-upgrade state failed: …`.
    pub(super) fn of_released(released: &Condition) -> Option<Self> {
        let said = released.message.strip_prefix("Unlock of ").filter(|_| released.reason == "PendingRelease")?;
        let (release, said) = said.split_once(" with chart ")?;
        let (_, said) = said.split_once(" in ")?;
        let (status, _) = said.split_once(" state failed")?;
        let (_, revision) = release.rsplit_once('/')?;
        Some(Self { status: status.to_owned(), secret: secret(revision) })
    }
}

/// The name of the Secret of a revision: `podinfo.v3`.
fn secret(revision: &str) -> String {
    format!("sh.helm.release.v1.{revision}")
}
