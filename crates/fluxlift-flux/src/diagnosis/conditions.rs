//! The status conditions that a diagnosis reads.

use std::fmt;

use fluxlift_core::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::fields::time;

/// The status of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not.
    False,
    /// The controller does not know (yet).
    #[serde(other)]
    Unknown,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Its type, such as `Ready`.
    #[serde(rename = "type")]
    pub name: String,
    /// Whether it holds.
    pub status: Truth,
    /// Why, in one word.
    #[serde(default)]
    pub reason: String,
    /// Why, for people.
    #[serde(default)]
    pub message: String,
    /// When its status last changed.
    #[serde(default, deserialize_with = "time", rename = "lastTransitionTime")]
    pub since: Option<Timestamp>,
    /// The generation that it speaks of, where it says so.
    #[serde(default)]
    pub observed_generation: Option<i64>,
}

impl Condition {
    /// Whether it holds.
    pub fn is_true(&self) -> bool {
        self.status == Truth::True
    }

    /// Whether it speaks of `generation`, as far as it says.
    pub fn is_of(&self, generation: i64) -> bool {
        self.observed_generation.is_none_or(|observed| observed == generation)
    }
}

impl fmt::Display for Condition {
    /// `Ready=False (ArtifactFailed): artifact not found`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={:?}", self.name, self.status)?;
        if !self.reason.is_empty() {
            write!(f, " ({})", self.reason)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

/// The conditions of an object; others than these are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `Ready`: done, for the generation that is observed.
    pub ready: Option<Condition>,
    /// `Reconciling`: work is going on, or about to be tried again.
    pub reconciling: Option<Condition>,
    /// `Stalled`: the controller will not try again by itself.
    pub stalled: Option<Condition>,
    /// `Released`: the last Helm action on the release went well.
    pub released: Option<Condition>,
}

impl Conditions {
    /// Whether there are none: no pass has come far enough to write one.
    pub const fn is_empty(&self) -> bool {
        self.ready.is_none() && self.reconciling.is_none() && self.stalled.is_none() && self.released.is_none()
    }

    /// The work that goes on.
    pub fn work(&self) -> Option<&Condition> {
        self.reconciling.as_ref().filter(|condition| condition.is_true())
    }
}

impl<'de> Deserialize<'de> for Conditions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Sorted;

        impl<'de> Visitor<'de> for Sorted {
            type Value = Conditions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of conditions")
            }

            fn visit_unit<E>(self) -> Result<Conditions, E> {
                Ok(Conditions::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Conditions, A::Error> {
                let mut found = Conditions::default();
                while let Some(condition) = list.next_element::<Condition>()? {
                    let place = match condition.name.as_str() {
                        "Ready" => &mut found.ready,
                        "Reconciling" => &mut found.reconciling,
                        "Stalled" => &mut found.stalled,
                        "Released" => &mut found.released,
                        _ => continue,
                    };
                    *place = Some(condition);
                }
                Ok(found)
            }
        }

        deserializer.deserialize_any(Sorted)
    }
}
