//! Writing revisions.

use serde_json::Value;

use super::{Action, ActionError, ClusterError};
use crate::manifest::ObjectId;
use crate::release::{NewRelease, Release, ReleaseError, Status, StoredRelease, secret_name};

impl Action<'_> {
    /// Stores a new revision. Somebody else's revision of the same number is a race that we lost.
    pub(super) async fn store(&self, new: &NewRelease<'_>) -> Result<StoredRelease, ActionError> {
        let release = format!("{}/{}", new.namespace, new.name);
        let history = |source| ActionError::History { release: release.clone(), source };
        let secret = Release::new(new).to_secret(new.now).map_err(history)?;
        let written = self.cluster.create(&secret).await;
        let written = self.settle(&secret, written).await;
        let written = written.map_err(|source| write_failed(&release, "storing the revision", source))?;
        read_back(&secret, &written).map_err(history)
    }

    /// Gives a stored revision another status, if nobody else has written it meanwhile.
    pub(super) async fn mark(
        &self,
        stored: &StoredRelease,
        status: Status,
        description: &str,
    ) -> Result<StoredRelease, ActionError> {
        let release = title(&stored.release);
        let history = |source| ActionError::History { release: release.clone(), source };
        let secret = stored.to_secret(status, description, self.clock.now()).map_err(history)?;
        let written = self.cluster.update(&secret).await;
        let written = self.settle(&secret, written).await;
        let doing = format!("marking revision {} as {status}", stored.release.revision());
        let written = written.map_err(|source| write_failed(&release, &doing, source))?;
        read_back(&secret, &written).map_err(history)
    }

    /// A conflict with ourselves is none: when an answer was lost and the write was made again, what is stored is what
    /// was sent.
    async fn settle(&self, sent: &Value, written: Result<Value, ClusterError>) -> Result<Value, ClusterError> {
        let Err(conflict) = written else { return written };
        if !conflict.is_conflict() {
            return Err(conflict);
        }
        let same = |stored: &Value| {
            stored["data"] == sent["data"] && stored["metadata"]["labels"] == sent["metadata"]["labels"]
        };
        let text = |field: &str| sent["metadata"][field].as_str().unwrap_or_default();
        let stored = self.cluster.get(&record(text("namespace"), text("name"))).await?;
        stored.filter(same).ok_or(conflict)
    }

    /// Removes a stored revision.
    pub(super) async fn forget(&self, stored: &StoredRelease) -> Result<(), ActionError> {
        let (name, revision) = (stored.release.name(), stored.release.revision());
        let id = record(stored.release.namespace(), &secret_name(name, revision));
        let deleted = self.cluster.delete(&id, &stored.uid).await;
        let doing = format!("removing the record of revision {revision}");
        deleted.map(drop).map_err(|source| write_failed(&title(&stored.release), &doing, source))
    }
}

/// `namespace/name` of a release.
pub(super) fn title(release: &Release) -> String {
    format!("{}/{}", release.namespace(), release.name())
}

fn record(namespace: &str, name: &str) -> ObjectId {
    ObjectId {
        api_version: "v1".to_owned(),
        kind: "Secret".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    }
}

fn write_failed(release: &str, doing: &str, source: ClusterError) -> ActionError {
    let release = release.to_owned();
    if source.is_conflict() {
        ActionError::Raced { release, source }
    } else {
        ActionError::Cluster { release, doing: doing.to_owned(), source }
    }
}

/// What was written, with the resourceVersion that it got. The content is ours even where the answer leaves it out.
fn read_back(sent: &Value, answer: &Value) -> Result<StoredRelease, ReleaseError> {
    let mut secret = sent.clone();
    for field in ["resourceVersion", "uid"] {
        secret["metadata"][field] = answer["metadata"][field].clone();
    }
    StoredRelease::from_secret(&secret)
}
