//! Reading: documents whose mappings keep their order.

use std::fmt;

use fluxlift_core::{Number, Value};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// Text that is not YAML. The message holds the place, never the text.
#[derive(Debug, thiserror::Error)]
#[error("it is not YAML{}", at(.0))]
pub(crate) struct YamlError(Option<(u64, u64)>);

fn at(place: &Option<(u64, u64)>) -> String {
    place.map_or_else(String::new, |(line, column)| format!(" (line {line}, column {column})"))
}

/// A document whose mappings keep their order, as SOPS needs it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Doc {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Doc>),
    Map(Vec<(String, Doc)>),
}

impl Doc {
    /// The entry `key` of a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(s) => Some(s),
            _ => None,
        }
    }

    /// As a value; of equal keys the last wins.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(b),
            Self::Number(n) => Value::Number(n),
            Self::String(s) => Value::String(s),
            Self::List(list) => Value::List(list.into_iter().map(Self::into_value).collect()),
            Self::Map(map) => Value::map(map.into_iter().map(|(k, v)| (k, v.into_value()))),
        }
    }
}

/// Reads a document; JSON is YAML too.
pub(crate) fn document(text: &str) -> Result<Doc, YamlError> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| YamlError(error.location().map(|place| (place.line(), place.column()))))
}

/// Reads a value.
pub(crate) fn decode(text: &str) -> Result<Value, YamlError> {
    document(text).map(Doc::into_value)
}

impl<'de> Deserialize<'de> for Doc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocVisitor)
    }
}

struct DocVisitor;

impl<'de> Visitor<'de> for DocVisitor {
    type Value = Doc;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Doc, E> {
        Ok(Doc::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Doc, E> {
        Ok(Doc::Number(Number::Int(v)))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers beyond 2^63 become doubles, as in Value")]
    fn visit_u64<E>(self, v: u64) -> Result<Doc, E> {
        Ok(Doc::Number(i64::try_from(v).map_or(Number::Float(v as f64), Number::Int)))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Doc, E> {
        Ok(Doc::Number(Number::from(v)))
    }

    fn visit_str<E>(self, v: &str) -> Result<Doc, E> {
        Ok(Doc::String(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<Doc, E> {
        Ok(Doc::String(v))
    }

    fn visit_unit<E>(self) -> Result<Doc, E> {
        Ok(Doc::Null)
    }

    fn visit_none<E>(self) -> Result<Doc, E> {
        Ok(Doc::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Doc, D::Error> {
        Doc::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Doc, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Doc::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Doc, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<Doc, Doc>()? {
            let key = match key {
                Doc::String(s) => s,
                Doc::Number(n) => n.to_string(),
                Doc::Bool(b) => b.to_string(),
                _ => return Err(serde::de::Error::custom("a key must be a string")),
            };
            entries.push((key, value));
        }
        Ok(Doc::Map(entries))
    }
}
