//! The statuses of one object, in the order in which they were stored.

use super::fields::Fields;

/// One after the other; `None` is an object that is not there.
pub type Sequence = Vec<Option<Fields>>;

/// The longest row of statuses that counts as one repetition.
const LONGEST: usize = 6;

/// The sequence without repetitions: a status that equals the one before it is left out, and so is a row of statuses that
/// equals the row before it, because how often something is tried is a matter of time. For the same reason a try that fails
/// exactly as an earlier one did is left out, with what led to it.
pub fn collapsed(statuses: impl IntoIterator<Item = Option<Fields>>) -> Sequence {
    let mut sequence = Sequence::new();
    for status in statuses {
        let earlier = sequence.iter().rposition(|held| *held == status).filter(|_| is_failed_try(status.as_ref()));
        if let Some(at) = earlier {
            sequence.truncate(at + 1);
            continue;
        }
        sequence.push(status);
        let length = sequence.len();
        let repeated = (1..=LONGEST.min(length / 2))
            .find(|row| sequence[length - row..] == sequence[length - 2 * row..length - row]);
        sequence.truncate(length - repeated.unwrap_or(0));
    }
    sequence
}

/// Whether a status says that something failed and is tried again.
fn is_failed_try(status: Option<&Fields>) -> bool {
    let reconciling = status.and_then(|fields| fields.get("Reconciling"));
    reconciling.is_some_and(|reconciling| reconciling.starts_with("True ProgressingWithRetry"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_that_fails_as_an_earlier_one_did_is_left_out_with_what_led_to_it() {
        let status = |reconciling: &str| Some(Fields::from([("Reconciling".to_owned(), reconciling.to_owned())]));
        let (fetch, build) = (status("True Progressing @1: fetch"), status("True Progressing @1: build"));
        let failed = status("True ProgressingWithRetry @1: build");
        let tries = [&fetch, &failed, &build, &fetch, &failed, &build].map(Clone::clone);
        assert_eq!(collapsed(tries), [fetch, failed, build]);
    }

    fn sequence(text: &str) -> String {
        let status = |letter: char| Some(Fields::from([("Reconciling".to_owned(), letter.to_string())]));
        let kept = collapsed(text.chars().map(status));
        kept.into_iter().flatten().map(|fields| fields["Reconciling"].clone()).collect()
    }

    #[test]
    fn what_is_repeated_counts_once() {
        assert_eq!(sequence("aab"), "ab");
        assert_eq!(sequence("abcbcbcd"), "abcd");
        assert_eq!(sequence("abcabd"), "abcabd");
        assert_eq!(sequence(""), "");
    }
}
