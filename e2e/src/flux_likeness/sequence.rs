//! The statuses of one object, in the order in which they were stored.

use super::fields::Fields;

/// One after the other; `None` is an object that is not there.
pub type Sequence = Vec<Option<Fields>>;

/// The longest row of statuses that counts as one repetition.
const LONGEST: usize = 6;

/// The sequence without repetitions: a status that equals the one before it is left out, and so is a row of statuses that
/// equals the row before it, because how often something is tried is a matter of time.
pub fn collapsed(statuses: impl IntoIterator<Item = Option<Fields>>) -> Sequence {
    let mut sequence = Sequence::new();
    for status in statuses {
        sequence.push(status);
        let length = sequence.len();
        let repeated = (1..=LONGEST.min(length / 2))
            .find(|row| sequence[length - row..] == sequence[length - 2 * row..length - row]);
        sequence.truncate(length - repeated.unwrap_or(0));
    }
    sequence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(text: &str) -> String {
        let status = |letter: char| Some(Fields::from([("is".to_owned(), letter.to_string())]));
        let kept = collapsed(text.chars().map(status));
        kept.into_iter().flatten().map(|fields| fields["is"].clone()).collect()
    }

    #[test]
    fn what_is_repeated_counts_once() {
        assert_eq!(sequence("aab"), "ab");
        assert_eq!(sequence("abcbcbcd"), "abcd");
        assert_eq!(sequence("abcabd"), "abcabd");
        assert_eq!(sequence(""), "");
    }
}
