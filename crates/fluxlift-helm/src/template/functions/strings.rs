//! Functions on text.

use super::Arguments;
use super::arguments::{string, strings, text};
use super::quote::quote;
use super::table::{Outcome, Table};
use gotmpl::Value;

pub(super) fn register(table: &mut Table) {
    table.add("quote", |a| Ok(string(present(a).map(|t| quote(&t)).collect::<Vec<_>>().join(" "))));
    table.add("squote", |a| Ok(string(present(a).map(|t| format!("'{t}'")).collect::<Vec<_>>().join(" "))));
    table.add("cat", |a| Ok(string(present(a).collect::<Vec<_>>().join(" "))));
    table.add("upper", |a| each(a, str::to_uppercase));
    table.add("lower", |a| each(a, str::to_lowercase));
    table.add("title", |a| each(a, title));
    table.add("untitle", |a| each(a, untitle));
    table.add("swapcase", |a| each(a, swap_case));
    table.add("trim", |a| each(a, |s| s.trim().to_owned()));
    table.add("nospace", |a| each(a, |s| s.split_whitespace().collect()));
    table.add("camelcase", |a| each(a, |s| words(s).map(|w| title(&w)).collect()));
    table.add("snakecase", |a| each(a, |s| words(s).collect::<Vec<_>>().join("_")));
    table.add("kebabcase", |a| each(a, |s| words(s).collect::<Vec<_>>().join("-")));
    table.add("initials", |a| each(a, |s| s.split_whitespace().filter_map(|w| w.chars().next()).collect()));
    table.add("trimAll", |a| cut(a, |s, set| s.trim_matches(|c| set.contains(c))));
    table.alias("trimall", "trimAll");
    table.add("trimPrefix", |a| cut(a, |s, prefix| s.strip_prefix(prefix).unwrap_or(s)));
    table.add("trimSuffix", |a| cut(a, |s, suffix| s.strip_suffix(suffix).unwrap_or(s)));
    table.add("contains", |a| test(a, |s, part| s.contains(part)));
    table.add("hasPrefix", |a| test(a, |s, part| s.starts_with(part)));
    table.add("hasSuffix", |a| test(a, |s, part| s.ends_with(part)));
    table.add("replace", |a| {
        let a = a.exactly(3)?;
        Ok(string(a.string(2)?.replace(a.string(0)?, a.string(1)?)))
    });
    table.add("repeat", |a| {
        let count = usize::try_from(a.integer(0)?).map_err(|_| "wants a count that is not negative".to_owned())?;
        let part = a.string(1)?;
        if part.len().saturating_mul(count) > LONGEST {
            Err("makes too long a text".to_owned())
        } else {
            Ok(string(part.repeat(count)))
        }
    });
    table.add("substr", |a| {
        let (from, to, s) = (a.integer(0)?, a.integer(1)?, a.string(2)?);
        let from = usize::try_from(from).unwrap_or(0);
        let to = usize::try_from(to).ok().filter(|&to| to <= s.len()).unwrap_or(s.len());
        s.get(from..to.max(from)).map(string).ok_or_else(|| format!("has no part {from} to {to}"))
    });
    table.add("trunc", trunc);
    table.add("abbrev", |a| {
        let (width, s) = (usize::try_from(a.integer(0)?).unwrap_or(0), a.string(1)?);
        let short: String = s.chars().take(width.saturating_sub(3)).collect();
        Ok(string(if width < 4 || s.chars().count() <= width { s.to_owned() } else { format!("{short}...") }))
    });
    table.add("indent", |a| Ok(string(indent(a)?)));
    table.add("nindent", |a| Ok(string(format!("\n{}", indent(a)?))));
    table.add("plural", |a| {
        let count = a.integer(2)?;
        a.get(usize::from(count != 1)).cloned()
    });
    table.add("splitList", |a| Ok(strings(a.string(1)?.split(a.string(0)?))));
    table.add("split", |a| Ok(numbered(a.string(1)?.split(a.string(0)?))));
    table.add("splitn", |a| {
        let most = usize::try_from(a.integer(1)?).unwrap_or(usize::MAX);
        Ok(numbered(a.string(2)?.splitn(most, a.string(0)?)))
    });
}

/// No text that a function repeats may be longer.
const LONGEST: usize = 16 << 20;

/// The arguments that are not nil, as text.
fn present(a: Arguments<'_>) -> impl Iterator<Item = String> {
    a.all().iter().filter(|v| !matches!(v, Value::Nil)).map(text)
}

fn each(a: Arguments<'_>, change: impl Fn(&str) -> String) -> Outcome {
    Ok(string(change(a.exactly(1)?.string(0)?)))
}

fn cut(a: Arguments<'_>, change: impl for<'s> Fn(&'s str, &str) -> &'s str) -> Outcome {
    let a = a.exactly(2)?;
    Ok(string(change(a.string(1)?, a.string(0)?)))
}

fn test(a: Arguments<'_>, holds: impl Fn(&str, &str) -> bool) -> Outcome {
    let a = a.exactly(2)?;
    Ok(Value::Bool(holds(a.string(1)?, a.string(0)?)))
}

/// Bytes as in Go, but never inside a character.
fn trunc(a: Arguments<'_>) -> Outcome {
    let (count, s) = (a.integer(0)?, a.string(1)?);
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if size >= s.len() {
        return Ok(string(s));
    }
    let mut at = if count < 0 { s.len() - size } else { size };
    while !s.is_char_boundary(at) {
        at -= 1;
    }
    Ok(string(if count < 0 { &s[at..] } else { &s[..at] }))
}

fn indent(a: Arguments<'_>) -> Result<String, String> {
    let a = a.exactly(2)?;
    let spaces = usize::try_from(a.integer(0)?).map_err(|_| "wants a width that is not negative".to_owned())?;
    let pad = " ".repeat(spaces.min(1000));
    Ok(format!("{pad}{}", a.string(1)?.replace('\n', &format!("\n{pad}"))))
}

fn numbered<'s>(parts: impl Iterator<Item = &'s str>) -> Value {
    let entries = parts.enumerate().map(|(i, part)| (format!("_{i}").into(), string(part)));
    Value::Map(std::sync::Arc::new(entries.collect()))
}

fn title(s: &str) -> String {
    let mut start = true;
    s.chars()
        .flat_map(|c| {
            let upper = std::mem::replace(&mut start, !(c.is_alphanumeric() || c == '_' || c == '\''));
            if upper { c.to_uppercase().collect::<Vec<_>>() } else { vec![c] }
        })
        .collect()
}

fn untitle(s: &str) -> String {
    let mut rest = s.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

fn swap_case(s: &str) -> String {
    let swap =
        |c: char| if c.is_uppercase() { c.to_lowercase().collect::<Vec<_>>() } else { c.to_uppercase().collect() };
    s.chars().flat_map(swap).collect()
}

/// The words of a name in any case, in lower case.
fn words(s: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in s.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.into_iter().filter(|w| !w.is_empty())
}
