//! Property strings: `virtio=BC:24:11:0A:0B:0C,bridge=vmbr0,tag=101`.

use std::collections::BTreeMap;
use std::fmt;

/// A value made of comma-separated parts, of which the first may lack a key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PropertyString {
    /// The part without a key, such as a volume.
    pub head: Option<String>,
    /// The others.
    pub properties: BTreeMap<String, String>,
}

impl PropertyString {
    /// Reads the text. Any text is one: what has no `=` is the head, a later such part is a property without a value.
    pub fn parse(text: &str) -> Self {
        let mut parsed = Self::default();
        for (n, part) in text.split(',').enumerate() {
            match part.split_once('=') {
                Some((key, value)) => {
                    parsed.properties.insert(key.trim().to_owned(), value.to_owned());
                }
                None if n == 0 && !part.is_empty() => parsed.head = Some(part.to_owned()),
                None if part.is_empty() => {}
                None => {
                    parsed.properties.insert(part.trim().to_owned(), String::new());
                }
            }
        }
        parsed
    }

    /// A value with this head.
    pub fn headed(head: impl Into<String>) -> Self {
        Self { head: Some(head.into()), properties: BTreeMap::new() }
    }

    /// The same, with one property more.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.properties.insert(key.to_owned(), value.to_string());
        self
    }

    /// The same, with one property more where there is a value.
    #[must_use]
    pub fn with_some(self, key: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The property `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.properties.get(key).map(String::as_str)
    }

    /// A size property in GiB: `40G`, `40960M`, `1T`; a bare number is bytes.
    pub fn gib(&self, key: &str) -> Option<f64> {
        let text = self.get(key)?;
        let (number, factor) = match text.char_indices().last()? {
            (at, 'T') => (&text[..at], 1024.0),
            (at, 'G') => (&text[..at], 1.0),
            (at, 'M') => (&text[..at], 1.0 / 1024.0),
            (at, 'K') => (&text[..at], 1.0 / 1024.0 / 1024.0),
            _ => (text, 1.0 / 1024.0 / 1024.0 / 1024.0),
        };
        number.parse::<f64>().ok().map(|n| n * factor)
    }
}

impl fmt::Display for PropertyString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(head) = &self.head {
            f.write_str(head)?;
            separator = ",";
        }
        for (key, value) in &self.properties {
            write!(f, "{separator}{key}={value}")?;
            separator = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_disk_has_a_volume_for_a_head_and_a_size_in_any_unit() {
        let disk = PropertyString::parse("local-zfs:vm-101011-disk-1,iothread=1,size=40G");
        assert_eq!(disk.head.as_deref(), Some("local-zfs:vm-101011-disk-1"));
        assert_eq!(disk.gib("size"), Some(40.0));
        assert_eq!(PropertyString::parse("x,size=40960M").gib("size"), Some(40.0));
        assert_eq!(PropertyString::parse("x,size=lots").gib("size"), None);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(
            head in proptest::option::of("[a-z0-9:/-]{1,20}"),
            properties in proptest::collection::btree_map("[a-z][a-z0-9-]{0,8}", "[A-Za-z0-9:./-]{0,12}", 0..5),
        ) {
            let written = PropertyString { head, properties };
            prop_assert_eq!(PropertyString::parse(&written.to_string()), written);
        }
    }
}
