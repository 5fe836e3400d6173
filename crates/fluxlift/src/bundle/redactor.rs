//! What takes secrets out of texts.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::{Captures, Regex};
use serde_json::Value;

use super::Known;
use super::needles::Needles;
use super::patterns::{self, REDACTED, pattern};
use super::spelling::{percent_decoded, spellings, spellings_of_bytes};

/// What may be base64.
static ENCODED: LazyLock<Regex> = LazyLock::new(|| pattern("[A-Za-z0-9+/_-]{12,}={0,2}"));
/// What is percent-encoded.
static PERCENT: LazyLock<Regex> = LazyLock::new(|| pattern(r#"[^\s"']*%[0-9A-Fa-f]{2}[^\s"']*"#));
/// How often a secret may have been encoded: a Secret in a document that was encoded.
const DEPTH: u8 = 2;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const FOR_URLS: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Takes every secret that it knows, and what looks like one, out of texts.
#[derive(Clone)]
pub struct Redactor {
    known: Arc<Needles>,
}

impl Redactor {
    /// One that knows these secrets. `None` when there are too many of them to be looked for.
    pub fn new(known: &Known) -> Option<Self> {
        let texts = known.iter().flat_map(spellings);
        let words = texts.chain(known.binary().flat_map(spellings_of_bytes));
        Some(Self { known: Arc::new(Needles::new(words)?) })
    }

    /// `text` without secrets.
    pub fn text(&self, text: &str) -> String {
        // Words of base64 first: what is left of one without its middle could still be decoded.
        let text = replaced(text, &ENCODED, |word| self.is_in_base64(word, DEPTH));
        let text = patterns::redact(&self.without_known(&text));
        replaced(&text, &PERCENT, |word| self.shows_one(&percent_decoded(word)))
    }

    /// A document without secrets: its texts, its fields' names, and every text under a name that says so.
    pub fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Object(fields) => {
                let one = |(name, value): (&String, &Value)| {
                    let secret = value.is_string() && patterns::names_a_secret(name);
                    let value = if secret { Value::from(REDACTED) } else { self.json(value) };
                    (self.text(name), value)
                };
                fields.iter().map(one).collect()
            }
            other => other.clone(),
        }
    }

    /// Whether a secret that is known is in `text` in one of its spellings.
    pub fn finds_one_in(&self, text: &str) -> bool {
        self.known.find(text, 0).is_some()
    }

    fn without_known(&self, text: &str) -> String {
        let (mut clean, mut from) = (String::with_capacity(text.len()), 0);
        while let Some(at) = self.known.find(text, from) {
            clean.push_str(&text[from..at.start]);
            clean.push_str(REDACTED);
            from = at.end;
        }
        clean + &text[from..]
    }

    /// Whether a secret that is known, or what looks like one, is in `text`.
    fn shows_one(&self, text: &str) -> bool {
        self.finds_one_in(text) || patterns::redact(text) != text
    }

    /// Whether one is in what `word` is the base64 of.
    fn is_in_base64(&self, word: &str, depth: u8) -> bool {
        let within = |text: &String| ENCODED.find_iter(text).any(|word| self.is_in_base64(word.as_str(), depth - 1));
        depth > 0 && base64_decoded(word).iter().any(|text| self.shows_one(text) || within(text))
    }
}

/// `text` without the `words` that are secret.
fn replaced(text: &str, words: &Regex, is_secret: impl Fn(&str) -> bool) -> String {
    let one = |found: &Captures<'_>| if is_secret(&found[0]) { REDACTED } else { &found[0] }.to_owned();
    words.replace_all(text, one).into_owned()
}

/// What a word may be the base64 of, if it is: it may have begun at any of four characters.
fn base64_decoded(word: &str) -> Vec<String> {
    let word = word.trim_end_matches('=');
    let from = (0..4).filter_map(|start| word.get(start..)).filter(|rest| rest.len() >= 8);
    let decoded = from.flat_map(|rest| {
        // One character too many is none of a byte.
        let rest = if rest.len() % 4 == 1 { &rest[..rest.len() - 1] } else { rest };
        [PLAIN.decode(rest).ok(), FOR_URLS.decode(rest).ok()]
    });
    // A word that is no base64 decodes to noise; what is noise only in part was found by its spelling.
    let texts = decoded.flatten().filter_map(|bytes| String::from_utf8(bytes).ok());
    texts.filter(|text| !text.chars().any(|c| c.is_control() && !c.is_ascii_whitespace())).collect()
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;

    fn redactor() -> Redactor {
        let mut known = Known::default();
        known.add("p@ss/word+1");
        Redactor::new(&known).unwrap()
    }

    #[test]
    fn a_known_secret_goes_in_every_spelling() {
        for spelled in [
            "p@ss/word+1".to_owned(),
            STANDARD.encode("p@ss/word+1"),
            STANDARD.encode("user:p@ss/word+1"),
            STANDARD.encode(STANDARD.encode("p@ss/word+1")),
            STANDARD.encode(STANDARD.encode("ghp_0123456789abcdefghij")),
            "p%40ss%2Fword%2B1".to_owned(),
            "p%40ss%2fword%2b1".to_owned(),
        ] {
            let clean = redactor().text(&format!("before {spelled} behind"));
            assert_eq!(clean, "before [redacted] behind", "{spelled}");
        }
    }

    #[test]
    fn a_key_goes_that_nobody_knows_and_that_was_encoded() {
        let encoded = STANDARD.encode("AGE-SECRET-KEY-1QQQQQQQQ");
        assert_eq!(redactor().text(&format!("data: {encoded}")), "data: [redacted]");
    }

    #[test]
    fn a_secret_that_a_message_cuts_off_goes_too() {
        let mut known = Known::default();
        known.add("a-connection-string-with-a-password-in-it-that-goes-on");
        let clean = Redactor::new(&known).unwrap().text("dial a-connection-string-with-a-password-in... failed");
        assert_eq!(clean, "dial [redacted]... failed");
    }

    #[test]
    fn what_is_no_secret_stays() {
        let text = "kubernetes/clusters/cluster-101 main@sha1:0123456789abcdef0123456789abcdef01234567 50% done";
        assert_eq!(redactor().text(text), text);
    }

    #[test]
    fn a_field_that_is_called_a_secret_goes_whatever_it_holds() {
        let clean = redactor().json(&json!({"password": "x", "keys": ["password"], "url": "https://me:x@host/"}));
        assert_eq!(clean, json!({"password": "[redacted]", "keys": ["password"], "url": "https://[redacted]@host/"}));
    }
}
