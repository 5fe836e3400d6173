//! Deltas: an object as copies from another and inserted bytes.

/// Applies `delta` to `base`; `None` when the delta is malformed or does not fit the base.
pub fn apply(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let mut delta = delta.iter().copied();
    if length(&mut delta)? != base.len() {
        return None;
    }
    let size = length(&mut delta)?;
    let mut result = Vec::with_capacity(size.min(1 << 20));
    while let Some(op) = delta.next() {
        if op & 0x80 != 0 {
            let offset = bits(&mut delta, op, 4)?;
            let count = match bits(&mut delta, op >> 4, 3)? {
                0 => 0x1_0000,
                count => count,
            };
            result.extend_from_slice(base.get(offset..offset.checked_add(count)?)?);
        } else {
            let inserted = delta.by_ref().take(usize::from(op));
            let before = result.len();
            result.extend(inserted);
            if op == 0 || result.len() - before != usize::from(op) {
                return None;
            }
        }
        if result.len() > size {
            return None;
        }
    }
    (result.len() == size).then_some(result)
}

/// A little-endian number of seven bits a byte.
fn length(bytes: &mut impl Iterator<Item = u8>) -> Option<usize> {
    let (mut value, mut shift) = (0usize, 0);
    loop {
        let byte = bytes.next()?;
        value |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        if shift > 56 {
            return None;
        }
    }
}

/// The bytes whose flags are set, lowest first.
fn bits(bytes: &mut impl Iterator<Item = u8>, flags: u8, count: u32) -> Option<usize> {
    let mut value = 0;
    for n in 0..count {
        if flags & (1 << n) != 0 {
            value |= usize::from(bytes.next()?) << (8 * n);
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_delta_copies_from_its_base_and_inserts() {
        // 11 bytes become 10: copy 6 from the start, insert 4.
        let delta = [11, 10, 0x80 | 0x10, 6, 4, b'g', b'i', b't', b'!'];
        assert_eq!(apply(b"hello world", &delta).unwrap(), b"hello git!");
        assert_eq!(apply(b"hello", &delta), None);
    }

    proptest! {
        #[test]
        fn a_garbled_delta_is_refused_and_never_panics(delta in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = apply(b"hello world", &delta);
        }
    }
}
