//! Text functions.

use fluxlift_core::Value;

use super::registry::{ANY, Function};
use super::{Args, CallError};

/// The most spaces that a line is indented by.
const WIDEST: usize = 1_000;

pub(super) const TABLE: &[Function] = &[
    Function::new("lower", 1, 1, |_, a| Ok(Args(a).text(0)?.to_lowercase().into())),
    Function::new("upper", 1, 1, |_, a| Ok(Args(a).text(0)?.to_uppercase().into())),
    Function::new("title", 1, 1, |_, a| Ok(title(&Args(a).text(0)?).into())),
    Function::new("chomp", 1, 1, |_, a| Ok(Args(a).text(0)?.trim_end_matches(['\n', '\r']).into())),
    Function::new("trimspace", 1, 1, |_, a| Ok(Args(a).text(0)?.trim().into())),
    Function::new("trim", 2, 2, |_, a| {
        let cut: Vec<char> = Args(a).text(1)?.chars().collect();
        Ok(Args(a).text(0)?.trim_matches(cut.as_slice()).into())
    }),
    Function::new("trimprefix", 2, 2, |_, a| {
        let (text, prefix) = (Args(a).text(0)?, Args(a).text(1)?);
        Ok(text.strip_prefix(&prefix).unwrap_or(&text).into())
    }),
    Function::new("trimsuffix", 2, 2, |_, a| {
        let (text, suffix) = (Args(a).text(0)?, Args(a).text(1)?);
        Ok(text.strip_suffix(&suffix).unwrap_or(&text).into())
    }),
    Function::new("startswith", 2, 2, |_, a| Ok(Args(a).text(0)?.starts_with(&Args(a).text(1)?).into())),
    Function::new("endswith", 2, 2, |_, a| Ok(Args(a).text(0)?.ends_with(&Args(a).text(1)?).into())),
    Function::new("strcontains", 2, 2, |_, a| Ok(Args(a).text(0)?.contains(&Args(a).text(1)?).into())),
    Function::new("strrev", 1, 1, |_, a| Ok(Args(a).text(0)?.chars().rev().collect::<String>().into())),
    Function::new("join", 2, ANY, |_, a| {
        let args = Args(a);
        let mut items = Vec::new();
        for i in 1..args.len() {
            items.extend(args.texts(i)?);
        }
        Ok(items.join(&args.text(0)?).into())
    }),
    Function::new("split", 2, 2, |_, a| {
        let (separator, text) = (Args(a).text(0)?, Args(a).text(1)?);
        if text.is_empty() {
            return Ok(Value::List(vec![Value::from("")]));
        }
        if separator.is_empty() {
            return Ok(Value::List(text.chars().map(|c| c.to_string().into()).collect()));
        }
        Ok(Value::List(text.split(separator.as_str()).map(Value::from).collect()))
    }),
    Function::new("indent", 2, 2, |_, a| {
        let spaces = usize::try_from(Args(a).whole(0)?).unwrap_or(0);
        if spaces > WIDEST {
            return Err(CallError::argument(0, format!("no line is indented by more than {WIDEST} spaces")).safe());
        }
        let spaces = " ".repeat(spaces);
        Ok(Args(a).text(1)?.replace('\n', &format!("\n{spaces}")).into())
    }),
    Function::new("substr", 3, 3, |_, a| {
        let text: Vec<char> = Args(a).text(0)?.chars().collect();
        let (offset, length) = (Args(a).whole(1)?, Args(a).whole(2)?);
        let size = i64::try_from(text.len()).unwrap_or(i64::MAX);
        let start = if offset < 0 { size.saturating_add(offset) } else { offset };
        if !(0..=size).contains(&start) {
            return Err(CallError::argument(1, "the offset is beyond the text").safe());
        }
        let end = if length < 0 { size } else { start.saturating_add(length).min(size) };
        let range = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
        Ok(text[range].iter().collect::<String>().into())
    }),
];

fn title(text: &str) -> String {
    let mut at_start = true;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        if at_start {
            titled.extend(c.to_uppercase());
        } else {
            titled.push(c);
        }
        at_start = !c.is_alphanumeric() && c != '\'' && c != '_';
    }
    titled
}
