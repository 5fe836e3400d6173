//! What a release needs of a cluster.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use fluxlift_core::{ErrorKind, Explain, Hint};
use serde_json::Value;

use crate::manifest::ObjectId;

/// The few requests that a release is made of. Objects are JSON as the API has them.
///
/// Every request may be made again when its answer was lost: a `create` or `update` that then meets its own first try
/// is recognised by what is stored.
#[async_trait]
pub trait ReleaseCluster: Send + Sync {
    /// Whether objects of this kind live in a namespace; `None` when the cluster does not serve the kind.
    async fn is_namespaced(&self, api_version: &str, kind: &str) -> Result<Option<bool>, ClusterError>;

    /// The object, or `None` when there is none, or its kind is not served.
    async fn get(&self, id: &ObjectId) -> Result<Option<Value>, ClusterError>;

    /// The Secrets of a namespace that a label selector selects; none when the namespace does not exist.
    async fn secrets(&self, namespace: &str, labels: &str) -> Result<Vec<Value>, ClusterError>;

    /// Creates the object; a [conflict](ClusterError::is_conflict) when the name is taken.
    async fn create(&self, object: &Value) -> Result<Value, ClusterError>;

    /// Writes the object over the one with the same name; a conflict when that is not at the `resourceVersion` that
    /// the new one carries.
    async fn update(&self, object: &Value) -> Result<Value, ClusterError>;

    /// Makes the object's fields so by server-side apply, taking them over from others.
    async fn apply(&self, object: &Value) -> Result<Value, ClusterError>;

    /// Asks for the deletion of the object, if it still has this UID. `false` when it was not there.
    async fn delete(&self, id: &ObjectId, uid: &str) -> Result<bool, ClusterError>;
}

/// A request that failed: the error of whoever made it, and whether it was a conflict.
#[derive(Debug)]
pub struct ClusterError {
    conflict: bool,
    inner: Box<dyn Explain>,
}

impl ClusterError {
    /// A failed request.
    pub fn new(inner: impl Explain) -> Self {
        Self { conflict: false, inner: Box::new(inner) }
    }

    /// A request that somebody else's write got in the way of.
    pub fn conflict(inner: impl Explain) -> Self {
        Self { conflict: true, inner: Box::new(inner) }
    }

    /// Whether somebody else's write got in the way.
    pub const fn is_conflict(&self) -> bool {
        self.conflict
    }
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Error for ClusterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.source()
    }
}

impl Explain for ClusterError {
    fn kind(&self) -> ErrorKind {
        self.inner.kind()
    }

    fn hints(&self) -> Vec<Hint> {
        self.inner.hints()
    }
}
