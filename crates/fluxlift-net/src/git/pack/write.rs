//! Writing a pack of whole objects.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha1::{Digest, Sha1};

use crate::git::Kind;

/// A pack of version 2 with these objects, each of them whole.
pub fn write<'a>(objects: impl Iterator<Item = (Kind, &'a [u8])>) -> Vec<u8> {
    let objects: Vec<_> = objects.collect();
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend(u32::try_from(objects.len()).unwrap_or(u32::MAX).to_be_bytes());
    for (kind, content) in objects {
        head(&mut pack, kind, content.len());
        body(&mut pack, content);
    }
    let sum = Sha1::digest(&pack);
    pack.extend_from_slice(&sum);
    pack
}

fn head(pack: &mut Vec<u8>, kind: Kind, mut size: usize) {
    let kind = match kind {
        Kind::Commit => 1,
        Kind::Tree => 2,
        Kind::Blob => 3,
        Kind::Tag => 4,
    };
    #[expect(clippy::cast_possible_truncation, reason = "masked to the bits that fit")]
    let mut byte = kind << 4 | (size & 0x0f) as u8;
    size >>= 4;
    while size > 0 {
        pack.push(byte | 0x80);
        #[expect(clippy::cast_possible_truncation, reason = "masked to the bits that fit")]
        let next = (size & 0x7f) as u8;
        byte = next;
        size >>= 7;
    }
    pack.push(byte);
}

fn body(pack: &mut Vec<u8>, content: &[u8]) {
    let mut encoder = ZlibEncoder::new(&mut *pack, Compression::fast());
    // Writing into memory can't fail.
    let _ = encoder.write_all(content);
    let _ = encoder.finish();
}
