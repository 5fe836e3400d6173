//! Under whose name snapshots are kept in a repository.

use serde_json::Value;

use crate::controllers::object::{some_text, text};

/// The identity under which a source writes: its own name at its namespace, unless it names another.
pub fn of_source(source: &Value) -> String {
    named(source).unwrap_or_else(|| own(source))
}

/// The identity that a destination restores: the one that it names, that of the source that it names, or its own.
pub fn of_destination(destination: &Value) -> String {
    let source = || {
        let name = some_text(destination, "/spec/kopia/sourceIdentity/sourceName")?;
        let namespace = some_text(destination, "/spec/kopia/sourceIdentity/sourceNamespace");
        Some(format!("{name}@{}", namespace.unwrap_or_else(|| text(destination, "/metadata/namespace"))))
    };
    named(destination).or_else(source).unwrap_or_else(|| own(destination))
}

fn named(object: &Value) -> Option<String> {
    Some(format!("{}@{}", some_text(object, "/spec/kopia/username")?, some_text(object, "/spec/kopia/hostname")?))
}

fn own(object: &Value) -> String {
    format!("{}@{}", text(object, "/metadata/name"), text(object, "/metadata/namespace"))
}
