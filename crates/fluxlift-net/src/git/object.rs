//! Git's objects: names, kinds, and what is in a tree, a commit and a tag.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use thiserror::Error;

/// An object's name: the SHA-1 of its header and content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Oid([u8; 20]);

/// Text that is not an object's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a Git object name")]
pub struct OidError;

impl Oid {
    /// The name of an object of this kind and content.
    pub fn of(kind: Kind, content: &[u8]) -> Self {
        let mut hash = Sha1::new();
        hash.update(format!("{} {}\0", kind.word(), content.len()));
        hash.update(content);
        Self(hash.finalize().into())
    }

    /// The name in 20 bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Its 20 bytes.
    pub const fn bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Oid {
    type Err = OidError;

    fn from_str(text: &str) -> Result<Self, OidError> {
        if text.len() != 40 || !text.is_ascii() {
            return Err(OidError);
        }
        let mut bytes = [0; 20];
        for (n, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * n..2 * n + 2], 16).map_err(|_| OidError)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Oid {
    type Error = OidError;

    fn try_from(text: String) -> Result<Self, OidError> {
        text.parse()
    }
}

impl From<Oid> for String {
    fn from(oid: Oid) -> Self {
        oid.to_string()
    }
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A commit.
    Commit,
    /// A folder.
    Tree,
    /// A file's content.
    Blob,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// The word in the object's header.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }
}

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A file or a symbolic link.
    File,
    /// Another repository.
    Submodule,
}

/// An entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Its mode, in octal as text: `100644`, `40000`.
    pub mode: String,
    /// Its name.
    pub name: String,
    /// Its object.
    pub oid: Oid,
}

impl TreeEntry {
    /// What it is.
    pub fn kind(&self) -> EntryKind {
        match self.mode.as_str() {
            "40000" | "040000" => EntryKind::Folder,
            "160000" => EntryKind::Submodule,
            _ => EntryKind::File,
        }
    }
}

/// The entries of a tree's content; `None` when it is not a tree.
pub fn tree(mut content: &[u8]) -> Option<Vec<TreeEntry>> {
    let mut entries = Vec::new();
    while !content.is_empty() {
        let space = content.iter().position(|b| *b == b' ')?;
        let end = content.iter().position(|b| *b == 0)?;
        let mode = std::str::from_utf8(content.get(..space)?).ok()?.to_owned();
        let name = String::from_utf8_lossy(content.get(space + 1..end)?).into_owned();
        let oid = Oid(content.get(end + 1..end + 21)?.try_into().ok()?);
        entries.push(TreeEntry { mode, name, oid });
        content = content.get(end + 21..)?;
    }
    Some(entries)
}

/// The content of a tree with these entries, in Git's own order: folders sort as if their names ended in `/`.
pub fn tree_content(mut entries: Vec<TreeEntry>) -> Vec<u8> {
    let key = |entry: &TreeEntry| {
        if entry.kind() == EntryKind::Folder { format!("{}/", entry.name) } else { entry.name.clone() }
    };
    entries.sort_by_key(key);
    let mut content = Vec::new();
    for entry in entries {
        content.extend_from_slice(entry.mode.as_bytes());
        content.push(b' ');
        content.extend_from_slice(entry.name.as_bytes());
        content.push(0);
        content.extend_from_slice(entry.oid.bytes());
    }
    content
}

/// The object that a header line of a commit or tag names: `tree`, `parent` or `object`.
pub fn header<'a>(content: &'a [u8], key: &'a str) -> impl Iterator<Item = Oid> + 'a {
    let head = content.split(|b| *b == b'\n').take_while(|line| !line.is_empty());
    head.filter_map(move |line| {
        let (word, value) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        if word == key { value.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_git_computes() {
        assert_eq!(Oid::of(Kind::Blob, b"hello\n").to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
        assert_eq!(Oid::of(Kind::Tree, b"").to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    }

    #[test]
    fn a_tree_is_read_as_it_was_written_with_folders_sorted_as_git_does() {
        let oid = Oid::of(Kind::Blob, b"x");
        let entry = |mode: &str, name: &str| TreeEntry { mode: mode.into(), name: name.into(), oid };
        let content = tree_content(vec![entry("40000", "a"), entry("100644", "a.b"), entry("100644", "a0")]);
        let names: Vec<String> = tree(&content).unwrap().into_iter().map(|e| e.name).collect();
        assert_eq!(names, ["a.b", "a", "a0"]);
        assert_eq!(tree(b"100644 cut"), None);
    }

    #[test]
    fn header_lines_end_where_the_message_begins() {
        let oid = Oid::of(Kind::Tree, b"");
        let content = format!("tree {oid}\nparent {oid}\nparent {oid}\n\ntree {oid}\n");
        assert_eq!(header(content.as_bytes(), "parent").count(), 2);
        assert_eq!(header(content.as_bytes(), "tree").count(), 1);
    }
}
