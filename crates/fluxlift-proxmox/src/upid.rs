//! The name of a task.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A task's unique name: `UPID:node:PID:PSTART:START:type:id:user:`, numbers in upper-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Upid {
    text: String,
    node: std::ops::Range<usize>,
    kind: std::ops::Range<usize>,
    id: std::ops::Range<usize>,
}

/// Text that is not a task's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{given:?} is not the name of a Proxmox task")]
pub struct UpidError {
    /// What was given.
    pub given: String,
}

impl Upid {
    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host that runs the task.
    pub fn node(&self) -> &str {
        &self.text[self.node.clone()]
    }

    /// What it does, such as `qmcreate`, `qmstart`, `qmdestroy`, `download`.
    pub fn kind(&self) -> &str {
        &self.text[self.kind.clone()]
    }

    /// On what, such as a machine's number. May be empty.
    pub fn id(&self) -> &str {
        &self.text[self.id.clone()]
    }
}

impl fmt::Display for Upid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Upid {
    type Err = UpidError;

    fn from_str(given: &str) -> Result<Self, UpidError> {
        let bad = || UpidError { given: given.to_owned() };
        let fields: Vec<&str> = given.split(':').collect();
        let [tag, node, pid, pstart, start, kind, _, user, end] = fields[..] else { return Err(bad()) };
        let hex = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
            lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
        };
        let sound = tag == "UPID"
            && !node.is_empty()
            && hex(pid, 8..=8)
            && hex(pstart, 8..=9)
            && hex(start, 8..=8)
            && !kind.is_empty()
            && !user.is_empty()
            && end.is_empty();
        if !sound {
            return Err(bad());
        }
        let starts: Vec<usize> = fields
            .iter()
            .scan(0, |at, field| {
                let start = *at;
                *at += field.len() + 1;
                Some(start)
            })
            .collect();
        let range = |n: usize| starts[n]..starts[n] + fields[n].len();
        Ok(Self { text: given.to_owned(), node: range(1), kind: range(5), id: range(6) })
    }
}

impl TryFrom<String> for Upid {
    type Error = UpidError;

    fn try_from(given: String) -> Result<Self, UpidError> {
        given.parse()
    }
}

impl From<Upid> for String {
    fn from(upid: Upid) -> Self {
        upid.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_task_name_says_where_it_runs_and_what_it_does() {
        let upid: Upid = "UPID:pve01:0001A2B3:0C3D4E5F:6720AB01:qmcreate:101011:root@pam!fluxlift:".parse().unwrap();
        assert_eq!((upid.node(), upid.kind(), upid.id()), ("pve01", "qmcreate", "101011"));
    }

    #[test]
    fn a_start_counter_that_outgrew_eight_digits_is_taken() {
        assert!("UPID:pve01:0001A2B3:10C3D4E5F:6720AB01:aptupdate::root@pam:".parse::<Upid>().is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "(UPID)?[:A-F0-9a-z@!é]{0,80}") {
            if let Ok(upid) = text.parse::<Upid>() {
                prop_assert_eq!(upid.to_string(), text);
                prop_assert!(!upid.node().is_empty());
            }
        }
    }
}
