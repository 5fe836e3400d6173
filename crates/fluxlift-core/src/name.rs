//! Validated names: what comes in from outside is checked once, at the border.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A name that does not fit its rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{given:?} is not a valid {what}: {rule}")]
pub struct NameError {
    /// What it was meant to be.
    pub what: &'static str,
    /// What was given.
    pub given: String,
    /// The rule that it breaks.
    pub rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:path, $rule:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks `given` against the rules of this name.
            ///
            /// # Errors
            /// When it breaks them.
            pub fn new(given: impl Into<String>) -> Result<Self, NameError> {
                let given = given.into();
                if $check(&given) {
                    Ok(Self(given))
                } else {
                    Err(NameError { what: $what, given, rule: $rule })
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(s: &str) -> Result<Self, NameError> {
                Self::new(s)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(s: String) -> Result<Self, NameError> {
                Self::new(s)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// A Kubernetes namespace.
    Namespace, "namespace", is_dns_label, "1 to 63 of a-z, 0-9 and '-', starting and ending with a letter or digit"
);
name!(
    /// A Helm release.
    ReleaseName, "release name", is_release_name, "1 to 53 of a-z, 0-9, '-' and '.', starting and ending with a letter or digit"
);
name!(
    /// A machine, as Kubernetes and Talos call it.
    NodeName, "node name", is_dns_subdomain, "1 to 253 of a-z, 0-9, '-' and '.', each part starting and ending with a letter or digit"
);
name!(
    /// A unit: its folder relative to the working folder, with `/` between parts. The working folder itself is `.`.
    UnitPath, "unit path", is_unit_path, "a relative path with '/' between its parts and no empty part"
);
name!(
    /// A version such as `1.12.0`, `v1.36.3` or `2.x`; a leading `v` is kept.
    Version, "version", is_version, "an optional 'v', then digits, letters, '.', '-', '+', '*' or 'x', starting with a digit"
);

impl UnitPath {
    /// The last part: the unit's folder name.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl Version {
    /// The version without its leading `v`.
    pub fn bare(&self) -> &str {
        self.0.strip_prefix('v').unwrap_or(&self.0)
    }

    /// Major and minor number, where both are numbers.
    pub fn major_minor(&self) -> Option<(u32, u32)> {
        let mut parts = self.bare().split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }
}

fn is_dns_label(s: &str) -> bool {
    s.len() <= 63 && is_label(s)
}

fn is_dns_subdomain(s: &str) -> bool {
    s.len() <= 253 && s.split('.').all(is_label)
}

fn is_release_name(s: &str) -> bool {
    s.len() <= 53 && s.split('.').all(is_label)
}

fn is_label(s: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = s.as_bytes();
    bytes.iter().all(|&b| inner(b) || b == b'-')
        && bytes.first().is_some_and(|&b| inner(b))
        && bytes.last().is_some_and(|&b| inner(b))
}

fn is_unit_path(s: &str) -> bool {
    s == "." || (!s.starts_with('/') && s.split('/').all(|part| !part.is_empty() && part != "."))
}

fn is_version(s: &str) -> bool {
    let bare = s.strip_prefix('v').unwrap_or(s);
    bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.chars().all(|c| c.is_ascii_alphanumeric() || ".-+*".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_refuse_what_kubernetes_would_refuse() {
        assert!(Namespace::new("flux-system").is_ok());
        for bad in ["", "Flux", "-x", "x-", "a.b", &"a".repeat(64)] {
            assert!(Namespace::new(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_unit_path_is_relative_and_has_no_empty_part() {
        assert_eq!(UnitPath::new("clusters/cluster-101/compute").unwrap().name(), "compute");
        assert!(UnitPath::new("../bootstrap").is_ok());
        assert!(UnitPath::new("/etc").is_err());
        assert!(UnitPath::new("a//b").is_err());
    }

    #[test]
    fn a_version_gives_its_major_and_minor_number() {
        assert_eq!(Version::new("v1.12.0").unwrap().major_minor(), Some((1, 12)));
        assert_eq!(Version::new("2.x").unwrap().major_minor(), None);
        assert!(Version::new("latest").is_err());
    }
}
