//! Merging one document into another, as `talosctl machineconfig patch` does.
//!
//! Without the schema one thing cannot be told: a number or a text that Talos keeps behind a pointer may be patched to
//! zero there, and is left alone here.

use indexmap::IndexMap;

use super::ConfigError;
use super::rules::{Rule, rule};
use crate::yaml::Node;

/// Merges `patch` into `into`; `kind` is the document's, `name` the patch's for messages.
pub(super) fn merge(into: &mut Node, patch: &Node, kind: &str, name: &str) -> Result<(), ConfigError> {
    Merge { kind, name }.node(into, patch, "")
}

struct Merge<'a> {
    kind: &'a str,
    name: &'a str,
}

impl Merge<'_> {
    fn node(&self, left: &mut Node, right: &Node, path: &str) -> Result<(), ConfigError> {
        let rule = rule(self.kind, path);
        match (left, right) {
            (_, Node::Null) => {}
            (left @ Node::Null, right) => *left = right.clone(),
            (left, right) if rule == Rule::Replace => *left = right.clone(),
            (Node::Map(left), Node::Map(right)) => self.mapping(left, right, path)?,
            (Node::List(left), Node::List(right)) => self.list(left, right, rule, path)?,
            (left, right) if is_scalar(left) && is_scalar(right) => {
                if !is_zero(right) {
                    *left = right.clone();
                }
            }
            (left, right) => {
                return Err(ConfigError::Clash {
                    patch: self.name.to_owned(),
                    path: path.to_owned(),
                    given: right.kind(),
                    there: left.kind(),
                });
            }
        }
        Ok(())
    }

    fn mapping(
        &self,
        left: &mut IndexMap<String, Node>,
        right: &IndexMap<String, Node>,
        path: &str,
    ) -> Result<(), ConfigError> {
        for (key, value) in right {
            match left.get_mut(key) {
                Some(there) => self.node(there, value, &below(path, key))?,
                None if *value == Node::Null => {}
                None => {
                    left.insert(key.clone(), value.clone());
                }
            }
        }
        Ok(())
    }

    fn list(&self, left: &mut Vec<Node>, right: &[Node], rule: Rule, path: &str) -> Result<(), ConfigError> {
        for item in right {
            let twin = match rule {
                Rule::MergeBy(keys) => left.iter_mut().find(|there| agree(there, item, keys)),
                Rule::Usual | Rule::Replace => None,
            };
            match twin {
                Some(there) => self.node(there, item, &below(path, "*"))?,
                None => left.push(item.clone()),
            }
        }
        Ok(())
    }
}

/// Whether two items are the same thing: they agree on the first key that the new one has.
fn agree(there: &Node, new: &Node, keys: &[&str]) -> bool {
    let picks = keys.iter().find_map(|key| new.at(&[key]).map(|value| (key, value)));
    picks.is_some_and(|(key, value)| {
        // Talos compares selectors by pointer where they say `physical`: such interfaces never merge, not even here.
        there.at(&[key]) == Some(value) && value.at(&["physical"]).is_none()
    })
}

pub(super) fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

const fn is_scalar(node: &Node) -> bool {
    !matches!(node, Node::Map(_) | Node::List(_))
}

/// The zero of a scalar's type says nothing in a patch. `false` does.
fn is_zero(node: &Node) -> bool {
    match node {
        Node::String(s) => s.is_empty(),
        Node::Int(i) => *i == 0,
        Node::Float(x) => *x == 0.0,
        _ => false,
    }
}
