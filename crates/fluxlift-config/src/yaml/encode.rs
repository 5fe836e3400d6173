//! Writing values as Terraform's `yamlencode` does.

use fluxlift_core::Value;

/// Writes a value as Terraform's `yamlencode` does: keys and texts quoted, two spaces.
pub(crate) fn encode(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Map(map) if !map.is_empty() => block(value, 0, &mut text),
        Value::List(list) if !list.is_empty() => block(value, 0, &mut text),
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
    text
}

fn block(value: &Value, depth: usize, text: &mut String) {
    let indent = " ".repeat(depth);
    match value.unmarked() {
        Value::Map(map) => {
            for (i, (key, value)) in map.iter().enumerate() {
                if i > 0 {
                    text.push_str(&indent);
                }
                text.push_str(&quoted(key));
                text.push(':');
                entry(value, depth, text);
            }
        }
        Value::List(list) => {
            for (i, value) in list.iter().enumerate() {
                if i > 0 {
                    text.push_str(&indent);
                }
                text.push('-');
                match value.unmarked() {
                    Value::Map(map) if !map.is_empty() => {
                        text.push(' ');
                        block(value, depth + 2, text);
                    }
                    Value::List(list) if !list.is_empty() => {
                        text.push(' ');
                        block(value, depth + 2, text);
                    }
                    scalar_value => line(&scalar(scalar_value), text),
                }
            }
        }
        other => line(&scalar(other), text),
    }
}

fn entry(value: &Value, depth: usize, text: &mut String) {
    match value.unmarked() {
        Value::Map(map) if !map.is_empty() => {
            text.push_str(&format!("\n{}", " ".repeat(depth + 2)));
            block(value, depth + 2, text);
        }
        Value::List(list) if !list.is_empty() => {
            text.push_str(&format!("\n{}", " ".repeat(depth)));
            block(value, depth, text);
        }
        Value::String(s) if s.ends_with('\n') && !s.ends_with("\n\n") && s.len() > 1 && !s.starts_with([' ', '\n']) => {
            text.push_str(" |\n");
            for part in s.lines() {
                if !part.is_empty() {
                    text.push_str(&" ".repeat(depth + 2));
                    text.push_str(part);
                }
                text.push('\n');
            }
        }
        other => line(&scalar(other), text),
    }
}

fn line(scalar: &str, text: &mut String) {
    text.push(' ');
    text.push_str(scalar);
    text.push('\n');
}

fn scalar(value: &Value) -> String {
    match value.unmarked() {
        Value::String(s) => quoted(s),
        Value::List(_) => "[]".to_owned(),
        Value::Map(_) => "{}".to_owned(),
        other => other.reveal().to_string(),
    }
}

/// A JSON string is a double-quoted YAML string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
