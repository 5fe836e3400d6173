//! Typed values out of values of the tree.
//!
//! A value is read as it lies, without a copy in clear, and what does not fit is told by its place and never by itself.

use std::collections::btree_map;
use std::iter::Enumerate;
use std::slice;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::misfit::{Misfit, Step};
use crate::{Number, Value};

/// Reads `value` as a `T`.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Misfit> {
    T::deserialize(Reader(value)).map_err(|misfit| discreet(misfit, value))
}

/// Reads one value. What is unknown reads as null.
#[derive(Clone, Copy)]
struct Reader<'v>(&'v Value);

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null | Value::Unknown => visitor.visit_unit(),
            Value::Bool(yes) => visitor.visit_bool(*yes),
            Value::Number(Number::Int(whole)) => visitor.visit_i64(*whole),
            Value::Number(Number::Float(number)) => visitor.visit_f64(*number),
            Value::String(text) => visitor.visit_str(text),
            Value::List(list) => {
                let mut elements = Elements(list.iter().enumerate());
                let read = visitor.visit_seq(&mut elements)?;
                match elements.0.len() {
                    0 => Ok(read),
                    _ => Err(Misfit::invalid_length(list.len(), &"a shorter list")),
                }
            }
            Value::Map(map) => {
                let read = visitor.visit_map(Entries { rest: map.iter(), at: None });
                read.map_err(|misfit| discreet(misfit, self.0))
            }
            Value::Sensitive(inner) => Reader(inner).deserialize_any(visitor).map_err(Misfit::hidden),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0.unmarked() {
            Value::Null | Value::Unknown => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::String(text) => visitor.visit_enum(Word(text)),
            Value::Map(map) if map.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(Entries { rest: map.iter(), at: None }))
            }
            Value::Sensitive(inner) => Reader(inner).deserialize_enum(name, variants, visitor).map_err(Misfit::hidden),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

/// What may be said of `value`: a type that checks what it has read speaks of it after it was read, and flattened
/// entries are read without their marks and told without their place.
fn discreet(misfit: Misfit, value: &Value) -> Misfit {
    if misfit.is_here() && value.has_sensitive() { misfit.hidden() } else { misfit }
}

/// The rest of a list.
struct Elements<'v>(Enumerate<slice::Iter<'v, Value>>);

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some((index, value)) = self.0.next() else { return Ok(None) };
        let read = seed.deserialize(Reader(value)).map(Some);
        read.map_err(|misfit| discreet(misfit, value).below(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The rest of a map, and the entry whose value is next.
struct Entries<'v> {
    rest: btree_map::Iter<'v, String, Value>,
    at: Option<(&'v String, &'v Value)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        self.at = self.rest.next();
        let Some((key, _)) = self.at else { return Ok(None) };
        let read = seed.deserialize(Reader(&Value::String(key.clone())));
        read.map(Some).map_err(|misfit| misfit.below(Step::Key(key.clone())))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misfit> {
        let Some((key, value)) = self.at.take() else { return Err(Misfit::custom("a value was read before its key")) };
        let read = seed.deserialize(Reader(value));
        read.map_err(|misfit| discreet(misfit, value).below(Step::Key(key.clone())))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A word that names a variant.
struct Word<'v>(&'v str);

impl<'de> EnumAccess<'de> for Word<'_> {
    type Error = Misfit;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Misfit> {
        Ok((seed.deserialize(IntoDeserializer::<Misfit>::into_deserializer(self.0))?, self))
    }
}

impl<'de> VariantAccess<'de> for Word<'_> {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, Misfit> {
        Err(Misfit::invalid_type(Unexpected::Str(self.0), &"a map with the variant's content"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        Err(Misfit::invalid_type(Unexpected::Str(self.0), &visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        Err(Misfit::invalid_type(Unexpected::Str(self.0), &visitor))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::{Secret, Version};

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Trust {
        Pinned,
        FirstUse,
    }

    #[derive(Debug, Deserialize)]
    struct Identity {
        client_key: Secret<String>,
    }

    #[derive(Debug, Deserialize)]
    struct Inputs {
        identities: Vec<Identity>,
        #[serde(default)]
        ports: BTreeMap<String, u16>,
        trust: Option<Trust>,
        version: Option<Version>,
    }

    const HUSH: &str = "hunter2-client_key";

    fn inputs(identity: Value) -> BTreeMap<String, Value> {
        BTreeMap::from([("identities".to_owned(), Value::List(vec![identity]))])
    }

    fn misfit(inputs: BTreeMap<String, Value>) -> String {
        let error = Value::Map(inputs).parse::<Inputs>().unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(!told.contains("hunter2") && !told.contains("4711"), "{told}");
        error.to_string()
    }

    #[test]
    fn a_wrongly_typed_secret_shows_its_place_and_not_its_value() {
        let whole = Value::from(HUSH).sensitive();
        assert_eq!(misfit(inputs(whole)), "identities[0]: expected struct Identity, found a string");
        let number = Value::map([("client_key", Value::from(4711).sensitive())]);
        assert_eq!(misfit(inputs(number)), "identities[0].client_key: expected a string, found a whole number");
        let list = Value::map([("client_key", Value::List(vec![HUSH.into()]))]).sensitive();
        assert_eq!(misfit(inputs(list)), "identities[0].client_key: expected a string, found a list");
    }

    #[test]
    fn words_of_others_about_a_marked_value_are_hidden_because_they_may_quote_it() {
        let good = Value::map([("client_key", HUSH.into())]);
        let mut values = inputs(good);
        values.insert("version".to_owned(), Value::from("hunter2").sensitive());
        assert_eq!(misfit(values.clone()), "version: it is not of the expected form");
        let alone = Value::from("hunter2").sensitive().parse::<Version>().unwrap_err();
        assert_eq!(alone.to_string(), "it is not of the expected form");
        values.insert("version".to_owned(), Value::from("latest"));
        let error = Value::Map(values).parse::<Inputs>().unwrap_err().to_string();
        assert!(error.starts_with("version: ") && error.contains("latest"), "{error}");
    }

    #[test]
    fn what_is_missing_out_of_range_or_no_known_word_is_named_by_its_place() {
        assert_eq!(misfit(inputs(Value::map::<String>([]))), "identities[0].client_key: it is missing");
        let with = |name: &str, value: Value| {
            let mut values = inputs(Value::map([("client_key", HUSH.into())]));
            values.insert(name.to_owned(), value);
            values
        };
        let ports = Value::map([("http", Value::from(471_100))]);
        assert_eq!(misfit(with("ports", ports)), "ports.http: expected u16, found a whole number that is none");
        let trust = misfit(with("trust", "hunter2".into()));
        assert_eq!(trust, "trust: expected one of pinned, first-use, found another word");
    }

    #[test]
    fn what_fits_is_read_as_json_would_be() {
        let mut values = inputs(Value::map([("client_key", Value::from(HUSH).sensitive())]).sensitive());
        values.insert("ports".to_owned(), Value::map([("http", Value::from(80))]));
        values.insert("trust".to_owned(), "first-use".into());
        values.insert("version".to_owned(), Value::Unknown);
        values.insert("nobody-asks".to_owned(), Value::List(vec![1.into()]));
        let read: Inputs = Value::Map(values).parse().unwrap();
        assert_eq!(read.identities[0].client_key.expose(), HUSH);
        assert_eq!(read.ports["http"], 80);
        assert!(matches!(read.trust, Some(Trust::FirstUse)) && read.version.is_none());
        assert!(!matches!(read.trust, Some(Trust::Pinned)));
    }
}
