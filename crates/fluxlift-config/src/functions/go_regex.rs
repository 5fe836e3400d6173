//! `regex`, `regexall` and `replace`. Go's expressions and Rust's come from one ancestor and read alike.

use fluxlift_core::Value;
use regex::{Captures, Regex};

use super::registry::Function;
use super::{Args, CallError, CallResult};

pub(super) const TABLE: &[Function] = &[
    Function::new("regex", 2, 2, |_, a| {
        let regex = compile(Args(a), 0, &Args(a).text(0)?)?;
        match regex.captures(&Args(a).text(1)?) {
            Some(captures) => Ok(value(&regex, &captures)),
            None => Err(CallError::argument(1, "the pattern matches nothing in it").safe()),
        }
    }),
    Function::new("regexall", 2, 2, |_, a| {
        let regex = compile(Args(a), 0, &Args(a).text(0)?)?;
        let text = Args(a).text(1)?;
        Ok(Value::List(regex.captures_iter(&text).map(|c| value(&regex, &c)).collect()))
    }),
    Function::new("replace", 3, 3, |_, a| {
        let (text, pattern, with) = (Args(a).text(0)?, Args(a).text(1)?, Args(a).text(2)?);
        match pattern.strip_prefix('/').and_then(|p| p.strip_suffix('/')) {
            Some(inner) => Ok(compile(Args(a), 1, inner)?.replace_all(&text, with.as_str()).into_owned().into()),
            None => Ok(text.replace(&pattern, &with).into()),
        }
    }),
];

fn compile(_: Args<'_>, argument: usize, pattern: &str) -> CallResult<Regex> {
    Regex::new(pattern).map_err(|_| CallError::argument(argument, "it is not a valid regular expression"))
}

/// The whole match without groups, a list for numbered groups, an object for named ones.
fn value(regex: &Regex, captures: &Captures<'_>) -> Value {
    let text = |m: Option<regex::Match<'_>>| m.map_or(Value::Null, |m| m.as_str().into());
    let named: Vec<&str> = regex.capture_names().flatten().collect();
    if !named.is_empty() {
        return Value::map(named.into_iter().map(|name| (name, text(captures.name(name)))));
    }
    if captures.len() == 1 {
        return text(captures.get(0));
    }
    Value::List(captures.iter().skip(1).map(text).collect())
}
