//! Inputs as people write them in a `terragrunt.hcl`.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// `inputs = { … }`.
pub fn inputs(values: &Map<String, Value>) -> String {
    let mut text = String::from("inputs = ");
    write(&mut text, &Value::Object(values.clone()), 0);
    text.push('\n');
    text
}

fn write(text: &mut String, value: &Value, depth: usize) {
    let pad = "  ".repeat(depth + 1);
    let end = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            text.push_str("{\n");
            let width = map.keys().map(String::len).max().unwrap_or(0);
            for (name, value) in map {
                let _ = write!(text, "{pad}{name:<width$} = ");
                write(text, value, depth + 1);
                text.push('\n');
            }
            let _ = write!(text, "{end}}}");
        }
        Value::Array(items) => {
            text.push_str("[\n");
            for item in items {
                text.push_str(&pad);
                write(text, item, depth + 1);
                text.push_str(",\n");
            }
            let _ = write!(text, "{end}]");
        }
        // A template would be evaluated: what looks like one is written with its mark doubled.
        Value::String(plain) => {
            let quoted = Value::from(plain.replace("${", "$${").replace("%{", "%%{")).to_string();
            text.push_str(&quoted);
        }
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_looks_like_a_template_is_not_evaluated() {
        let Value::Object(map) = json!({"a": "x${y}", "list": [{"b": true}]}) else { panic!("no map") };
        assert_eq!(
            inputs(&map),
            "inputs = {\n  a    = \"x$${y}\"\n  list = [\n    {\n      b = true\n    },\n  ]\n}\n"
        );
    }
}
