//! All revisions of a release.

use serde_json::Value;

use super::{Release, ReleaseError, Status, StoredRelease};

/// The revisions that are stored, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History(Vec<StoredRelease>);

impl History {
    /// Reads the Secrets of a release, in any order.
    ///
    /// # Errors
    /// When one of them is not a release.
    pub fn from_secrets(secrets: &[Value]) -> Result<Self, ReleaseError> {
        let mut stored = secrets.iter().map(StoredRelease::from_secret).collect::<Result<Vec<_>, _>>()?;
        stored.sort_by_key(|s| s.release.revision());
        Ok(Self(stored))
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &StoredRelease> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The newest revision, whatever became of it.
    pub fn last(&self) -> Option<&Release> {
        self.0.last().map(|stored| &stored.release)
    }

    /// The newest revision that is deployed.
    pub fn deployed(&self) -> Option<&Release> {
        self.0.iter().rev().map(|stored| &stored.release).find(|release| release.status() == Status::Deployed)
    }

    /// Whether an earlier revision than this one was ever deployed.
    pub fn was_deployed_before(&self, revision: u32) -> bool {
        let mut earlier = self.0.iter().map(|stored| &stored.release).filter(|release| release.revision() < revision);
        earlier.any(|release| matches!(release.status(), Status::Deployed | Status::Superseded))
    }

    /// What may still be in the cluster of this release: the deployed revision and everything that was tried after it.
    /// Without a deployed one, everything since the last removal.
    pub fn present(&self) -> impl Iterator<Item = &Release> {
        let is = |release: &Release, statuses: &[Status]| statuses.contains(&release.status());
        let from = self.0.iter().rposition(|s| is(&s.release, &[Status::Deployed]));
        let from = from.or_else(|| self.0.iter().rposition(|s| is(&s.release, &[Status::Uninstalled])).map(|i| i + 1));
        self.0[from.unwrap_or(0)..].iter().map(|stored| &stored.release)
    }
}
