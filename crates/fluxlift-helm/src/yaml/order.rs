//! The order of keys: numbers inside names count as numbers, and other signs come before letters.

use std::cmp::Ordering;

/// Compares two keys as go-yaml does, so that `node2` comes before `node10`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for i in 0..a.len().min(b.len()) {
        if a[i] == b[i] {
            continue;
        }
        match (a[i].is_alphabetic(), b[i].is_alphabetic()) {
            (true, true) => return a[i].cmp(&b[i]),
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            (false, false) => {}
        }
        // A zero in the middle of a longer number is not a leading zero.
        let inside =
            (a[i] == '0' || b[i] == '0') && a[..i].iter().rev().take_while(|c| c.is_ascii_digit()).any(|&c| c != '0');
        let (na, ea) = digits(&a, i, i64::from(inside));
        let (nb, eb) = digits(&b, i, i64::from(inside));
        return na.cmp(&nb).then(ea.cmp(&eb)).then(a[i].cmp(&b[i]));
    }
    a.len().cmp(&b.len())
}

/// The number that starts at `from`, after what stands before it, and where it ends.
fn digits(text: &[char], from: usize, before: i64) -> (i64, usize) {
    let mut value = before;
    let mut end = from;
    while let Some(digit) = text.get(end).and_then(|c| c.to_digit(10)) {
        value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
        end += 1;
    }
    (value, end)
}
