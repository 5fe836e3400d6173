//! From trees to text.

use std::fmt;

use super::Node;

/// Spaces for one level, as Talos indents.
const STEP: usize = 4;

impl fmt::Display for Node {
    /// The document as YAML, with a line break at its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        match self {
            Self::Map(map) if !map.is_empty() => mapping(&mut out, self, 0),
            Self::List(list) if !list.is_empty() => sequence(&mut out, list, 0),
            scalar => {
                out.push_str(&inline(scalar));
                out.push('\n');
            }
        }
        f.write_str(&out)
    }
}

fn indent(out: &mut String, width: usize) {
    out.extend(std::iter::repeat_n(' ', width));
}

fn mapping(out: &mut String, node: &Node, width: usize) {
    for (n, (key, value)) in node.as_map().into_iter().flatten().enumerate() {
        // The first key of a list's item stands behind its dash, where the caller left the pen.
        if n > 0 || out.is_empty() || out.ends_with('\n') {
            indent(out, width);
        }
        out.push_str(&scalar_text(key));
        out.push(':');
        value_behind(out, value, width);
    }
}

fn value_behind(out: &mut String, value: &Node, width: usize) {
    match value {
        Node::Map(map) if !map.is_empty() => {
            out.push('\n');
            mapping(out, value, width + STEP);
        }
        Node::List(list) if !list.is_empty() => {
            out.push('\n');
            sequence(out, list, width + STEP);
        }
        Node::String(text) if fits_a_block(text) => block(out, text, width + STEP),
        scalar => {
            out.push(' ');
            out.push_str(&inline(scalar));
            out.push('\n');
        }
    }
}

fn sequence(out: &mut String, list: &[Node], width: usize) {
    for item in list {
        indent(out, width);
        match item {
            Node::Map(map) if !map.is_empty() => {
                out.push_str("- ");
                mapping(out, item, width + 2);
            }
            Node::List(inner) if !inner.is_empty() => {
                out.push_str("-\n");
                sequence(out, inner, width + 2);
            }
            Node::String(text) if fits_a_block(text) => {
                out.push('-');
                block(out, text, width + 2);
            }
            scalar => {
                out.push_str("- ");
                out.push_str(&inline(scalar));
                out.push('\n');
            }
        }
    }
}

/// Text of several lines that a literal block gives back exactly.
fn fits_a_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    text.contains('\n')
        && !body.is_empty()
        && !body.starts_with([' ', '\t', '\n'])
        && !body.ends_with('\n')
        && body.chars().all(|c| c == '\n' || c == '\t' || (!c.is_control() && c != '\u{feff}' && c != '\u{85}'))
        && !body.contains(['\u{2028}', '\u{2029}'])
        && body.lines().all(|line| line.trim_end() == line)
}

fn block(out: &mut String, text: &str, width: usize) {
    out.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in text.lines() {
        if !line.is_empty() {
            indent(out, width);
            out.push_str(line);
        }
        out.push('\n');
    }
}

fn inline(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Bool(b) => b.to_string(),
        Node::Int(i) => i.to_string(),
        Node::Float(x) if x.is_nan() => ".nan".to_owned(),
        Node::Float(x) if x.is_infinite() => if *x > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
        Node::Float(x) => format!("{x:?}"),
        Node::String(s) => scalar_text(s),
        Node::List(_) => "[]".to_owned(),
        Node::Map(_) => "{}".to_owned(),
    }
}

/// Text on one line: plain where no reader could take it for something else, else in double quotes.
fn scalar_text(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn is_plain(text: &str) -> bool {
    const RESERVED: [&str; 12] = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<"];
    let Some(first) = text.chars().next() else { return false };
    !RESERVED.contains(&text.to_ascii_lowercase().as_str())
        && (first.is_ascii_alphanumeric() || matches!(first, '/' | '_' | '+' | '$' | '(' | '.'))
        && !looks_like_a_number(text)
        && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}

/// Numbers in any of YAML's spellings, dates and times included: better quoted once too often.
fn looks_like_a_number(text: &str) -> bool {
    let body = text.trim_start_matches(['+', '-']);
    let lower = body.to_ascii_lowercase();
    lower.starts_with(".inf")
        || lower.starts_with(".nan")
        || (body.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && (body.parse::<f64>().is_ok()
                || lower.starts_with("0x")
                || lower.starts_with("0o")
                || lower.starts_with("0b")
                || body.chars().all(|c| c.is_ascii_digit() || "_.:-+eETZ ".contains(c)) && !is_an_address(body)))
}

/// IPv4 addresses and networks are so common here that they stay unquoted, as Talos writes them.
fn is_an_address(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_document_has_talos_layout() {
        let node = Node::of([
            ("version", Node::from("v1alpha1")),
            ("empty", Node::map()),
            (
                "list",
                Node::list([Node::of([("name", Node::from("a")), ("on", Node::from(true))]), Node::from("127.0.0.1")]),
            ),
            ("contents", Node::from("kind: A\n\nb: \"x\"\n")),
            ("off", Node::from("off")),
            ("number", Node::from("0755")),
            ("nothing", Node::from("")),
        ]);
        insta::assert_snapshot!(node, @r#"
        version: v1alpha1
        empty: {}
        list:
            - name: a
              "on": true
            - 127.0.0.1
        contents: |
            kind: A

            b: "x"
        "off": "off"
        number: "0755"
        nothing: ""
        "#);
    }

    fn any_node() -> impl Strategy<Value = Node> {
        let text = prop_oneof![
            "[ -~\n\t]{0,24}",
            any::<String>()
                .prop_map(|s| s.replace(|c: char| c == '\u{0}' || ('\u{e000}'..='\u{f8ff}').contains(&c), "")),
            Just("0o17".to_owned()),
            Just("1e3".to_owned()),
            Just("2001-01-01".to_owned()),
            Just("line\n  deeper\nline".to_owned()),
        ];
        let leaf = prop_oneof![
            Just(Node::Null),
            any::<bool>().prop_map(Node::Bool),
            any::<i64>().prop_map(Node::Int),
            text.prop_map(Node::String),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Node::List),
                proptest::collection::vec(("[a-z0-9:#. -]{1,8}", inner), 0..4)
                    .prop_map(|m| Node::Map(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(node in any_node()) {
            let text = Node::of([("root", node.clone())]).to_string();
            let back: Node = text.parse().map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
            prop_assert_eq!(back.at(&["root"]), Some(&node), "{}", text);
        }
    }
}
