//! A repository: commits of whole folders, and refs to them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use fluxlift_core::Timestamp;
use fluxlift_net::git::object::{self, TreeEntry, tree_content};
use fluxlift_net::git::{EntryKind, Kind, Oid};
use serde::{Deserialize, Serialize};

use crate::git::objects::Objects;

/// Who makes the commits.
const AUTHOR: &str = "Simulated Author <author@example.invalid>";

/// Files by path, `/` between the parts.
pub type Files = BTreeMap<String, Arc<[u8]>>;

/// A repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitRepo {
    pub(crate) objects: Objects,
    /// Full ref and commit.
    pub(crate) refs: BTreeMap<String, Oid>,
    /// The token that a client must show, for a private repository.
    pub token: Option<String>,
}

/// A commit as Flux names it: `main@sha1:<commit>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The branch or tag, without `refs/heads/`.
    pub name: String,
    /// The commit.
    pub commit: Oid,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@sha1:{}", self.name, self.commit)
    }
}

impl GitRepo {
    /// A repository whose branch `main` holds `files`.
    pub fn from_files<P, C>(files: impl IntoIterator<Item = (P, C)>, at: Timestamp) -> Self
    where
        P: Into<String>,
        C: AsRef<[u8]>,
    {
        let mut repo = Self::default();
        repo.commit("main", files, "Describe the cluster", at);
        repo
    }

    /// Makes `files` (all of them: the commit's whole content) the new head of `branch`.
    pub fn commit<P, C>(
        &mut self,
        branch: &str,
        files: impl IntoIterator<Item = (P, C)>,
        message: &str,
        at: Timestamp,
    ) -> Oid
    where
        P: Into<String>,
        C: AsRef<[u8]>,
    {
        let mut root = Folder::default();
        for (path, content) in files {
            let blob = self.objects.put(Kind::Blob, content.as_ref());
            root.insert(&path.into(), blob);
        }
        let tree = root.store(&mut self.objects);
        let full_ref = format!("refs/heads/{branch}");
        let parent = self.refs.get(&full_ref).map(|oid| format!("parent {oid}\n")).unwrap_or_default();
        let moment = format!("{} +0000", at.as_second());
        let commit =
            format!("tree {tree}\n{parent}author {AUTHOR} {moment}\ncommitter {AUTHOR} {moment}\n\n{message}\n");
        let commit = self.objects.put(Kind::Commit, commit.as_bytes());
        self.refs.insert(full_ref, commit);
        commit
    }

    /// Points `full_ref`, such as `refs/tags/v1`, at a commit.
    pub fn point(&mut self, full_ref: &str, at: Oid) {
        self.refs.insert(full_ref.to_owned(), at);
    }

    /// The commit of a branch, a tag or a full ref; an annotated tag is followed.
    pub fn head(&self, name: &str) -> Option<Oid> {
        let candidates = [name.to_owned(), format!("refs/heads/{name}"), format!("refs/tags/{name}")];
        let oid = candidates.iter().find_map(|full| self.refs.get(full))?;
        match self.objects.content(Kind::Tag, oid) {
            Some(tag) => object::header(tag, "object").next(),
            None => Some(*oid),
        }
    }

    /// The branch's, tag's or ref's commit, as Flux names it.
    pub fn revision(&self, name: &str) -> Option<Revision> {
        let commit = self.head(name)?;
        let short = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name);
        Some(Revision { name: short.to_owned(), commit })
    }

    /// All files of a commit; `None` when there is no such commit.
    pub fn files_at(&self, commit: &Oid) -> Option<Files> {
        let content = self.objects.content(Kind::Commit, commit)?;
        let mut files = Files::new();
        self.collect(&object::header(content, "tree").next()?, "", &mut files)?;
        Some(files)
    }

    fn collect(&self, tree: &Oid, folder: &str, files: &mut Files) -> Option<()> {
        for entry in object::tree(self.objects.content(Kind::Tree, tree)?)? {
            let path = format!("{folder}{}", entry.name);
            match entry.kind() {
                EntryKind::Folder => self.collect(&entry.oid, &format!("{path}/"), files)?,
                EntryKind::File => {
                    files.insert(path, Arc::clone(self.objects.content(Kind::Blob, &entry.oid)?));
                }
                EntryKind::Submodule => {}
            }
        }
        Some(())
    }

    /// The branch that `HEAD` stands for.
    pub(crate) fn default_branch(&self) -> Option<(&str, Oid)> {
        let main = self.refs.get_key_value("refs/heads/main");
        let first = || self.refs.iter().find(|(name, _)| name.starts_with("refs/heads/"));
        main.or_else(first).map(|(name, oid)| (name.as_str(), *oid))
    }
}

/// A folder that is being put together.
#[derive(Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    files: BTreeMap<String, Oid>,
}

impl Folder {
    fn insert(&mut self, path: &str, blob: Oid) {
        match path.trim_start_matches('/').split_once('/') {
            Some((folder, rest)) => self.folders.entry(folder.to_owned()).or_default().insert(rest, blob),
            None => {
                self.files.insert(path.to_owned(), blob);
            }
        }
    }

    fn store(self, objects: &mut Objects) -> Oid {
        let entry = |mode: &str, name, oid| TreeEntry { mode: mode.to_owned(), name, oid };
        let mut entries: Vec<TreeEntry> =
            self.files.into_iter().map(|(name, oid)| entry("100644", name, oid)).collect();
        for (name, folder) in self.folders {
            let oid = folder.store(objects);
            entries.push(entry("40000", name, oid));
        }
        objects.put(Kind::Tree, &tree_content(entries))
    }
}
