//! From entries to lines and back: each line is bound to the one before it.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Entry, Record};
use crate::fingerprint::hex;

/// The version of the format that is written.
pub(super) const VERSION: u32 = 1;

const HEAD: &str = r#"{"sum":""#;
const MIDDLE: &str = r#"","entry":"#;
const TAIL: &str = "}";
const SUM: usize = 64;

/// The checksum of the last line; of nothing at first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Link(String);

impl Link {
    fn extended_by(&self, body: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0.as_bytes());
        hash.update(body.as_bytes());
        Self(hex(&hash.finalize()))
    }
}

/// The line of `entry`, with its newline, and the link for the line after it.
pub(super) fn encode(last: &Link, entry: &Entry) -> Result<(String, Link), serde_json::Error> {
    let body = serde_json::to_string(entry)?;
    let link = last.extended_by(&body);
    Ok((format!("{HEAD}{}{MIDDLE}{body}{TAIL}\n", link.0), link))
}

/// Why a line was not taken.
pub(super) enum Refusal {
    Version(u32),
    Broken(&'static str),
}

/// The entry of `line`, given without its newline, and the link for the line after it.
pub(super) fn decode(last: &Link, seq: u64, line: &str) -> Result<(Entry, Link), Refusal> {
    let broken = |_| Refusal::Broken("the line is not a journal record");
    let (sum, body) = split(line).ok_or(Refusal::Broken("the line is not a journal record"))?;
    let link = last.extended_by(body);
    if link.0 != sum {
        return Err(Refusal::Broken("the checksum does not match the line and the lines before it"));
    }
    #[derive(Deserialize)]
    struct Versioned {
        v: u32,
    }
    let Versioned { v } = serde_json::from_str(body).map_err(broken)?;
    if v != VERSION {
        return Err(Refusal::Version(v));
    }
    let entry: Entry = serde_json::from_str(body).map_err(broken)?;
    if entry.seq != seq {
        return Err(Refusal::Broken("the line has the wrong number"));
    }
    Ok((entry, link))
}

fn split(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix(HEAD)?;
    let (sum, rest) = (rest.get(..SUM)?, rest.get(SUM..)?);
    Some((sum, rest.strip_prefix(MIDDLE)?.strip_suffix(TAIL)?))
}

/// Whether the record must be on disk before anything else is done. The others ride along with the next that must.
pub(super) const fn must_be_durable(record: &Record) -> bool {
    !matches!(record, Record::GateClosed { .. })
}
