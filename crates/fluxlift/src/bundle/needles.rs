//! Finding many words at once in a text, and the beginnings of long ones.

use std::ops::Range;

use zeroize::Zeroize as _;

/// How many bytes all words may have together: they are held in memory, several times a secret.
const MOST: usize = 256 << 20;
/// From how many bytes on the beginning of a longer word is found as well: messages are cut off somewhere.
const CUT: usize = 32;
/// One bucket for each pair of bytes that a word may begin with.
const BUCKETS: usize = 1 << 16;

/// Words to look for. They are wiped when they are dropped, and never shown.
pub(super) struct Needles {
    buckets: Vec<Vec<String>>,
}

impl Needles {
    /// These words, of at least two bytes each; `None` when they are too many.
    pub(super) fn new(words: impl IntoIterator<Item = String>) -> Option<Self> {
        let mut needles = Self { buckets: vec![Vec::new(); BUCKETS] };
        let mut size = 0_usize;
        for word in words {
            let Some(bucket) = needles.bucket_of(word.as_bytes()) else { continue };
            size += word.len();
            if size > MOST {
                return None;
            }
            needles.buckets[bucket].push(word);
        }
        for bucket in &mut needles.buckets {
            bucket.sort();
            bucket.dedup();
        }
        Some(needles)
    }

    fn bucket_of(&self, text: &[u8]) -> Option<usize> {
        let [first, second, ..] = *text else { return None };
        Some(usize::from(first) << 8 | usize::from(second))
    }

    /// The first place at or after `from` where a word stands, or the beginning of a long one: the longest that does.
    pub(super) fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        (from..bytes.len()).find_map(|at| {
            let rest = &bytes[at..];
            let bucket = &self.buckets[self.bucket_of(rest)?];
            let longest = bucket.iter().map(|word| shared(word.as_bytes(), rest)).max().filter(|length| *length > 0)?;
            let mut end = at + longest;
            // A word that is cut off may end within a letter.
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            Some(at..end)
        })
    }
}

/// How much of `word` `text` begins with: all of it, or enough to be told from chance; else nothing.
fn shared(word: &[u8], text: &[u8]) -> usize {
    let same = word.iter().zip(text).take_while(|(one, other)| one == other).count();
    if same == word.len() || same >= CUT { same } else { 0 }
}

impl Drop for Needles {
    fn drop(&mut self) {
        self.buckets.iter_mut().flatten().for_each(|word| word.zeroize());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&str], text: &str) -> Option<String> {
        let needles = Needles::new(words.iter().map(|&word| word.to_owned())).unwrap();
        needles.find(text, 0).map(|at| text[at].to_owned())
    }

    #[test]
    fn the_first_place_counts_and_there_the_longest_word() {
        assert_eq!(found(&["hunter2", "hunter2-and-more"], "a hunter2-and-more").as_deref(), Some("hunter2-and-more"));
        assert_eq!(found(&["hunter2", "before"], "before hunter2").as_deref(), Some("before"));
        assert_eq!(found(&["hunter2"], "hunter"), None);
    }

    #[test]
    fn a_long_word_is_found_by_its_beginning_and_a_short_beginning_is_chance() {
        let long = "0123456789abcdef0123456789abcdef-and-the-rest";
        assert_eq!(found(&[long], "x 0123456789abcdef0123456789abcdef-a...").as_deref(), Some(&long[..34]));
        assert_eq!(found(&[long], "x 0123456789abcdef..."), None);
    }

    #[test]
    fn a_word_that_is_cut_off_within_a_letter_ends_before_it() {
        let long = "0123456789abcdef0123456789abcdefü-and-the-rest";
        // The first byte of both letters is the same.
        assert_eq!(found(&[long], "0123456789abcdef0123456789abcdefö").as_deref(), Some(&long[..32]));
    }
}
