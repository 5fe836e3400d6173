//! What a client asks of `git-upload-pack`.

use std::collections::BTreeSet;

use fluxlift_net::git::Oid;
use fluxlift_net::git::pkt::{Packet, Reader};

/// One request of the stateless protocol, version 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadRequest {
    /// What the client wants.
    pub wants: BTreeSet<Oid>,
    /// What it has.
    pub haves: BTreeSet<Oid>,
    /// Commits at which its history was cut before.
    pub shallow: BTreeSet<Oid>,
    /// How deep it wants history; `None` means all of it.
    pub depth: Option<u32>,
    /// Whether file contents are left out.
    pub without_blobs: bool,
    /// Whether it takes the pack in packets with a band number.
    pub side_band: bool,
    /// Whether it is done saying what it has, and waits for the pack.
    pub done: bool,
}

impl UploadRequest {
    /// Reads a request's body; `None` when it is not one.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut request = Self::default();
        for packet in Reader::new(body) {
            let packet = packet.ok()?;
            let Packet::Line(_) = packet else { continue };
            let text = packet.text()?;
            let mut words = text.split(' ');
            match (words.next()?, words.next()) {
                ("done", None) => request.done = true,
                ("want", Some(oid)) => {
                    request.wants.insert(oid.parse().ok()?);
                    request.side_band |= words.any(|capability| capability.starts_with("side-band"));
                }
                ("have", Some(oid)) => {
                    request.haves.insert(oid.parse().ok()?);
                }
                ("shallow", Some(oid)) => {
                    request.shallow.insert(oid.parse().ok()?);
                }
                ("deepen", Some(depth)) => request.depth = Some(depth.parse().ok()?),
                ("filter", Some("blob:none")) => request.without_blobs = true,
                _ => return None,
            }
        }
        Some(request)
    }
}
