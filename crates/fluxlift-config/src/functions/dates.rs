//! Times as RFC 3339 texts.

use fluxlift_core::{Timestamp, Value};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};

use super::registry::Function;
use super::{Args, CallError, CallResult};

pub(super) const TABLE: &[Function] = &[
    Function::new("timestamp", 0, 0, |e, _| Ok(rfc3339(e.context.session.options.now).into())),
    Function::new("formatdate", 2, 2, |_, a| {
        let at = zoned(Args(a), 1)?;
        formatted(&Args(a).text(0)?, &at).map(Value::from)
    }),
    Function::new("timeadd", 2, 2, |_, a| {
        let at = zoned(Args(a), 0)?.timestamp();
        let by = go_duration(&Args(a).text(1)?);
        let by = by.ok_or_else(|| CallError::argument(1, "it is not a duration such as 1h30m").safe())?;
        let sum = at.checked_add(by).map_err(|_| CallError::new("the time is out of range").safe())?;
        Ok(rfc3339(sum).into())
    }),
    Function::new("timecmp", 2, 2, |_, a| {
        let order = zoned(Args(a), 0)?.timestamp().cmp(&zoned(Args(a), 1)?.timestamp());
        Ok(Value::from(order as i64))
    }),
];

fn rfc3339(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn zoned(args: Args<'_>, i: usize) -> CallResult<Zoned> {
    let text = args.text(i)?;
    let wrong = || CallError::argument(i, "it is not a time such as 2006-01-02T15:04:05Z").safe();
    let at: Timestamp = text.parse().map_err(|_| wrong())?;
    let zone = if text.ends_with(['Z', 'z']) {
        TimeZone::UTC
    } else {
        let offset = text.get(text.len().saturating_sub(6)..).unwrap_or_default();
        let (sign, rest) = offset.split_at_checked(1).ok_or_else(wrong)?;
        let (hours, minutes) = rest.split_once(':').ok_or_else(wrong)?;
        let (hours, minutes) =
            (hours.parse::<i32>().map_err(|_| wrong())?, minutes.parse::<i32>().map_err(|_| wrong())?);
        let seconds = (hours * 60 + minutes) * 60 * if sign == "-" { -1 } else { 1 };
        jiff::tz::Offset::from_seconds(seconds).map(|offset| offset.to_time_zone()).map_err(|_| wrong())?
    };
    Ok(at.to_zoned(zone))
}

/// A duration as Go writes it: numbers with the units h, m, s, ms, us and ns.
fn go_duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut seconds = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let after = &rest[end..];
        let units = [("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
        let (unit, factor) = units.into_iter().find(|(unit, _)| after.starts_with(unit))?;
        seconds += number * factor;
        rest = &after[unit.len()..];
    }
    SignedDuration::try_from_secs_f64(if negative { -seconds } else { seconds }).ok()
}

fn formatted(pattern: &str, at: &Zoned) -> CallResult<String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (literal, after) = quoted(rest);
            text.push_str(&literal);
            rest = after;
            continue;
        }
        let length = rest.chars().take_while(|c| *c == first).map(char::len_utf8).sum();
        let (token, after) = rest.split_at(length);
        rest = after;
        if !first.is_ascii_alphabetic() {
            text.push_str(token);
            continue;
        }
        let Some(code) = code(token) else {
            return Err(CallError::argument(0, format!("`{token}` is not part of a date format")).safe());
        };
        match code {
            "Z" if at.offset().is_zero() => text.push('Z'),
            "Z" => text.push_str(&at.strftime("%:z").to_string()),
            "ZZZ" if at.offset().is_zero() => text.push_str("UTC"),
            "ZZZ" => text.push_str(&at.strftime("%z").to_string()),
            code => text.push_str(&at.strftime(code).to_string()),
        }
    }
    Ok(text)
}

/// The literal that `text` begins with, in single quotes that are doubled inside it, and what follows.
fn quoted(text: &str) -> (String, &str) {
    let mut literal = String::new();
    let mut rest = &text[1..];
    while let Some(end) = rest.find('\'') {
        literal.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        if !rest.starts_with('\'') {
            return (literal, rest);
        }
        literal.push('\'');
        rest = &rest[1..];
    }
    literal.push_str(rest);
    (literal, "")
}

fn code(token: &str) -> Option<&'static str> {
    Some(match token {
        "YYYY" => "%Y",
        "YY" => "%y",
        "MMMM" => "%B",
        "MMM" => "%b",
        "MM" => "%m",
        "M" => "%-m",
        "DD" => "%d",
        "D" => "%-d",
        "EEEE" => "%A",
        "EEE" => "%a",
        "hh" => "%H",
        "h" => "%-H",
        "HH" => "%I",
        "H" => "%-I",
        "AA" => "%p",
        "aa" => "%P",
        "mm" => "%M",
        "m" => "%-M",
        "ss" => "%S",
        "s" => "%-S",
        "ZZZZZ" => "%:z",
        "ZZZZ" => "%z",
        "ZZZ" => "ZZZ",
        "Z" => "Z",
        _ => return None,
    })
}
