//! How one secret may be written.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The spellings of `secret` to look for: plain, as JSON writes it, and base64 at each of the three places that it can
/// have in a longer text that was encoded.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    let mut all = vec![secret.to_owned()];
    // Once in a document, and once more in a document that is a text in another.
    let once = in_json(secret);
    all.extend([in_json(&once), once]);
    for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        all.push(engine.encode(secret));
    }
    for shift in 0..3 {
        all.extend(
            [STANDARD_NO_PAD, URL_SAFE_NO_PAD].map(|engine| within(secret, shift, |bytes| engine.encode(bytes))),
        );
    }
    all.retain(|spelling| spelling.len() >= SHORTEST);
    all.sort();
    all.dedup();
    all
}

/// What `word` is without its percent signs. As in a form, but a plus sign is one: it is how secrets are put in addresses.
pub(super) fn percent_decoded(word: &str) -> String {
    let word = word.replace('+', "%2B").replace('&', "%26");
    url::form_urlencoded::parse(format!("x={word}").as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

/// As it stands between its quotation marks.
fn in_json(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.get(1..json.len() - 1).unwrap_or_default().to_owned()
}

/// Shorter ones are in every second word.
pub(super) const SHORTEST: usize = 6;

/// What of the base64 of a longer text is the same whatever stands around `secret`, when it begins `shift` bytes after a
/// multiple of three.
fn within(secret: &str, shift: usize, encode: impl Fn(&[u8]) -> String) -> String {
    let mut bytes = vec![0_u8; shift];
    bytes.extend(secret.as_bytes());
    let encoded = encode(&bytes);
    // The characters that share bits with what comes before and behind differ.
    let first = (shift * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    encoded.get(first..last.min(encoded.len())).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_the_base64_of_any_text_around_it() {
        let spellings = spellings("correct-horse-battery");
        for before in ["", "a", "ab", "abc", "user:"] {
            for behind in ["", "\n", "xy"] {
                let encoded = STANDARD.encode(format!("{before}correct-horse-battery{behind}"));
                assert!(spellings.iter().any(|spelling| encoded.contains(spelling)), "{before:?} {behind:?}");
            }
        }
    }

    #[test]
    fn a_secret_with_quotes_is_found_as_json_writes_it() {
        assert!(spellings("say \"friend\"").contains(&"say \\\"friend\\\"".to_owned()));
    }
}
