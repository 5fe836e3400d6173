//! What SOPS itself would make of the files, and what must be refused.

use std::path::Path;

use fluxlift_core::Timestamp;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

const KEY: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

fn identity() -> (Identities, Vec<String>) {
    let key = age::x25519::Identity::generate();
    use age::secrecy::ExposeSecret;
    let identities = Identities::parse("test", key.to_string().expose_secret()).unwrap();
    let recipients = identities.recipients();
    (identities, recipients)
}

fn sealed(text: &str, format: Format, recipients: &[String]) -> String {
    encrypt(text, format, recipients, Timestamp::UNIX_EPOCH, &mut StdRng::seed_from_u64(1)).unwrap()
}

const PLAIN: &str = "user: root@pam\nport: 8006\nratio: 0.5\non: true\nempty: \"\"\nnothing: null\n\
                     list:\n    - one\n    - key: two\nplain_unencrypted: open\n";

#[test]
fn what_was_encrypted_for_a_key_is_opened_by_it() {
    let (identities, recipients) = identity();
    for (format, text) in [
        (Format::Yaml, PLAIN),
        (Format::Json, "{\n  \"a\": \"x\",\n  \"b\": [\n    1,\n    true\n  ]\n}\n"),
        (Format::Dotenv, "A=x\nB=two words\n"),
        (Format::Binary, "anything\n\tat all"),
    ] {
        let sealed = sealed(text, format, &recipients);
        assert!(!sealed.contains("root@pam") && !sealed.contains("two") && !sealed.contains("anything"), "{sealed}");
        assert_eq!(decrypt(Path::new("x"), &sealed, format, &identities).unwrap().replace("\"on\"", "on"), text);
    }
}

#[test]
fn a_wrong_key_is_named_with_the_file_and_the_recipients() {
    let (_, recipients) = identity();
    let (other, have) = identity();
    let error =
        decrypt(Path::new("s.yaml"), &sealed(PLAIN, Format::Yaml, &recipients), Format::Yaml, &other).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("s.yaml") && message.contains(&recipients[0]) && message.contains(&have[0]), "{message}");
    assert!(!fluxlift_core::Explain::hints(&error).is_empty());
}

#[test]
fn a_value_that_was_moved_or_changed_is_found() {
    let (identities, recipients) = identity();
    let text = sealed("a: one\nb: two\n", Format::Yaml, &recipients);
    let swapped = text.replacen("a: ", "c: ", 1);
    let error = decrypt(Path::new("s.yaml"), &swapped, Format::Yaml, &identities).unwrap_err();
    assert!(matches!(error, SopsError::Value { ref key, .. } if key == "c"), "{error}");
    let shorter: String =
        text.lines().filter(|line| !line.starts_with("b: ")).map(|line| format!("{line}\n")).collect();
    let error = decrypt(Path::new("s.yaml"), &shorter, Format::Yaml, &identities).unwrap_err();
    assert!(matches!(error, SopsError::Mac(_)), "{error}");
}

#[test]
fn a_plain_file_and_a_bad_key_are_told_apart() {
    let (identities, _) = identity();
    let error = decrypt(Path::new("s.yaml"), "a: 1\n", Format::Yaml, &identities).unwrap_err();
    assert!(matches!(error, SopsError::NotEncrypted(_)));
    let error = Identities::parse("keys.txt", &format!("# a comment\n{KEY}x\n")).unwrap_err();
    assert_eq!(error.to_string(), "keys.txt does not hold an age key (line 2)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_text_survives_the_binary_store(text in ".{0,200}") {
        let (identities, recipients) = identity();
        let sealed = sealed(&text, Format::Binary, &recipients);
        prop_assert_eq!(decrypt(Path::new("x"), &sealed, Format::Binary, &identities).unwrap(), text);
    }
}
