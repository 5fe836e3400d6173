//! The values of the tree: what HCL evaluates to, what units take and give.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;

use crate::Misfit;
use crate::reader;

/// A value of the tree.
///
/// [`Value::Sensitive`] marks what must stay hidden: the mark survives every operation, `Debug` and
/// [`Value::redacted`] hide what is under it, and only [`Value::reveal`] and [`Value::parse`] look inside.
/// [`Value::Unknown`] is an output that is not known before its unit is applied.
#[derive(Clone, PartialEq, Default)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    String(String),
    /// A list or tuple.
    List(Vec<Value>),
    /// A map or object; it iterates in key order.
    Map(BTreeMap<String, Value>),
    /// A value that must not be shown.
    Sensitive(Box<Value>),
    /// Not known yet.
    Unknown,
}

/// A number: whole where it can be, else a double.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number.
    Int(i64),
    /// Any other.
    Float(f64),
}

impl Number {
    /// As a double.
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::Int(i) => i as f64,
            Self::Float(f) => f,
        }
    }

    /// As a whole number, if it is one.
    pub const fn as_i64(self) -> Option<i64> {
        match self {
            Self::Int(i) => Some(i),
            Self::Float(_) => None,
        }
    }
}

impl From<f64> for Number {
    fn from(f: f64) -> Self {
        if f.fract() == 0.0 && f.abs() < 9.0e15 { Self::Int(f as i64) } else { Self::Float(f) }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(i) => write!(f, "{i}"),
            Self::Float(x) => write!(f, "{x}"),
        }
    }
}

impl Value {
    /// This value, marked as one that must not be shown. Marking twice is marking once.
    #[must_use]
    pub fn sensitive(self) -> Self {
        match self {
            Self::Sensitive(_) => self,
            other => Self::Sensitive(Box::new(other)),
        }
    }

    /// A map from pairs.
    pub fn map<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(pairs.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    /// The value under the mark, if it is marked.
    pub fn unmarked(&self) -> &Self {
        match self {
            Self::Sensitive(inner) => inner.unmarked(),
            other => other,
        }
    }

    /// Text, marked or not.
    pub fn as_str(&self) -> Option<&str> {
        match self.unmarked() {
            Self::String(s) => Some(s),
            _ => None,
        }
    }

    /// A map, marked or not.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match self.unmarked() {
            Self::Map(m) => Some(m),
            _ => None,
        }
    }

    /// A list, marked or not.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self.unmarked() {
            Self::List(l) => Some(l),
            _ => None,
        }
    }

    /// The entry `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key)
    }

    /// Whether anything in it is not known yet.
    pub fn has_unknown(&self) -> bool {
        self.any(&|v| matches!(v, Self::Unknown))
    }

    /// Whether anything in it must not be shown.
    pub fn has_sensitive(&self) -> bool {
        self.any(&|v| matches!(v, Self::Sensitive(_)))
    }

    fn any(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        test(self)
            || match self {
                Self::List(l) => l.iter().any(|v| v.any(test)),
                Self::Map(m) => m.values().any(|v| v.any(test)),
                Self::Sensitive(inner) => inner.any(test),
                _ => false,
            }
    }

    /// As JSON, with everything marked replaced by `(sensitive)` and everything unknown by `(known after apply)`.
    pub fn redacted(&self) -> serde_json::Value {
        self.json(false)
    }

    /// As JSON in clear. Unknown values become null: ask [`Value::has_unknown`] first.
    pub fn reveal(&self) -> serde_json::Value {
        self.json(true)
    }

    fn json(&self, clear: bool) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Null => Json::Null,
            Self::Bool(b) => Json::Bool(*b),
            Self::Number(Number::Int(i)) => Json::from(*i),
            Self::Number(Number::Float(f)) => Json::from(*f),
            Self::String(s) => Json::String(s.clone()),
            Self::List(l) => l.iter().map(|v| v.json(clear)).collect(),
            Self::Map(m) => Json::Object(m.iter().map(|(k, v)| (k.clone(), v.json(clear))).collect()),
            Self::Sensitive(inner) if clear => inner.json(true),
            Self::Sensitive(_) => Json::from("(sensitive)"),
            Self::Unknown if clear => Json::Null,
            Self::Unknown => Json::from("(known after apply)"),
        }
    }

    /// Parses the clear value into a typed one, as a unit does with its inputs.
    ///
    /// # Errors
    /// When the shape does not fit; the message names the place, never a value.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Misfit> {
        reader::read(self)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.redacted())
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(b) => Self::Bool(b),
            Json::Number(n) => {
                Self::Number(n.as_i64().map_or_else(|| Number::from(n.as_f64().unwrap_or(f64::NAN)), Number::Int))
            }
            Json::String(s) => Self::String(s),
            Json::Array(l) => Self::List(l.into_iter().map(Self::from).collect()),
            Json::Object(m) => Self::Map(m.into_iter().map(|(k, v)| (k, Self::from(v))).collect()),
        }
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::String(s.to_owned())
    }
}

impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::String(s)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(i: i64) -> Self {
        Self::Number(Number::Int(i))
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_value_is_hidden_from_debug_and_from_redacted_json() {
        let value = Value::map([("token", Value::from("hunter2").sensitive()), ("user", Value::from("root"))]);
        assert_eq!(format!("{value:?}"), r#"{"token":"(sensitive)","user":"root"}"#);
        assert_eq!(value.reveal()["token"], "hunter2");
    }

    #[test]
    fn whole_numbers_stay_whole() {
        assert_eq!(Number::from(6.0), Number::Int(6));
        assert_eq!(Number::from(1.5).to_string(), "1.5");
    }
}
