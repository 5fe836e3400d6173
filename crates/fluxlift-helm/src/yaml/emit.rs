//! The structure of a document: mappings, sequences and what stands between them.

use serde_json::Value;

use super::number::json_number;
use super::order::natural;
use super::scalar::{self, Place};
use super::writer::Writer;

/// The deepest key that may stand on one line with its value, in bytes.
const SIMPLE_KEY_LIMIT: usize = 128;

/// `value` as YAML, ending in a line break.
pub fn to_yaml(value: &Value) -> String {
    let mut writer = Writer::default();
    node(&mut writer, value, -1, Parent::Root);
    writer.end_line();
    writer.finish()
}

/// What a node stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    Root,
    Mapping,
    Sequence,
}

fn node(out: &mut Writer, value: &Value, indent: i32, parent: Parent) {
    match value {
        Value::Object(map) if map.is_empty() => out.token("{}"),
        Value::Array(list) if list.is_empty() => out.token("[]"),
        Value::Object(map) => mapping(out, map, deeper(indent)),
        Value::Array(list) => {
            let compact = parent == Parent::Mapping && !out.at_indention();
            let indent = if compact { indent } else { deeper(indent) };
            for item in list {
                out.indent(indent);
                out.indicator("-");
                node(out, item, indent, Parent::Sequence);
            }
        }
        Value::String(text) => scalar::write(out, text, below(indent), Place::Value),
        Value::Null => out.token("null"),
        Value::Bool(b) => out.token(if *b { "true" } else { "false" }),
        Value::Number(n) => out.token(&json_number(n)),
    }
}

fn mapping(out: &mut Writer, map: &serde_json::Map<String, Value>, indent: i32) {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| natural(a.0, b.0));
    for (key, value) in entries {
        out.indent(indent);
        if key.len() <= SIMPLE_KEY_LIMIT && !scalar::has_break(key) {
            scalar::write(out, key, below(indent), Place::Key);
            out.glue(":");
        } else {
            out.indicator("?");
            scalar::write(out, key, below(indent), Place::Value);
            out.indent(indent);
            out.indicator(":");
        }
        node(out, value, indent, Parent::Mapping);
    }
}

/// The indent of a block inside a block; the outermost one has none.
const fn deeper(indent: i32) -> i32 {
    if indent < 0 { 0 } else { indent + 2 }
}

/// The indent of the further lines of a scalar; even the outermost one has two.
const fn below(indent: i32) -> i32 {
    if indent < 0 { 2 } else { indent + 2 }
}
