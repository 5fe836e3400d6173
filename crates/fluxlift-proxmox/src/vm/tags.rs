//! Tags: a set, whatever the server does to its order and its separators.

use std::collections::BTreeSet;
use std::fmt;

/// A set of tags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(pub BTreeSet<String>);

impl Tags {
    /// Reads a list with any of the separators that Proxmox takes. Tags are lower-case unless the cluster says
    /// otherwise, so case does not count.
    pub fn parse(text: &str) -> Self {
        let split = text.split([';', ',', ' ']).filter(|tag| !tag.is_empty());
        Self(split.map(str::to_lowercase).collect())
    }

    /// Whether `tag` is one of them.
    pub fn contains(&self, tag: &str) -> bool {
        self.0.contains(tag)
    }
}

impl<S: Into<String>> FromIterator<S> for Tags {
    fn from_iter<I: IntoIterator<Item = S>>(tags: I) -> Self {
        Self(tags.into_iter().map(|tag| tag.into().to_lowercase()).collect())
    }
}

impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, tag) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(";")?;
            }
            f.write_str(tag)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_case_and_separator_do_not_count() {
        assert_eq!(Tags::parse("Sol;fluxlift"), Tags::parse("fluxlift, sol"));
        assert_eq!(Tags::parse("b a").to_string(), "a;b");
    }
}
