//! Whether a unit's inputs are still the same, without keeping them.

use std::fmt;

use fluxlift_core::Value;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::unit::Values;

/// HMAC-SHA256 of a unit's module and inputs, as hexadecimal text.
///
/// The key is the lineage of the state, so that equal inputs of two trees have different hashes and a table of common
/// passwords is of no use against it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputHash(String);

impl InputHash {
    /// The hash of `inputs` for `module`; `None` while something in them is not known.
    pub fn of(lineage: &str, module: &str, inputs: &Values) -> Option<Self> {
        if inputs.values().any(Value::has_unknown) {
            return None;
        }
        // Maps iterate in key order, so equal inputs give equal text.
        let text = Value::Map(inputs.clone()).reveal().to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(lineage.as_bytes()).ok()?;
        mac.update(module.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        Some(Self(hex(&mac.finalize().into_bytes())))
    }
}

impl fmt::Display for InputHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bytes as lower-case hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        use fmt::Write;
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(token: &str) -> Values {
        Values::from([("token".to_owned(), Value::from(token).sensitive())])
    }

    #[test]
    fn the_hash_follows_the_inputs_the_module_and_the_lineage() {
        let hash = InputHash::of("a", "compute", &inputs("x"));
        assert_eq!(hash, InputHash::of("a", "compute", &inputs("x")));
        assert_ne!(hash, InputHash::of("a", "compute", &inputs("y")));
        assert_ne!(hash, InputHash::of("a", "config", &inputs("x")));
        assert_ne!(hash, InputHash::of("b", "compute", &inputs("x")));
    }

    #[test]
    fn inputs_that_are_not_known_yet_have_no_hash() {
        let inputs = Values::from([("ip".to_owned(), Value::Unknown)]);
        assert_eq!(InputHash::of("a", "compute", &inputs), None);
    }
}
