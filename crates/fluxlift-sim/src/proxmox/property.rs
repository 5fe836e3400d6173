//! Property strings as the server writes them.

use std::collections::BTreeMap;

/// A comma-separated value: a part without a key, then properties.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Property {
    /// The part without a key.
    pub head: Option<String>,
    /// The others.
    pub keys: BTreeMap<String, String>,
}

impl Property {
    /// Reads a value.
    pub fn read(text: &str) -> Self {
        let mut property = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((key, value)) => {
                    property.keys.insert(key.to_owned(), value.to_owned());
                }
                None if property.head.is_none() => property.head = Some(part.to_owned()),
                None => {}
            }
        }
        property
    }

    /// Writes the value: the head, the key `first` if it is there, then the others in order.
    pub fn write(&self, first: Option<&str>) -> String {
        let key = |key: &str| self.keys.get(key).map(|value| format!("{key}={value}"));
        let rest = self.keys.keys().filter(|k| Some(k.as_str()) != first).filter_map(|k| key(k));
        self.head.clone().into_iter().chain(first.and_then(key)).chain(rest).collect::<Vec<_>>().join(",")
    }
}

/// A size such as `40G` in MiB; a bare number is bytes.
pub fn mib(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at(text.trim_end_matches(char::is_alphabetic).len());
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "T" => number * 1024 * 1024,
        "G" => number * 1024,
        "M" => number,
        "K" => number / 1024,
        "" => number / 1024 / 1024,
        _ => return None,
    })
}

/// A size as the server writes it.
pub fn size(mib: u64) -> String {
    if mib > 0 && mib.is_multiple_of(1024) { format!("{}G", mib / 1024) } else { format!("{mib}M") }
}
