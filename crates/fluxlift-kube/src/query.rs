//! What to observe, and what was seen.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::{Kind, Object, ObjectRef};

/// Which objects: one by name, or all that a namespace and labels select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The kind.
    pub kind: Kind,
    /// Only in this namespace.
    pub namespace: Option<String>,
    /// Only the one of this name.
    pub name: Option<String>,
    /// Only those with these labels, in the API's own syntax: `app=helm-controller`.
    pub labels: Option<String>,
}

impl Query {
    /// All objects of `kind`.
    pub const fn all(kind: Kind) -> Self {
        Self { kind, namespace: None, name: None, labels: None }
    }

    /// Only those in `namespace`.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Only those with `labels`.
    #[must_use]
    pub fn labelled(mut self, labels: impl Into<String>) -> Self {
        self.labels = Some(labels.into());
        self
    }

    /// The field selector, where one is needed.
    pub(crate) fn fields(&self) -> Option<String> {
        self.name.as_ref().map(|name| format!("metadata.name={name}"))
    }
}

impl From<ObjectRef> for Query {
    fn from(target: ObjectRef) -> Self {
        Self { kind: target.kind, namespace: target.namespace, name: Some(target.name), labels: None }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.namespace, &self.name) {
            (Some(namespace), Some(name)) => write!(f, "{}/{namespace}/{name}", self.kind.word()),
            (None, Some(name)) => write!(f, "{}/{name}", self.kind.word()),
            (Some(namespace), None) => write!(f, "{} in {namespace}", self.kind.plural()),
            (None, None) => f.write_str(self.kind.plural()),
        }
    }
}

/// Where an object is in a collection. Namespaces come in order, then names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The namespace; `None` for objects of the cluster.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl Key {
    /// The key of `object`.
    pub fn of(object: &Object) -> Self {
        Self { namespace: object.namespace().map(str::to_owned), name: object.name().to_owned() }
    }
}

/// Objects as they were seen together. Cloning it is cheap, and so is comparing it with its clones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Collection(Arc<BTreeMap<Key, Arc<Object>>>);

impl Collection {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All, by namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.0.values().map(AsRef::as_ref)
    }

    /// The one of that place and name.
    pub fn get(&self, namespace: Option<&str>, name: &str) -> Option<&Object> {
        let key = Key { namespace: namespace.map(str::to_owned), name: name.to_owned() };
        self.0.get(&key).map(AsRef::as_ref)
    }

    /// The first, where a name selected at most one.
    pub fn only(&self) -> Option<&Object> {
        self.iter().next()
    }

    pub(crate) fn put(&mut self, object: Object) {
        Arc::make_mut(&mut self.0).insert(Key::of(&object), Arc::new(object));
    }

    pub(crate) fn remove(&mut self, object: &Object) {
        Arc::make_mut(&mut self.0).remove(&Key::of(object));
    }
}

impl FromIterator<Object> for Collection {
    fn from_iter<I: IntoIterator<Item = Object>>(objects: I) -> Self {
        let mut collection = Self::default();
        objects.into_iter().for_each(|object| collection.put(object));
        collection
    }
}
