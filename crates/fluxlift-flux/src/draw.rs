//! Names and tokens that nobody has used before, from an injected seed.

use fluxlift_core::Timestamp;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Draws short random words. The same seed at the same moment draws the same words.
#[derive(Debug, Clone)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// Draws from `seed`, and from the time: a seed that is used again must not draw the names of an earlier run.
    pub fn new(seed: u64, now: Timestamp) -> Self {
        let moment = now.as_nanosecond().to_le_bytes();
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..24].copy_from_slice(&moment);
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// A word of `length` lower-case letters and digits that may stand in an object's name.
    pub fn word(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..length).map(|_| char::from(ALPHABET[self.0.gen_range(0..ALPHABET.len())])).collect()
    }

    /// A number for another generator.
    pub fn seed(&mut self) -> u64 {
        self.0.r#gen()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_that_is_used_again_later_draws_other_words() {
        let early = "2026-01-01T00:00:00Z".parse().unwrap();
        let late = "2026-01-01T00:00:01Z".parse().unwrap();
        assert_eq!(Draw::new(1, early).word(8), Draw::new(1, early).word(8));
        assert_ne!(Draw::new(1, early).word(8), Draw::new(1, late).word(8));
        assert_ne!(Draw::new(1, early).word(8), Draw::new(2, early).word(8));
    }
}
