//! The packing of a release: JSON, gzip, base64.

use std::io::{self, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use serde_json::Value;

/// The most that a release may unpack to.
const LARGEST_UNPACKED: u64 = 64 << 20;

type Broken = Box<dyn std::error::Error + Send + Sync>;

/// Packs a release. The Secret's own base64 comes on top.
pub(super) fn pack(release: &Value) -> io::Result<String> {
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(release.to_string().as_bytes())?;
    Ok(STANDARD.encode(gzip.finish()?))
}

/// Unpacks a release, also one from before releases were compressed.
pub(super) fn unpack(packed: &[u8]) -> Result<Value, Broken> {
    let bytes = STANDARD.decode(packed.trim_ascii())?;
    if !bytes.starts_with(&[0x1f, 0x8b, 0x08]) {
        return Ok(serde_json::from_slice(&bytes)?);
    }
    let mut plain = Vec::new();
    let read = GzDecoder::new(bytes.as_slice()).take(LARGEST_UNPACKED + 1).read_to_end(&mut plain)? as u64;
    if read > LARGEST_UNPACKED {
        return Err("it unpacks to more than 64 MiB".into());
    }
    Ok(serde_json::from_slice(&plain)?)
}
