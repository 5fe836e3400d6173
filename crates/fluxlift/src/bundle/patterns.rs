//! What looks like a secret, whoever's it is.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::{Captures, Regex};

use super::spelling::percent_decoded;

/// What stands where a secret stood.
pub(super) const REDACTED: &str = "[redacted]";

/// A pattern of the program itself.
pub(super) fn pattern(text: &str) -> Regex {
    match Regex::new(text) {
        Ok(pattern) => pattern,
        Err(error) => unreachable!("a pattern of the program is none: {error}"),
    }
}

/// Keys and tokens that say themselves what they are.
static WHOLE: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    [
        pattern("(?i)AGE-SECRET-KEY-[0-9A-Z-]+"),
        pattern(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        ),
        pattern(
            r"(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abposr]-[A-Za-z0-9-]{10,}|\bAKIA[0-9A-Z]{16}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)",
        ),
    ]
});
/// `https://user:password@host`; the name alone may be a token.
static USERINFO: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)\b([a-z][a-z0-9+.-]*://)([^/\s"'<>]+)@"#));
/// `password=…`, `"token": "…"`, also within a text that was quoted again.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)([a-z0-9_.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credentials?)[a-z0-9_]*\\*["']?\s*[:=]\s*\\*["']?)([^\s"'\\,;&})\]{\[]{3,})"#,
    )
});
static SCHEME: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(bearer|basic)\s+([A-Za-z0-9._~+/=-]{8,})"));
/// A field whose text is a secret by its name.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credentials?|agekey)$",
    )
});

/// `text` without what looks like a secret.
pub(super) fn redact(text: &str) -> String {
    let mut text = text.to_owned();
    for pattern in WHOLE.iter() {
        replace(&mut text, pattern, |_| REDACTED.to_owned());
    }
    replace(&mut text, &USERINFO, |found| match &found[2] {
        // The user of every Git host's SSH.
        "git" => found[0].to_owned(),
        _ => format!("{}{REDACTED}@", &found[1]),
    });
    replace(&mut text, &SCHEME, |found| {
        let plain = found[1].eq_ignore_ascii_case("basic")
            && !STANDARD.decode(&found[2]).is_ok_and(|bytes| bytes.contains(&b':'));
        if plain { found[0].to_owned() } else { format!("{} {REDACTED}", &found[1]) }
    });
    replace(&mut text, &NAMED, |found| match &found[2] {
        REDACTED => found[0].to_owned(),
        _ => format!("{}{REDACTED}", &found[1]),
    });
    text
}

/// What the addresses in `text` have before their host: passwords, and tokens that stand alone; as written, and decoded.
pub(super) fn passwords(text: &str) -> Vec<String> {
    let written = USERINFO.captures_iter(text).filter_map(|found| {
        let userinfo = found.get(2)?.as_str();
        Some(userinfo.split_once(':').map_or(userinfo, |(_, password)| password)).filter(|it| *it != "git")
    });
    written.flat_map(|word| [word.to_owned(), percent_decoded(word)]).collect()
}

fn replace(text: &mut String, pattern: &Regex, with: impl Fn(&Captures<'_>) -> String) {
    if pattern.is_match(text) {
        *text = pattern.replace_all(text, |found: &Captures<'_>| with(found)).into_owned();
    }
}

/// Whether a field of this name holds a secret when it holds a text.
pub(super) fn names_a_secret(field: &str) -> bool {
    FIELD.is_match(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_itself_that_it_is_a_secret_goes() {
        for (text, clean) in [
            ("clone https://me:hunter2@git.example.org/x failed", "clone https://[redacted]@git.example.org/x failed"),
            ("https://x:p@ss@git.example.org/", "https://[redacted]@git.example.org/"),
            ("ssh://git@example.org/x", "ssh://git@example.org/x"),
            ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer [redacted]"),
            ("Authorization: Basic bWU6aHVudGVyMg==", "Authorization: Basic [redacted]"),
            ("basic authentication failed", "basic authentication failed"),
            (r#"{"msg":"{\"password\":\"hunter2\"}"}"#, r#"{"msg":"{\"password\":\"[redacted]\"}"}"#),
            ("db_password=hunter2 ok", "db_password=[redacted] ok"),
            ("key AGE-SECRET-KEY-1QQQQ end", "key [redacted] end"),
            ("ghp_0123456789abcdefghij", "[redacted]"),
            ("secret \"sops-age\" not found", "secret \"sops-age\" not found"),
        ] {
            assert_eq!(redact(text), clean);
        }
    }

    #[test]
    fn the_password_of_an_address_is_taken_as_written_and_decoded() {
        assert_eq!(passwords("see https://me:a%21b@host/ and ssh://git@host/x"), ["a%21b", "a!b"]);
        assert_eq!(passwords("https://token@host/ http://host/@x"), ["token", "token"]);
    }

    #[test]
    fn a_private_key_goes_with_all_its_lines_and_without_its_end() {
        let key = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\nb";
        assert_eq!(redact(key), "a\n[redacted]\nb");
        assert_eq!(redact("-----BEGIN PRIVATE KEY-----\\nMIIE"), "[redacted]");
    }
}
