//! One scalar: its style, and its characters.

use super::resolve::reads_as_text;
use super::writer::Writer;

/// Beyond this column a long text is broken at its next space.
const WIDTH: i32 = 80;

/// Whether a scalar is a key on the same line as its value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Key,
    Value,
}

/// How a scalar is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What the characters of a text allow.
struct Traits {
    plain: bool,
    single: bool,
    block: bool,
}

/// Writes `text`; its further lines are indented by `indent`.
pub(super) fn write(out: &mut Writer, text: &str, indent: i32, place: Place) {
    let fold = place == Place::Value;
    match style(text, place) {
        Style::Plain => {
            out.open("");
            flowing(out, text, indent, fold, None);
        }
        Style::Single => {
            out.open("'");
            flowing(out, text, indent, fold, Some('\''));
            out.glue("'");
        }
        Style::Double => double(out, text, indent, fold),
        // A block scalar ends by itself: what follows begins a line.
        Style::Literal => return literal(out, text, indent),
    }
    out.close();
}

/// Whether `text` has more than one line, by any of YAML 1.1's line breaks.
pub(super) fn has_break(text: &str) -> bool {
    text.contains(is_break)
}

fn style(text: &str, place: Place) -> Style {
    let traits = traits(text);
    let quoted = if traits.single { Style::Single } else { Style::Double };
    if text.contains('\n') {
        return if traits.block && place == Place::Value { Style::Literal } else { Style::Double };
    }
    if !reads_as_text(text) {
        return Style::Double;
    }
    if traits.plain { Style::Plain } else { quoted }
}

fn traits(text: &str) -> Traits {
    let starts = |c: &[char]| text.starts_with(c);
    let ends = |c: &[char]| text.ends_with(c);
    let mut indicator = text.starts_with("---")
        || text.starts_with("...")
        || starts(&['#', ',', '[', ']', '{', '}', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`']);
    let (mut special, mut breaks, mut break_space, mut space_break) = (false, false, false, false);
    let mut before = None::<char>;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let blank_follows = rest.peek().is_none_or(|&n| n == ' ' || n == '\t');
        let blank_before = before.is_none_or(|b| b == ' ' || b == '\t' || is_break(b));
        indicator |= match c {
            ':' => blank_follows,
            '?' | '-' => before.is_none() && blank_follows,
            '#' => blank_before,
            _ => false,
        };
        special |= !is_printable(c);
        breaks |= is_break(c);
        break_space |= c == ' ' && before.is_some_and(is_break);
        space_break |= is_break(c) && before == Some(' ');
        before = Some(c);
    }
    let edge = starts(&[' ']) || ends(&[' ']) || text.starts_with(is_break) || text.ends_with(is_break);
    let hard = space_break || special;
    Traits {
        plain: !(indicator || edge || breaks || break_space || hard),
        single: !(break_space || hard),
        block: !(ends(&[' ']) || hard),
    }
}

const fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

const fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Plain and single-quoted text: long lines break at a space, own line breaks are doubled.
fn flowing(out: &mut Writer, text: &str, indent: i32, fold: bool, double: Option<char>) {
    let (mut spaces, mut broke) = (false, false);
    let mut rest = text.char_indices().peekable();
    while let Some((i, c)) = rest.next() {
        let next = rest.peek().map(|&(_, n)| n);
        if c == ' ' {
            let inner = double.is_none() || (i > 0 && next.is_some());
            if fold && !spaces && out.column() > WIDTH && inner && next != Some(' ') {
                out.indent(indent);
            } else {
                out.put(c);
            }
            spaces = true;
        } else if is_break(c) {
            if !broke && c == '\n' {
                out.break_line();
            }
            out.own_break(c);
            broke = true;
        } else {
            if broke {
                out.indent(indent);
            }
            if double == Some(c) {
                out.text(c);
            }
            out.text(c);
            (spaces, broke) = (false, false);
        }
    }
}

fn double(out: &mut Writer, text: &str, indent: i32, fold: bool) {
    // A text that begins with a byte order mark is escaped throughout.
    let marked = text.starts_with('\u{feff}');
    let mut spaces = false;
    out.open("\"");
    let mut rest = text.char_indices().peekable();
    while let Some((i, c)) = rest.next() {
        let next = rest.peek().map(|&(_, n)| n);
        if marked || !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
            for e in escape(c).chars() {
                out.text(e);
            }
            spaces = false;
        } else if c == ' ' {
            if fold && !spaces && out.column() > WIDTH && i > 0 && next.is_some() {
                out.indent(indent);
                if next == Some(' ') {
                    out.put('\\');
                }
            } else {
                out.put(c);
            }
            spaces = true;
        } else {
            out.text(c);
            spaces = false;
        }
    }
    out.glue("\"");
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(c);
            return match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

fn literal(out: &mut Writer, text: &str, indent: i32) {
    let hint = if text.starts_with(|c: char| c == ' ' || is_break(c)) { "2" } else { "" };
    let mut tail = text.chars().rev();
    let chomp = match (tail.next().is_some_and(is_break), tail.next()) {
        (false, _) => "-",
        (true, before) if before.is_none_or(is_break) => "+",
        (true, _) => "",
    };
    out.open(&format!("|{hint}{chomp}"));
    out.begin_block();
    let mut broke = true;
    for c in text.chars() {
        if is_break(c) {
            out.own_break(c);
            broke = true;
        } else {
            if broke {
                out.indent(indent);
            }
            out.text(c);
            broke = false;
        }
    }
}
