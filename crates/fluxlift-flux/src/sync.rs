//! What Flux follows, and the changes to it that would take workloads down.

use fluxlift_core::{Explain, Hint};
use fluxlift_kube::Object;
use serde_json::{Value, json};
use thiserror::Error;

use crate::kinds::NAMESPACE;

/// `spec.sync` of a FluxInstance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sync {
    /// The kind of the source.
    pub kind: String,
    /// The repository's address.
    pub url: String,
    /// The full name of the ref, such as `refs/heads/main`.
    pub reference: String,
    /// The folder in the repository.
    pub path: String,
    /// The Secret with the repository's credentials.
    pub pull_secret: Option<String>,
    /// The name of source and root Kustomization; the namespace where none is given.
    pub name: Option<String>,
    /// How often the repository is looked at; every minute where nothing is said.
    pub interval: Option<String>,
    /// Who gives the credentials: a cloud, or the pull secret where nothing is said.
    pub provider: Option<String>,
}

impl Sync {
    /// Follows `path` on `branch` of the Git repository at `url`.
    pub fn git(url: impl Into<String>, branch: &str, path: impl Into<String>) -> Self {
        let reference = if branch.starts_with("refs/") { branch.to_owned() } else { format!("refs/heads/{branch}") };
        Self {
            kind: "GitRepository".to_owned(),
            url: url.into(),
            reference,
            path: path.into(),
            pull_secret: None,
            name: None,
            interval: None,
            provider: None,
        }
    }

    /// The name that source and root Kustomization get.
    pub fn effective_name(&self) -> &str {
        self.name.as_deref().unwrap_or(NAMESPACE)
    }

    /// As the field of the specification.
    pub fn to_json(&self) -> Value {
        let mut sync = json!({"kind": self.kind, "url": self.url, "ref": self.reference, "path": self.path});
        let optional = [
            ("pullSecret", &self.pull_secret),
            ("name", &self.name),
            ("interval", &self.interval),
            ("provider", &self.provider),
        ];
        for (field, value) in optional {
            if let Some(value) = value {
                sync[field] = json!(value);
            }
        }
        sync
    }

    /// Whether a live instance may get this sync.
    ///
    /// # Errors
    /// When the change would rename the root or move it to another folder: what the old root delivered would be pruned.
    pub fn may_replace(&self, live: &Object) -> Result<(), SyncError> {
        let Some(current) = live_sync(live) else { return Ok(()) };
        let name = current["name"].as_str().unwrap_or_else(|| live.namespace().unwrap_or(NAMESPACE));
        if name != self.effective_name() {
            return Err(SyncError::Renamed { live: name.to_owned(), wanted: self.effective_name().to_owned() });
        }
        let text = |field: &str| current[field].as_str().unwrap_or_default().to_owned();
        if text("kind") != self.kind {
            return Err(SyncError::OtherKind { live: text("kind"), wanted: self.kind.clone() });
        }
        if folder(&text("path")) != folder(&self.path) {
            return Err(SyncError::Moved { live: text("path"), wanted: self.path.clone() });
        }
        Ok(())
    }

    /// Whether this sync may take over the root `name`, which applies `path` and prunes.
    ///
    /// # Errors
    /// When root or folder would be another one: the old root would go on, or what only it delivered would be pruned.
    pub fn may_adopt(&self, name: &str, path: &str) -> Result<(), SyncError> {
        if name == self.effective_name() && folder(path) == folder(&self.path) {
            return Ok(());
        }
        Err(SyncError::OtherRoot {
            live: format!("{name} at {path}"),
            wanted: format!("{} at {}", self.effective_name(), self.path),
        })
    }
}

/// The sync that a live instance has.
pub fn live_sync(live: &Object) -> Option<&Value> {
    Some(live.at("/spec/sync")).filter(|sync| sync.is_object())
}

/// A folder without the marks that mean nothing: `./a/b/` is `a/b`.
pub(crate) fn folder(path: &str) -> String {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/")
}

/// A change of a live sync that is refused.
#[derive(Debug, Error)]
pub enum SyncError {
    /// The root would get another name.
    #[error(
        "the live FluxInstance syncs as {live:?} and would be renamed to {wanted:?}, which prunes what it delivered"
    )]
    Renamed {
        /// The name now.
        live: String,
        /// The name asked for.
        wanted: String,
    },
    /// The root would follow another folder.
    #[error("the live FluxInstance follows {live:?} and would be moved to {wanted:?}, which prunes what it delivered")]
    Moved {
        /// The folder now.
        live: String,
        /// The folder asked for.
        wanted: String,
    },
    /// The source would be of another kind.
    #[error("the live FluxInstance follows a {live} and would follow a {wanted}, which replaces its source")]
    OtherKind {
        /// The kind now.
        live: String,
        /// The kind asked for.
        wanted: String,
    },
    /// The root that is to be taken over is another one than the sync would make.
    #[error(
        "the root of this cluster is {live}; a sync called {wanted} would not take it over, and what it delivered could be pruned"
    )]
    OtherRoot {
        /// The root, with its folder.
        live: String,
        /// The sync, with its folder.
        wanted: String,
    },
    /// A root that is not the operator's already reconciles.
    #[error("{root} already reconciles this cluster and does not belong to a FluxInstance")]
    Leftover {
        /// The root.
        root: String,
    },
}

impl Explain for SyncError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Renamed { .. } => vec![Hint::new("keep the sync's name: it cannot be changed on a live instance")],
            Self::Moved { .. } => vec![Hint::new(
                "keep git_path, or first set `prune: false` on the root Kustomization and move it by hand",
            )],
            Self::OtherRoot { .. } => vec![Hint::new("give the sync the name and the folder of that root")],
            Self::OtherKind { .. } => vec![Hint::new("keep the kind of the source")],
            Self::Leftover { .. } => {
                vec![Hint::new("hand it over to the operator with `fluxlift migrate`")]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(sync: Value) -> Object {
        Object::new(json!({"metadata": {"namespace": "flux-system"}, "spec": {"sync": sync}}))
    }

    fn wanted() -> Sync {
        Sync::git("https://example.org/home-ops.git", "main", "kubernetes/clusters/cluster-101")
    }

    #[test]
    fn the_same_folder_spelled_otherwise_is_the_same_folder() {
        let mut sync = wanted().to_json();
        sync["path"] = json!("./kubernetes/clusters/cluster-101/");
        wanted().may_replace(&live(sync)).unwrap();
    }

    #[test]
    fn a_name_that_was_absent_must_not_be_set_to_another() {
        let renamed = Sync { name: Some("home-ops".to_owned()), ..wanted() };
        let error = renamed.may_replace(&live(wanted().to_json())).unwrap_err();
        assert!(matches!(&error, SyncError::Renamed { live, .. } if live == "flux-system"), "{error}");
        let same = Sync { name: Some("flux-system".to_owned()), ..wanted() };
        same.may_replace(&live(wanted().to_json())).unwrap();
    }

    #[test]
    fn another_folder_is_refused_and_another_branch_is_not() {
        let moved = Sync { path: "clusters/b".to_owned(), ..wanted() };
        assert!(matches!(moved.may_replace(&live(wanted().to_json())), Err(SyncError::Moved { .. })));
        let branch = Sync { reference: "refs/heads/next".to_owned(), ..wanted() };
        branch.may_replace(&live(wanted().to_json())).unwrap();
    }

    #[test]
    fn only_the_root_that_the_sync_would_make_is_taken_over() {
        wanted().may_adopt("flux-system", "./kubernetes/clusters/cluster-101").unwrap();
        let refused = |name: &str, path: &str| {
            let error = wanted().may_adopt(name, path).unwrap_err();
            assert!(matches!(error, SyncError::OtherRoot { .. }), "{error}");
        };
        refused("home-ops", "kubernetes/clusters/cluster-101");
        refused("flux-system", "kubernetes/clusters/cluster-102");
    }

    #[test]
    fn an_instance_without_a_sync_takes_any() {
        wanted().may_replace(&live(Value::Null)).unwrap();
    }
}
