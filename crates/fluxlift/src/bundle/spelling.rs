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
    all.extend(in_base64(secret.as_bytes()));
    told_apart(all)
}

/// The same of a secret that is no text: base64 as above, hexadecimal, and what becomes of it where somebody takes it for a
/// text all the same.
pub(super) fn spellings_of_bytes(secret: &[u8]) -> Vec<String> {
    let mut all = in_base64(secret);
    let hex = |digits: fn(&u8) -> String| secret.iter().map(digits).collect::<String>();
    all.extend([hex(|byte| format!("{byte:02x}")), hex(|byte| format!("{byte:02X}"))]);
    let lossy = String::from_utf8_lossy(secret).into_owned();
    // What is nearly all noise would be found in any noise.
    if lossy.chars().filter(|c| c.is_ascii_graphic()).count() >= SHORTEST {
        all.extend([in_json(&lossy), lossy]);
    }
    told_apart(all)
}

fn in_base64(secret: &[u8]) -> Vec<String> {
    let mut all: Vec<String> =
        [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD].iter().map(|engine| engine.encode(secret)).collect();
    for shift in 0..3 {
        all.extend(
            [STANDARD_NO_PAD, URL_SAFE_NO_PAD].map(|engine| within(secret, shift, |bytes| engine.encode(bytes))),
        );
    }
    all
}

fn told_apart(mut all: Vec<String>) -> Vec<String> {
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
fn within(secret: &[u8], shift: usize, encode: impl Fn(&[u8]) -> String) -> String {
    let mut bytes = vec![0_u8; shift];
    bytes.extend(secret);
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
    fn a_secret_that_is_no_text_is_found_in_base64_in_hexadecimal_and_where_it_is_taken_for_a_text() {
        let secret = b"\xfe\xedkeystore\x00\x9f\x01-more\xff";
        let spellings = spellings_of_bytes(secret);
        let found = |text: &str| spellings.iter().any(|spelling| text.contains(spelling));
        for before in [&b""[..], b"a", b"ab", b"user:"] {
            assert!(found(&STANDARD.encode([before, secret].concat())), "{before:?}");
            assert!(found(&URL_SAFE_NO_PAD.encode([before, secret, b"xy"].concat())), "{before:?}");
        }
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(found(&format!("key={hex}")) && found(&hex.to_uppercase()));
        assert!(found(&format!("read {} from it", String::from_utf8_lossy(secret))));
        // Noise alone is no word to look for.
        assert!(spellings_of_bytes(&[0xff; 40]).iter().all(|spelling| spelling.is_ascii()));
    }

    #[test]
    fn a_secret_with_quotes_is_found_as_json_writes_it() {
        assert!(spellings("say \"friend\"").contains(&"say \\\"friend\\\"".to_owned()));
    }
}
