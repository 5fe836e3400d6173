//! What a server says first: its refs and what it can do.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::Oid;
use crate::git::pkt::{Packet, Reader};

/// A server's refs and capabilities.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advertisement {
    /// Ref and object, `HEAD` and the peeled `…^{}` of annotated tags among them.
    pub refs: BTreeMap<String, Oid>,
    /// What the server can do.
    pub capabilities: BTreeSet<String>,
}

impl Advertisement {
    /// Reads the answer to `info/refs?service=git-upload-pack`.
    ///
    /// # Errors
    /// When it is not one; says what is wrong. `Err` with the server's own words starts with `ERR `.
    pub fn parse(body: &[u8]) -> Result<Self, &'static str> {
        let mut packets = Reader::new(body);
        match packets.next() {
            Some(Ok(first)) if first.line() == b"# service=git-upload-pack" => {}
            _ => return Err("the answer does not begin with the service's name"),
        }
        let mut found = Self::default();
        for packet in packets {
            let packet = packet.map_err(|_| "the list of refs is cut short")?;
            let Packet::Line(_) = packet else { continue };
            found.take(packet).ok_or("the list of refs has a malformed line")?;
        }
        Ok(found)
    }

    fn take(&mut self, packet: Packet<'_>) -> Option<()> {
        let text = packet.text()?;
        let (line, capabilities) = text.split_once('\0').unwrap_or((text, ""));
        self.capabilities.extend(capabilities.split_whitespace().map(str::to_owned));
        if line.starts_with("shallow ") || line.starts_with("version ") {
            return Some(());
        }
        let (oid, name) = line.split_once(' ')?;
        let oid: Oid = oid.parse().ok()?;
        // An empty repository advertises its capabilities on a ref that does not exist.
        if name != "capabilities^{}" {
            self.refs.insert(name.to_owned(), oid);
        }
        Some(())
    }

    /// The full ref that `name` means, as Git resolves it: as it is, then as a tag, then as a branch.
    pub fn resolve(&self, name: &str) -> Option<(String, Oid)> {
        let candidates = [name.to_owned(), format!("refs/tags/{name}"), format!("refs/heads/{name}")];
        candidates.into_iter().find_map(|full| {
            let oid = *self.refs.get(&full)?;
            Some((full, oid))
        })
    }

    /// The names of its branches.
    pub fn branches(&self) -> impl Iterator<Item = &str> {
        self.refs.keys().filter_map(|name| name.strip_prefix("refs/heads/"))
    }

    /// Whether the server can do `what`.
    pub fn can(&self, what: &str) -> bool {
        self.capabilities.contains(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::pkt::Writer;

    #[test]
    fn refs_and_capabilities_are_read_and_short_names_resolved() {
        let oid = "ce013625030ba8dba906f756967f9e9ca394464a";
        let body = Writer::default()
            .line("# service=git-upload-pack\n")
            .flush()
            .line(format!("{oid} HEAD\0side-band-64k filter agent=x\n"))
            .line(format!("{oid} refs/heads/main\n"))
            .line(format!("{oid} refs/tags/v1\n"))
            .flush()
            .finish();
        let seen = Advertisement::parse(&body).unwrap();
        assert_eq!(seen.resolve("main").unwrap().0, "refs/heads/main");
        assert_eq!(seen.resolve("refs/tags/v1").unwrap().1.to_string(), oid);
        assert_eq!(seen.resolve("feature"), None);
        assert!(seen.can("filter") && !seen.can("shallow"));
        assert_eq!(seen.branches().collect::<Vec<_>>(), ["main"]);
        assert!(Advertisement::parse(b"<html>").is_err());
    }
}
