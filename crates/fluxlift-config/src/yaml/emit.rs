//! Writing documents as SOPS does: four spaces, plain scalars where they are safe, literal blocks for text of several
//! lines.

use super::doc::Doc;
use super::encode::quoted;

/// `doc` as YAML.
pub(crate) fn emit(doc: &Doc) -> String {
    let mut text = String::new();
    match doc {
        Doc::Map(entries) if !entries.is_empty() => map(entries, 0, &mut text),
        Doc::List(items) if !items.is_empty() => list(items, 0, &mut text),
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
    text
}

fn map(entries: &[(String, Doc)], depth: usize, text: &mut String) {
    for (i, (key, value)) in entries.iter().enumerate() {
        if i > 0 {
            indent(depth, text);
        }
        text.push_str(&plain_or_quoted(key));
        text.push(':');
        match value {
            Doc::Map(inner) if !inner.is_empty() => {
                text.push('\n');
                indent(depth + 4, text);
                map(inner, depth + 4, text);
            }
            Doc::List(items) if !items.is_empty() => {
                text.push('\n');
                indent(depth + 4, text);
                list(items, depth + 4, text);
            }
            Doc::String(s) if is_literal_block(s) => literal(s, depth + 4, text),
            other => line(other, text),
        }
    }
}

fn list(items: &[Doc], depth: usize, text: &mut String) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            indent(depth, text);
        }
        text.push('-');
        match item {
            Doc::Map(inner) if !inner.is_empty() => {
                text.push(' ');
                map(inner, depth + 2, text);
            }
            Doc::List(inner) if !inner.is_empty() => {
                text.push(' ');
                list(inner, depth + 2, text);
            }
            Doc::String(s) if is_literal_block(s) => literal(s, depth + 2, text),
            other => line(other, text),
        }
    }
}

fn line(value: &Doc, text: &mut String) {
    text.push(' ');
    text.push_str(&scalar(value));
    text.push('\n');
}

fn literal(value: &str, depth: usize, text: &mut String) {
    text.push_str(if value.ends_with('\n') { " |\n" } else { " |-\n" });
    for part in value.lines() {
        if !part.is_empty() {
            indent(depth, text);
            text.push_str(part);
        }
        text.push('\n');
    }
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', depth));
}

/// Whether a literal block gives exactly this text back.
fn is_literal_block(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
        && !text.ends_with("\n\n")
        && !text.starts_with([' ', '\n', '\t'])
        && text.chars().all(|c| c == '\n' || !c.is_control())
}

fn scalar(value: &Doc) -> String {
    match value {
        Doc::Null => "null".to_owned(),
        Doc::Bool(b) => b.to_string(),
        Doc::Number(n) => n.to_string(),
        Doc::String(s) => plain_or_quoted(s),
        Doc::List(_) => "[]".to_owned(),
        Doc::Map(_) => "{}".to_owned(),
    }
}

fn plain_or_quoted(text: &str) -> String {
    let inner = |c: char| c.is_ascii_alphanumeric() || "_-./@=+,[]:!".contains(c);
    let safe = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '/')
        && text.chars().all(inner)
        && !text.ends_with(':')
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        );
    if safe { text.to_owned() } else { quoted(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::document;
    use super::*;

    fn doc() -> impl Strategy<Value = Doc> {
        let leaf = prop_oneof![
            Just(Doc::Null),
            any::<bool>().prop_map(Doc::Bool),
            any::<i32>().prop_map(|i| Doc::Number(fluxlift_core::Number::Int(i.into()))),
            "[ -~\n]{0,20}".prop_map(Doc::String),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Doc::List),
                prop::collection::btree_map("[a-z ]{1,6}", inner, 0..4)
                    .prop_map(|map| Doc::Map(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_emitted_reads_back_the_same(doc in doc()) {
            let text = emit(&doc);
            prop_assert_eq!(document(&text).unwrap(), doc, "{}", text);
        }
    }
}
