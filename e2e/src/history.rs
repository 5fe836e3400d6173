//! Everything that happened, read from etcd's own history: every revision of every object, in order.
//!
//! The API server keeps each object under `/registry/<group>/<plural>/<namespace>/<name>`, as JSON. etcd's revision is the
//! object's resourceVersion, and the one order that everybody agrees on.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::LabError;
use crate::etcd_watch::{self, EtcdWatch};

/// How long reading all of it may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What happened to one object at one revision.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Happening {
    /// etcd's revision, which is the resourceVersion.
    pub revision: u64,
    /// The key below `/registry/`.
    pub key: String,
    /// Whether this revision created it.
    pub created: bool,
    /// The object; `None` where it was deleted.
    pub object: Option<Value>,
}

/// What there is at one revision, by key.
pub type Scene<'a> = BTreeMap<&'a str, &'a Happening>;

/// All that happened, in order.
#[derive(Debug, Clone, Default)]
pub struct History {
    happenings: Vec<Happening>,
}

impl History {
    /// Reads it from the first revision to the latest.
    ///
    /// # Errors
    /// When etcd does not answer, or not as it should.
    pub async fn read(etcd: SocketAddr) -> Result<Self, LabError> {
        let latest = etcd_watch::latest(etcd).await?;
        let whole = async {
            let (mut watch, mut happenings) = (EtcdWatch::open(etcd).await?, Vec::new());
            while happenings.last().is_none_or(|last: &Happening| last.revision < latest) {
                happenings.push(watch.next().await?);
            }
            Ok(Self { happenings })
        };
        let read = tokio::time::timeout(LIMIT, whole).await;
        read.map_err(|_| LabError::Unexpected("etcd's history did not come to its end in time".to_owned()))?
    }

    /// These, which are in order.
    pub const fn new(happenings: Vec<Happening>) -> Self {
        Self { happenings }
    }

    /// What there is at its end.
    pub fn now(&self) -> Scene<'_> {
        self.at(u64::MAX)
    }

    /// What there was at `revision`.
    pub fn at(&self, revision: u64) -> Scene<'_> {
        let mut scene = Scene::new();
        self.until(revision).iter().for_each(|happening| happening.take_place(&mut scene));
        scene
    }

    /// Whether it ever was so, from one revision to another.
    pub fn ever(&self, (from, to): (u64, u64), mut so: impl FnMut(&Scene<'_>) -> bool) -> bool {
        let mut scene = self.at(from);
        let later = &self.until(to.max(from))[self.until(from).len()..];
        so(&scene)
            || later.iter().any(|happening| {
                happening.take_place(&mut scene);
                so(&scene)
            })
    }

    fn until(&self, revision: u64) -> &[Happening] {
        &self.happenings[..self.happenings.partition_point(|happening| happening.revision <= revision)]
    }

    /// The latest revision.
    pub fn latest(&self) -> u64 {
        self.happenings.last().map_or(0, |last| last.revision)
    }

    /// What happened to objects whose key starts with `prefix`, such as `helm.toolkit.fluxcd.io/helmreleases/`.
    pub fn of<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Happening> {
        self.happenings.iter().filter(move |happening| happening.key.starts_with(prefix))
    }

    /// How many revisions there are.
    pub fn len(&self) -> usize {
        self.happenings.len()
    }

    /// Whether nothing ever happened.
    pub fn is_empty(&self) -> bool {
        self.happenings.is_empty()
    }
}

/// Makes etcd forget what happened so far, as its compaction does every few minutes in a cluster.
///
/// # Errors
/// When etcd does not answer, or not as it should.
pub async fn forget(etcd: SocketAddr) -> Result<(), LabError> {
    etcd_watch::compact(etcd).await
}

impl Happening {
    /// Makes it so in `scene`.
    fn take_place<'a>(&'a self, scene: &mut Scene<'a>) {
        match self.object {
            Some(_) => scene.insert(&self.key, self),
            None => scene.remove(self.key.as_str()),
        };
    }

    /// The value at a JSON pointer, as text.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.object.as_ref()?.pointer(pointer)?.as_str()
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.object.as_ref()?.pointer("/metadata/labels")?.get(name)?.as_str()
    }

    /// The value of an annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.object.as_ref()?.pointer("/metadata/annotations")?.get(name)?.as_str()
    }
}
