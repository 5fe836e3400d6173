//! Regular expressions. Go's syntax and Rust's are the same but for corners that no chart uses.

use gotmpl::Value;
use regex::{NoExpand, Regex};

use super::Arguments;
use super::arguments::{string, strings};
use super::table::{Outcome, Table};

pub(super) fn register(table: &mut Table) {
    table.add("regexMatch", |a| Ok(Value::Bool(pattern(a)?.is_match(a.string(1)?))));
    table.add("regexFind", |a| Ok(string(pattern(a)?.find(a.string(1)?).map_or("", |m| m.as_str()))));
    table.add("regexFindAll", |a| {
        let most = limit(a, 2)?;
        Ok(strings(pattern(a)?.find_iter(a.string(1)?).take(most).map(|m| m.as_str())))
    });
    table.add("regexSplit", |a| {
        let most = limit(a, 2)?;
        Ok(strings(pattern(a)?.splitn(a.string(1)?, most)))
    });
    table.add("regexReplaceAll", |a| Ok(string(pattern(a)?.replace_all(a.string(1)?, a.string(2)?))));
    table.add("regexReplaceAllLiteral", |a| Ok(string(pattern(a)?.replace_all(a.string(1)?, NoExpand(a.string(2)?)))));
    table.add("regexQuoteMeta", |a| -> Outcome { Ok(string(regex::escape(a.string(0)?))) });
    for (must, name) in [
        ("mustRegexMatch", "regexMatch"),
        ("mustRegexFind", "regexFind"),
        ("mustRegexFindAll", "regexFindAll"),
        ("mustRegexSplit", "regexSplit"),
        ("mustRegexReplaceAll", "regexReplaceAll"),
        ("mustRegexReplaceAllLiteral", "regexReplaceAllLiteral"),
    ] {
        table.alias(must, name);
    }
}

fn pattern(a: Arguments<'_>) -> Result<Regex, String> {
    let given = a.string(0)?;
    Regex::new(given).map_err(|_| format!("{given:?} is not a regular expression"))
}

/// How many; a negative number means all.
fn limit(a: Arguments<'_>, index: usize) -> Result<usize, String> {
    Ok(usize::try_from(a.integer(index)?).unwrap_or(usize::MAX))
}
