//! Patches: parts of a configuration that are merged over it, or taken out of it.

use indexmap::IndexMap;

use super::ConfigError;
use super::document::Identity;
use super::merge::{below, merge};
use crate::yaml::Node;

/// A strategic merge patch. It may hold secrets: its `Debug` shows its name only.
#[derive(Clone)]
pub struct Patch {
    name: String,
    steps: Vec<Step>,
}

#[derive(Clone)]
struct Step {
    document: Identity,
    act: Act,
}

#[derive(Clone)]
enum Act {
    /// Take out what lies at `path`; with `item`, the items of the list there that have this key and value.
    Delete { path: Vec<String>, item: Option<(String, Node)> },
    /// Merge this in, or append it where no document matches.
    Merge(Node),
}

impl Patch {
    /// Reads a patch; `name` is how messages call it.
    ///
    /// # Errors
    /// When it is not YAML, is a JSON patch, or deletes something that cannot be named.
    pub fn parse(name: impl Into<String>, text: &str) -> Result<Self, ConfigError> {
        let name = name.into();
        let documents = Node::documents(text).map_err(|source| ConfigError::Yaml { what: name.clone(), source })?;
        Self::of(name, documents)
    }

    /// A patch of documents that are read already.
    ///
    /// # Errors
    /// As [`Patch::parse`].
    pub fn of(name: impl Into<String>, documents: Vec<Node>) -> Result<Self, ConfigError> {
        let name = name.into();
        let mut steps = Vec::new();
        for (index, mut document) in documents.into_iter().enumerate() {
            if is_json_patch(&document) {
                return Err(ConfigError::JsonPatch { patch: name });
            }
            let identity = Identity::of(&document, &name, index + 1)?;
            let mut deletes = Vec::new();
            let gone = take_deletes(&mut document, &mut Vec::new(), &mut deletes, &name)?;
            if gone && identity.kind.is_empty() {
                let problem = "the main document cannot be deleted";
                return Err(ConfigError::Delete { patch: name, path: "its top".to_owned(), problem });
            }
            let only_deletes = !deletes.is_empty();
            steps.extend(deletes.into_iter().map(|act| Step { document: identity.clone(), act }));
            let rest = document.as_map().map_or(0, |map| map.keys().filter(|k| !Identity::names(k)).count());
            if !gone && (rest > 0 || !only_deletes) {
                steps.push(Step { document: identity, act: Act::Merge(document) });
            }
        }
        Ok(Self { name, steps })
    }

    /// Applies the patch to `documents`.
    pub(super) fn apply(&self, documents: &mut Vec<Node>) -> Result<(), ConfigError> {
        for step in &self.steps {
            let place = documents.iter().position(|d| Identity::of(d, &self.name, 0).as_ref() == Ok(&step.document));
            match (&step.act, place) {
                (Act::Merge(patch), Some(at)) => merge(&mut documents[at], patch, &step.document.kind, &self.name)?,
                (Act::Merge(patch), None) => documents.push(patch.clone()),
                // What is not there needs no deleting.
                (Act::Delete { .. }, None) => {}
                (Act::Delete { path, item: None }, Some(at)) if path.is_empty() => {
                    documents.remove(at);
                }
                (Act::Delete { path, item }, Some(at)) => delete(&mut documents[at], path, item.as_ref()),
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Patch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Patch({})", self.name)
    }
}

fn is_json_patch(document: &Node) -> bool {
    let operation = |n: &Node| n.at(&["op"]).is_some() && n.at(&["path"]).is_some();
    operation(document) || document.as_list().is_some_and(|items| items.iter().any(operation))
}

fn marks_delete(map: &IndexMap<String, Node>) -> bool {
    map.get("$patch").and_then(Node::as_str) == Some("delete")
}

/// Moves every `$patch: delete` of `node` into `out`; true when `node` itself is to go.
fn take_deletes(node: &mut Node, path: &mut Vec<String>, out: &mut Vec<Act>, name: &str) -> Result<bool, ConfigError> {
    let Node::Map(map) = node else { return Ok(false) };
    if map.contains_key("$patch") {
        if !marks_delete(map) {
            let problem = "only `delete` is known";
            return Err(ConfigError::Delete { patch: name.to_owned(), path: path.join("."), problem });
        }
        out.push(Act::Delete { path: path.clone(), item: None });
        return Ok(true);
    }
    let mut emptied = Vec::new();
    for (key, value) in map.iter_mut() {
        path.push(key.clone());
        let gone = match value {
            Node::List(items) => take_items(items, path, out, name)?,
            value => {
                let had = value.as_map().is_some_and(|m| !m.is_empty());
                take_deletes(value, path, out, name)? || (had && value.as_map().is_some_and(IndexMap::is_empty))
            }
        };
        path.pop();
        if gone {
            emptied.push(key.clone());
        }
    }
    for key in emptied {
        map.shift_remove(&key);
    }
    Ok(false)
}

/// The deletes among a list's items; true when nothing else was in the list.
fn take_items(items: &mut Vec<Node>, path: &[String], out: &mut Vec<Act>, name: &str) -> Result<bool, ConfigError> {
    let before = items.len();
    let mut kept = Vec::with_capacity(before);
    for item in items.drain(..) {
        match item.as_map() {
            Some(map) if marks_delete(map) => {
                let Some((key, value)) = map.iter().find(|(key, _)| *key != "$patch") else {
                    let problem = "an item needs a key that tells which one is meant";
                    return Err(ConfigError::Delete { patch: name.to_owned(), path: path.join("."), problem });
                };
                out.push(Act::Delete { path: path.to_vec(), item: Some((key.clone(), value.clone())) });
            }
            Some(map) if map.values().any(|v| v.as_map().is_some_and(marks_delete)) => {
                let problem = "keys inside the items of a list cannot be deleted";
                return Err(ConfigError::Delete { patch: name.to_owned(), path: below(&path.join("."), "*"), problem });
            }
            _ => kept.push(item),
        }
    }
    *items = kept;
    Ok(before > 0 && items.is_empty())
}

fn delete(document: &mut Node, path: &[String], item: Option<&(String, Node)>) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut place = document;
    for key in parents {
        let Node::Map(map) = place else { return };
        let Some(next) = map.get_mut(key) else { return };
        place = next;
    }
    let Node::Map(map) = place else { return };
    match (item, map.get_mut(last)) {
        (None, _) => {
            map.shift_remove(last);
        }
        (Some((key, value)), Some(Node::List(items))) => items.retain(|i| i.at(&[key]) != Some(value)),
        (Some(_), _) => {}
    }
}
