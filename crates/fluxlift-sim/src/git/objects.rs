//! The objects of a repository.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_net::git::{Kind, Oid};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An object's content, shared between the copies of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its content.
    pub content: Arc<[u8]>,
}

/// Objects by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Objects(BTreeMap<Oid, Object>);

impl Objects {
    /// Keeps an object and gives its name.
    pub fn put(&mut self, kind: Kind, content: &[u8]) -> Oid {
        let oid = Oid::of(kind, content);
        self.0.entry(oid).or_insert_with(|| Object { kind, content: content.into() });
        oid
    }

    /// The object `oid`.
    pub fn get(&self, oid: &Oid) -> Option<&Object> {
        self.0.get(oid)
    }

    /// The content of the object `oid`, if it is of this kind.
    pub fn content(&self, kind: Kind, oid: &Oid) -> Option<&Arc<[u8]>> {
        self.0.get(oid).filter(|object| object.kind == kind).map(|object| &object.content)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (self.kind, STANDARD.encode(&self.content)).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (kind, text) = <(Kind, String)>::deserialize(from)?;
        let content = STANDARD.decode(text).map_err(D::Error::custom)?;
        Ok(Self { kind, content: content.into() })
    }
}
