//! Whether a machine in maintenance may have its configuration.

use fluxlift_talos::client::Fingerprint;
use serde::Deserialize;

use super::ApplyError;

/// What to believe of a machine that is not pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// Nothing.
    #[default]
    Pinned,
    /// That whoever answers at its address for the first time is it.
    FirstUse,
}

/// The key that `node`'s configuration may be sent to, when it shows `seen`.
///
/// # Errors
/// When the machine is not pinned, or is another one.
pub fn judge(node: &str, seen: Fingerprint, pin: Option<Fingerprint>, trust: Trust) -> Result<Fingerprint, ApplyError> {
    match (pin, trust) {
        (Some(pin), _) if pin == seen => Ok(pin),
        (Some(_), _) => Err(ApplyError::AnotherMachine { node: node.to_owned(), seen }),
        (None, Trust::FirstUse) => Ok(seen),
        (None, Trust::Pinned) => Err(ApplyError::Unpinned { node: node.to_owned(), seen }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_believed_over_any_trust() {
        let (a, b) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
        assert_eq!(judge("n", a, Some(a), Trust::Pinned).unwrap(), a);
        assert!(matches!(judge("n", b, Some(a), Trust::FirstUse), Err(ApplyError::AnotherMachine { .. })));
        assert_eq!(judge("n", b, None, Trust::FirstUse).unwrap(), b);
        assert!(matches!(judge("n", b, None, Trust::Pinned), Err(ApplyError::Unpinned { .. })));
    }
}
