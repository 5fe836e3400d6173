//! JSON, YAML, base64, CSV and URLs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Value;

use super::registry::Function;
use super::{Args, CallError, CallResult};
use crate::yaml;

pub(super) const TABLE: &[Function] = &[
    Function::new("jsonencode", 1, 1, |_, a| Ok(json(Args(a).value(0)).into())),
    Function::new("jsondecode", 1, 1, |_, a| {
        let json: serde_json::Value = serde_json::from_str(&Args(a).text(0)?).map_err(|error| {
            CallError::argument(0, format!("it is not JSON (line {}, column {})", error.line(), error.column())).safe()
        })?;
        Ok(json.into())
    }),
    Function::new("yamlencode", 1, 1, |_, a| Ok(yaml::encode(Args(a).value(0)).into())),
    Function::new("yamldecode", 1, 1, |_, a| {
        yaml::decode(&Args(a).text(0)?).map_err(|error| CallError::argument(0, error.to_string()).safe())
    }),
    Function::new("base64encode", 1, 1, |_, a| Ok(STANDARD.encode(Args(a).text(0)?).into())),
    Function::new("base64decode", 1, 1, |_, a| {
        let bytes = STANDARD.decode(Args(a).text(0)?).map_err(|_| CallError::argument(0, "it is not base64").safe())?;
        String::from_utf8(bytes)
            .map(Value::from)
            .map_err(|_| CallError::argument(0, "what it holds is not UTF-8").safe())
    }),
    Function::new("urlencode", 1, 1, |_, a| Ok(url_encoded(&Args(a).text(0)?).into())),
    Function::new("csvdecode", 1, 1, |_, a| csv(&Args(a).text(0)?)),
];

/// Compact JSON as Terraform writes it: `<`, `>`, `&` and two line separators are escaped.
fn json(value: &Value) -> String {
    let mut text = String::new();
    for c in value.reveal().to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            other => text.push(other),
        }
    }
    text
}

fn url_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

fn csv(text: &str) -> CallResult {
    let mut rows = csv_rows(text).into_iter();
    let header = rows.next().ok_or_else(|| CallError::argument(0, "there is no header line").safe())?;
    rows.map(|row| {
        if row.len() == header.len() {
            Ok(Value::map(header.iter().cloned().zip(row.into_iter().map(Value::from))))
        } else {
            Err(CallError::argument(0, "a line has another number of fields than the header").safe())
        }
    })
    .collect::<CallResult<_>>()
    .map(Value::List)
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.trim_end_matches(['\n', '\r']).chars().peekable();
    while let Some(c) = chars.next() {
        let Some(row) = rows.last_mut() else { break };
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => push(row, '"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => rows.push(vec![String::new()]),
            other => push(row, other),
        }
    }
    rows.retain(|row| row.iter().any(|field| !field.is_empty()));
    rows
}

fn push(row: &mut [String], c: char) {
    if let Some(field) = row.last_mut() {
        field.push(c);
    }
}
