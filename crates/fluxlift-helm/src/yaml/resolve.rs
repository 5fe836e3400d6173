//! What a plain scalar reads as under YAML 1.1.

use std::sync::LazyLock;

use regex::Regex;

/// The spellings of booleans, null and the special floats. `<<` and `=` are missing on purpose: they read as text.
const WORDS: &[&str] = &[
    "", "~", "null", "Null", "NULL", "y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "true", "True", "TRUE",
    "false", "False", "FALSE", "on", "On", "ON", "off", "Off", "OFF", ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF",
    "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
];

static FLOAT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$").ok());
static SEXAGESIMAL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$").ok());
static TIMESTAMP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let time = r"(\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?";
    Regex::new(&format!(r"^(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})(?:[Tt]{time}(?:Z|[-+]\d\d:\d\d)| {time})?$")).ok()
});

/// Whether `text`, written without quotes, reads back as text.
pub(super) fn reads_as_text(text: &str) -> bool {
    if WORDS.contains(&text) || matches(&SEXAGESIMAL, text) {
        return false;
    }
    match text.as_bytes().first() {
        Some(b'.') => !is_float(text),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            let plain = text.replace('_', "");
            !(is_timestamp(text) || is_integer(&plain) || is_float(&plain))
        }
        _ => true,
    }
}

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|p| p.is_match(text))
}

fn is_float(text: &str) -> bool {
    matches(&FLOAT, text) && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Decimal, `0x`, `0o`, `0b`, or octal by a leading zero, within 64 bits.
fn is_integer(text: &str) -> bool {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return false;
    }
    let limit = if negative {
        1 << 63
    } else if text.starts_with('+') {
        (1 << 63) - 1
    } else {
        u128::from(u64::MAX)
    };
    u128::from_str_radix(digits, radix).is_ok_and(|value| value <= limit)
}

fn is_timestamp(text: &str) -> bool {
    let Some(parts) = TIMESTAMP.as_ref().and_then(|p| p.captures(text)) else { return false };
    let number = |i: usize| parts.get(i).and_then(|m| m.as_str().parse::<i16>().ok());
    let small = |i: usize| number(i).and_then(|n| i8::try_from(n).ok());
    let date = number(1).zip(small(2)).zip(small(3)).map(|((y, m), d)| jiff::civil::Date::new(y, m, d));
    let time =
        |hour: usize| small(hour).is_none_or(|h| h < 24) && (1..3).all(|i| small(hour + i).is_none_or(|v| v < 60));
    date.is_some_and(|d| d.is_ok()) && time(4) && time(8)
}
