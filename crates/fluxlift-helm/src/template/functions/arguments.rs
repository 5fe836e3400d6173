//! The arguments of a call, taken by type.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::Value;

use crate::yaml::number::general;

/// The arguments of one call.
#[derive(Clone, Copy)]
pub(in crate::template) struct Arguments<'a>(&'a [Value]);

impl<'a> Arguments<'a> {
    pub(super) const fn new(given: &'a [Value]) -> Self {
        Self(given)
    }

    /// All of them.
    pub(in crate::template) const fn all(self) -> &'a [Value] {
        self.0
    }

    /// The argument at `index`.
    pub(in crate::template) fn get(self, index: usize) -> Result<&'a Value, String> {
        self.0.get(index).ok_or_else(|| format!("wants at least {} arguments, got {}", index + 1, self.0.len()))
    }

    /// Checks that there are exactly `count`.
    pub(in crate::template) fn exactly(self, count: usize) -> Result<Self, String> {
        if self.0.len() == count { Ok(self) } else { Err(format!("wants {count} arguments, got {}", self.0.len())) }
    }

    /// A string; nothing else will do.
    pub(in crate::template) fn string(self, index: usize) -> Result<&'a str, String> {
        match self.get(index)? {
            Value::String(text) => Ok(text),
            other => Err(format!("wants a string as argument {}, got {}", index + 1, other.type_name())),
        }
    }

    /// Anything, as text.
    pub(super) fn text(self, index: usize) -> Result<String, String> {
        self.get(index).map(text)
    }

    /// A whole number, or what can be read as one.
    pub(super) fn integer(self, index: usize) -> Result<i64, String> {
        self.get(index).map(integer)
    }

    /// A list.
    pub(super) fn list(self, index: usize) -> Result<&'a Arc<[Value]>, String> {
        match self.get(index)? {
            Value::List(list) => Ok(list),
            other => Err(format!("wants a list as argument {}, got {}", index + 1, other.type_name())),
        }
    }

    /// A map.
    pub(super) fn map(self, index: usize) -> Result<&'a Arc<BTreeMap<Arc<str>, Value>>, String> {
        match self.get(index)? {
            Value::Map(map) => Ok(map),
            other => Err(format!("wants a map as argument {}, got {}", index + 1, other.type_name())),
        }
    }
}

/// A value as Go's `%v` prints it.
pub(in crate::template) fn text(value: &Value) -> String {
    match value {
        Value::Float(float) => general(*float),
        other => other.to_string(),
    }
}

/// A value as a whole number: what is not one becomes 0, as in sprig.
pub(super) fn integer(value: &Value) -> i64 {
    match value {
        Value::Int(i) => *i,
        Value::Uint(u) => i64::try_from(*u).unwrap_or(i64::MAX),
        Value::Bool(b) => i64::from(*b),
        #[expect(clippy::cast_possible_truncation, reason = "Go truncates here as well")]
        Value::Float(f) => *f as i64,
        Value::String(s) => parse_integer(s.trim()),
        _ => 0,
    }
}

/// A value as a double: what is not one becomes 0.
pub(super) fn float(value: &Value) -> f64 {
    match value {
        Value::Float(f) => *f,
        Value::String(s) => s.trim().parse().unwrap_or(0.0),
        #[expect(clippy::cast_precision_loss, reason = "Go loses the same digits")]
        other => integer(other) as f64,
    }
}

fn parse_integer(text: &str) -> i64 {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let parsed = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => i64::from_str_radix(&digits[2..], 16),
        Some("0b") => i64::from_str_radix(&digits[2..], 2),
        Some("0o") => i64::from_str_radix(&digits[2..], 8),
        _ if digits.len() > 1 && digits.starts_with('0') && !digits.contains('.') => i64::from_str_radix(digits, 8),
        _ => digits.split('.').next().unwrap_or(digits).parse(),
    };
    let value = parsed.unwrap_or(0);
    if negative { -value } else { value }
}

/// A string value.
pub(super) fn string(text: impl Into<Arc<str>>) -> Value {
    Value::String(text.into())
}

/// A list of strings.
pub(super) fn strings<'s>(parts: impl IntoIterator<Item = &'s str>) -> Value {
    Value::List(parts.into_iter().map(|part| Value::String(part.into())).collect())
}
