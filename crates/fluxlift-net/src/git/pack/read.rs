//! Reading a pack whole, every delta resolved.

use std::collections::BTreeMap;

use flate2::{Decompress, FlushDecompress, Status};
use sha1::{Digest, Sha1};

use crate::git::pack::delta;
use crate::git::{Kind, Oid};

/// More than this is not unpacked: a preflight looks at folders, not at history.
const MOST_BYTES: usize = 512 << 20;

/// Objects by name.
pub type Objects = BTreeMap<Oid, (Kind, Vec<u8>)>;

/// Where a delta's base is.
enum Base {
    Offset(usize),
    Name(Oid),
}

/// An entry as it stands in the pack.
enum Entry {
    Whole(Kind, Vec<u8>),
    Delta(Base, Vec<u8>),
}

/// Reads a pack of version 2: its checksum and all its objects.
///
/// # Errors
/// When it is malformed, cut, or needs an object that it does not hold; says which.
pub fn read(pack: &[u8]) -> Result<Objects, &'static str> {
    let (body, sum) = pack.split_at_checked(pack.len().wrapping_sub(20)).ok_or("it is cut short")?;
    if Sha1::digest(body).as_slice() != sum {
        return Err("its checksum is wrong");
    }
    let mut cursor = Cursor { bytes: body, at: 0, budget: MOST_BYTES };
    if cursor.take(4)? != b"PACK" || cursor.number()? != 2 {
        return Err("it is not a pack of version 2");
    }
    let count = cursor.number()?;
    let mut entries = BTreeMap::new();
    for _ in 0..count {
        let at = cursor.at;
        let entry = cursor.entry()?;
        entries.insert(at, entry);
    }
    resolve(entries)
}

/// Resolves deltas until none is left. A base may come later in the pack, so there may be several rounds.
fn resolve(entries: BTreeMap<usize, Entry>) -> Result<Objects, &'static str> {
    let mut done = Objects::new();
    let mut names: BTreeMap<usize, Oid> = BTreeMap::new();
    let mut waiting = entries;
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut left = BTreeMap::new();
        for (at, entry) in waiting {
            let (kind, content) = match entry {
                Entry::Whole(kind, content) => (kind, content),
                Entry::Delta(base, delta) => {
                    let name = match &base {
                        Base::Offset(offset) => names.get(offset).copied(),
                        Base::Name(name) => Some(*name),
                    };
                    let Some((kind, content)) = name.and_then(|name| done.get(&name)) else {
                        left.insert(at, Entry::Delta(base, delta));
                        continue;
                    };
                    (*kind, delta::apply(content, &delta).ok_or("a delta does not fit its base")?)
                }
            };
            let name = Oid::of(kind, &content);
            names.insert(at, name);
            done.insert(name, (kind, content));
        }
        if left.len() == before {
            return Err("a delta's base is missing");
        }
        waiting = left;
    }
    Ok(done)
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    budget: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let end = self.at.checked_add(count).ok_or("it is cut short")?;
        let taken = self.bytes.get(self.at..end).ok_or("it is cut short")?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, &'static str> {
        Ok(self.take(1)?[0])
    }

    fn number(&mut self) -> Result<u32, &'static str> {
        let bytes = self.take(4)?;
        Ok(bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    fn entry(&mut self) -> Result<Entry, &'static str> {
        let start = self.at;
        let first = self.byte()?;
        let (mut size, mut shift, mut byte) = (usize::from(first & 0x0f), 4, first);
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            size |= usize::from(byte & 0x7f).checked_shl(shift).ok_or("an object is too large")?;
            shift += 7;
            if shift > 53 {
                return Err("an object is too large");
            }
        }
        match first >> 4 & 7 {
            1 => Ok(Entry::Whole(Kind::Commit, self.inflate(size)?)),
            2 => Ok(Entry::Whole(Kind::Tree, self.inflate(size)?)),
            3 => Ok(Entry::Whole(Kind::Blob, self.inflate(size)?)),
            4 => Ok(Entry::Whole(Kind::Tag, self.inflate(size)?)),
            6 => {
                let back = self.distance()?;
                let base = start.checked_sub(back).ok_or("a delta's base lies before the pack")?;
                Ok(Entry::Delta(Base::Offset(base), self.inflate(size)?))
            }
            7 => {
                let name: [u8; 20] = self.take(20)?.try_into().map_err(|_| "it is cut short")?;
                Ok(Entry::Delta(Base::Name(Oid::from_bytes(name)), self.inflate(size)?))
            }
            _ => Err("an object is of an unknown type"),
        }
    }

    /// How far back a base lies: seven bits a byte, highest first, one added for each further byte.
    fn distance(&mut self) -> Result<usize, &'static str> {
        let mut byte = self.byte()?;
        let mut value = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            value = (value + 1).checked_mul(128).ok_or("a delta's base lies before the pack")?;
            value |= usize::from(byte & 0x7f);
        }
        Ok(value)
    }

    fn inflate(&mut self, size: usize) -> Result<Vec<u8>, &'static str> {
        self.budget = self.budget.checked_sub(size).ok_or("it is too large to be looked at")?;
        let mut inflater = Decompress::new(true);
        // One byte more than declared, so that an object that is longer is noticed.
        let mut content = Vec::with_capacity(size + 1);
        loop {
            let used = usize::try_from(inflater.total_in()).map_err(|_| "an object is too large")?;
            let rest = self.bytes.get(self.at + used..).unwrap_or_default();
            let before = (inflater.total_in(), content.len());
            let status = inflater
                .decompress_vec(rest, &mut content, FlushDecompress::Finish)
                .map_err(|_| "an object is not compressed as it should be")?;
            if status == Status::StreamEnd {
                break;
            }
            if content.len() > size || before == (inflater.total_in(), content.len()) {
                return Err("an object has another length than it says");
            }
        }
        self.at += usize::try_from(inflater.total_in()).map_err(|_| "an object is too large")?;
        if content.len() == size { Ok(content) } else { Err("an object has another length than it says") }
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use proptest::prelude::*;
    use std::io::Write as _;

    use super::*;
    use crate::git::pack::write;

    fn sealed(mut body: Vec<u8>) -> Vec<u8> {
        let sum = Sha1::digest(&body);
        body.extend_from_slice(&sum);
        body
    }

    fn deflated(content: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// A blob, and another as a delta of it, by offset and by name.
    fn with_deltas() -> Vec<u8> {
        let delta = [11, 10, 0x90, 6, 4, b'g', b'i', b't', b'!'];
        let mut pack = b"PACK\0\0\0\x02\0\0\0\x03".to_vec();
        let base = Oid::of(Kind::Blob, b"hello world");
        pack.push(7 << 4 | 9);
        pack.extend_from_slice(base.bytes());
        pack.extend(deflated(&delta));
        let at = pack.len();
        pack.push(3 << 4 | 11);
        pack.extend(deflated(b"hello world"));
        let back = u8::try_from(pack.len() - at).unwrap();
        pack.extend([6 << 4 | 9, back]);
        pack.extend(deflated(&delta));
        sealed(pack)
    }

    #[test]
    fn deltas_are_resolved_by_offset_and_by_a_name_that_comes_later() {
        let objects = read(&with_deltas()).unwrap();
        assert_eq!(objects.len(), 2);
        assert_eq!(objects[&Oid::of(Kind::Blob, b"hello git!")].1, b"hello git!");
    }

    #[test]
    fn a_damaged_pack_is_refused_with_its_reason() {
        let mut pack = with_deltas();
        pack[20] ^= 1;
        assert_eq!(read(&pack), Err("its checksum is wrong"));
        assert_eq!(read(b"PACK"), Err("it is cut short"));
        assert_eq!(read(&sealed(b"KCAP\0\0\0\x02\0\0\0\0".to_vec())), Err("it is not a pack of version 2"));
    }

    proptest! {
        #[test]
        fn what_was_packed_is_unpacked(contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..600), 0..8)) {
            let objects: Objects = contents.into_iter().map(|c| (Oid::of(Kind::Blob, &c), (Kind::Blob, c))).collect();
            let pack = write(objects.values().map(|(kind, content)| (*kind, content.as_slice())));
            prop_assert_eq!(read(&pack).unwrap(), objects);
        }

        #[test]
        fn garbage_behind_a_right_checksum_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut body = b"PACK\0\0\0\x02\0\0\0\x02".to_vec();
            body.extend(bytes);
            let _ = read(&sealed(body));
        }
    }
}
