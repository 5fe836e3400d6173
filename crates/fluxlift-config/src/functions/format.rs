//! `format` and `formatlist`: Go's verbs.

use fluxlift_core::{Number, Value};

use super::registry::{ANY, Function};
use super::{Args, CallError, CallResult};
use crate::eval::convert;

pub(super) const TABLE: &[Function] = &[
    Function::new("format", 1, ANY, |_, a| Ok(format(&Args(a).text(0)?, &a[1..])?.into())),
    Function::new("formatlist", 1, ANY, |_, a| {
        let pattern = Args(a).text(0)?;
        let rows = a[1..].iter().filter_map(Value::as_list).map(<[Value]>::len).max().unwrap_or(1);
        (0..rows)
            .map(|row| {
                let of_row = |(i, v): (usize, &Value)| match v {
                    Value::List(list) => list
                        .get(row)
                        .cloned()
                        .ok_or_else(|| CallError::argument(i + 1, "the lists must have the same length").safe()),
                    one => Ok(one.clone()),
                };
                let values = a[1..].iter().enumerate().map(of_row).collect::<CallResult<Vec<_>>>()?;
                format(&pattern, &values).map(Value::from)
            })
            .collect::<CallResult<_>>()
            .map(Value::List)
    }),
];

#[derive(Default)]
struct Verb {
    minus: bool,
    plus: bool,
    space: bool,
    zero: bool,
    sharp: bool,
    width: usize,
    precision: Option<usize>,
}

fn format(pattern: &str, values: &[Value]) -> CallResult<String> {
    let mut text = String::new();
    let mut chars = pattern.chars().peekable();
    let mut next = 0;
    let mut used = 0;
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut verb = Verb::default();
        while let Some(flag) = chars.next_if(|c| "-+ 0#".contains(*c)) {
            match flag {
                '-' => verb.minus = true,
                '+' => verb.plus = true,
                ' ' => verb.space = true,
                '0' => verb.zero = true,
                _ => verb.sharp = true,
            }
        }
        verb.width = digits(&mut chars).unwrap_or(0);
        if chars.next_if_eq(&'.').is_some() {
            verb.precision = Some(digits(&mut chars).unwrap_or(0));
        }
        if chars.next_if_eq(&'[').is_some() {
            let index = digits(&mut chars).filter(|i| *i > 0);
            next = index.ok_or_else(|| CallError::argument(0, "`[…]` must hold the number of an argument").safe())? - 1;
            chars.next_if_eq(&']');
        }
        let Some(letter) = chars.next() else {
            return Err(CallError::argument(0, "it ends within a verb").safe());
        };
        if letter == '%' {
            text.push('%');
            continue;
        }
        let value = values.get(next).ok_or_else(|| {
            CallError::argument(0, format!("it needs at least {} values, here are {}", next + 1, values.len())).safe()
        })?;
        next += 1;
        used = used.max(next);
        text.push_str(&padded(&verb, &shown(&verb, letter, value, next)?));
    }
    if used < values.len() {
        return Err(CallError::argument(used + 1, "the format has no verb for it").safe());
    }
    Ok(text)
}

fn digits(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<usize> {
    let mut text = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        text.push(digit);
    }
    text.parse().ok().map(|n: usize| n.min(4096))
}

fn shown(verb: &Verb, letter: char, value: &Value, argument: usize) -> CallResult<String> {
    let wrong = |wanted: &str| {
        CallError::argument(argument, format!("`%{letter}` needs {wanted}, this is {}", convert::kind(value))).safe()
    };
    let number = || convert::to_number(value).ok_or_else(|| wrong("a number"));
    let whole = || convert::to_whole(value).ok_or_else(|| wrong("a whole number"));
    let precision = verb.precision.unwrap_or(6);
    Ok(match letter {
        's' => cut(verb, convert::to_text(value).ok_or_else(|| wrong("a string"))?),
        'q' => Value::from(convert::to_text(value).ok_or_else(|| wrong("a string"))?).reveal().to_string(),
        'v' if verb.sharp => value.reveal().to_string(),
        'v' => match value {
            Value::String(s) => cut(verb, s.clone()),
            Value::Number(n) => signed(verb, n.to_string()),
            other => other.reveal().to_string(),
        },
        't' => convert::to_bool(value).ok_or_else(|| wrong("a bool"))?.to_string(),
        'd' => signed(
            verb,
            match number()? {
                Number::Int(i) => i.to_string(),
                Number::Float(f) => format!("{:.0}", f.trunc()),
            },
        ),
        'f' | 'F' => signed(verb, format!("{:.precision$}", number()?.as_f64())),
        'e' | 'E' => signed(verb, exponent(number()?.as_f64(), precision, letter)),
        'g' | 'G' => signed(verb, number()?.to_string()),
        'b' => format!("{:b}", whole()?),
        'o' => format!("{:o}", whole()?),
        'x' if matches!(value, Value::String(_)) => hex(value.as_str().unwrap_or_default()),
        'X' if matches!(value, Value::String(_)) => hex(value.as_str().unwrap_or_default()).to_uppercase(),
        'x' => format!("{:x}", whole()?),
        'X' => format!("{:X}", whole()?),
        other => return Err(CallError::argument(0, format!("there is no verb `%{other}`")).safe()),
    })
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn exponent(f: f64, precision: usize, letter: char) -> String {
    let text = format!("{f:.precision$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{mantissa}{letter}{sign}{power:0>2}")
}

fn cut(verb: &Verb, text: String) -> String {
    match verb.precision {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    }
}

fn signed(verb: &Verb, text: String) -> String {
    match (text.starts_with('-'), verb.plus, verb.space) {
        (false, true, _) => format!("+{text}"),
        (false, false, true) => format!(" {text}"),
        _ => text,
    }
}

fn padded(verb: &Verb, text: &str) -> String {
    let missing = verb.width.saturating_sub(text.chars().count());
    if missing == 0 {
        return text.to_owned();
    }
    if verb.minus {
        return text.to_owned() + &" ".repeat(missing);
    }
    if verb.zero {
        let (sign, digits) = text.split_at(usize::from(text.starts_with(['-', '+', ' '])));
        return format!("{sign}{}{digits}", "0".repeat(missing));
    }
    " ".repeat(missing) + text
}
