//! Refuses what would overflow the stack of a recursive parser, before it is parsed.
//!
//! hcl-edit 0.9.7 is pinned because later versions reject duplicate object keys, which Terragrunt accepts; but it has
//! no limit on nesting. This scan counts open brackets, operators that nest to one side, and template sequences.

use super::SourceText;
use crate::error::{Fault, Outcome};

/// The deepest nesting that is accepted. Real trees stay below twenty.
const DEEPEST: usize = 64;
/// The longest run of operators in one expression.
const LONGEST: usize = 256;

/// Refuses a configuration file that nests too deeply.
pub(super) fn check(source: &SourceText) -> Outcome<()> {
    Scan::new(source).run(None)
}

/// Refuses a template that nests too deeply.
pub(super) fn check_template(source: &SourceText) -> Outcome<()> {
    Scan::new(source).run(Some(Frame::template()))
}

/// What an open bracket encloses.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// A body, an object or a template sequence: newlines end an expression.
    Braces,
    /// A list, an index, arguments or parentheses: newlines mean nothing.
    Closed,
    /// Text with template sequences, up to a quote.
    Quoted,
    /// Text with template sequences, up to the delimiter between these bytes on a line of its own, or to the end.
    Text(usize, usize),
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    kind: Kind,
    operators: usize,
}

impl Frame {
    const fn new(kind: Kind) -> Self {
        Self { kind, operators: 0 }
    }

    const fn template() -> Self {
        Self::new(Kind::Text(0, 0))
    }
}

struct Scan<'a> {
    source: &'a SourceText,
    bytes: &'a [u8],
    at: usize,
    frames: Vec<Frame>,
    directives: usize,
}

impl<'a> Scan<'a> {
    fn new(source: &'a SourceText) -> Self {
        Self { source, bytes: source.text.as_bytes(), at: 0, frames: vec![Frame::new(Kind::Braces)], directives: 0 }
    }

    fn run(mut self, first: Option<Frame>) -> Outcome<()> {
        self.frames.extend(first);
        while self.at < self.bytes.len() {
            let frame = self.frames.last().copied().unwrap_or(Frame::new(Kind::Braces));
            match frame.kind {
                Kind::Quoted | Kind::Text(..) => self.text(frame.kind)?,
                Kind::Braces | Kind::Closed => self.code(frame.kind)?,
            }
        }
        Ok(())
    }

    fn starts(&self, text: &str) -> bool {
        self.bytes[self.at..].starts_with(text.as_bytes())
    }

    fn text(&mut self, kind: Kind) -> Outcome<()> {
        if self.starts("$${") || self.starts("%%{") {
            self.at += 3;
        } else if self.starts("${") || self.starts("%{") {
            if self.starts("%{") {
                self.directive()?;
            }
            self.open(Kind::Braces, 2)?;
        } else if kind == Kind::Quoted {
            match self.bytes[self.at] {
                b'\\' => self.at += 2,
                b'"' => self.close(),
                _ => self.at += 1,
            }
        } else {
            let newline = self.bytes[self.at] == b'\n';
            self.at += 1;
            if newline && self.at_delimiter(kind) {
                self.frames.pop();
            }
        }
        Ok(())
    }

    /// `if` and `for` directives nest without brackets.
    fn directive(&mut self) -> Outcome<()> {
        let words = &self.bytes[self.at + 2..];
        let start = words.iter().position(|b| b.is_ascii_alphabetic()).unwrap_or(0);
        let word = &words[start..];
        if word.starts_with(b"end") {
            self.directives = self.directives.saturating_sub(1);
        } else if word.starts_with(b"if") || word.starts_with(b"for") {
            self.directives += 1;
        }
        if self.directives > DEEPEST { Err(self.too_deep()) } else { Ok(()) }
    }

    /// Whether a here-document's closing line starts here; it is left in place.
    fn at_delimiter(&self, kind: Kind) -> bool {
        let Kind::Text(from, to) = kind else { return false };
        if from == to {
            return false;
        }
        let rest = &self.bytes[self.at..];
        let indent = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let delimiter = &self.bytes[from..to];
        rest[indent..].starts_with(delimiter) && !rest.get(indent + delimiter.len()).is_some_and(|b| is_word(*b))
    }

    fn code(&mut self, kind: Kind) -> Outcome<()> {
        let byte = self.bytes[self.at];
        match byte {
            b'#' => self.skip_line(),
            b'/' if self.starts("//") => self.skip_line(),
            b'/' if self.starts("/*") => self.skip_comment(),
            b'"' => self.open(Kind::Quoted, 1)?,
            b'{' => self.open(Kind::Braces, 1)?,
            b'[' | b'(' => self.open(Kind::Closed, 1)?,
            b'}' | b']' | b')' => self.close(),
            b'<' if self.starts("<<") => self.heredoc()?,
            b',' => self.settle(),
            b'\n' if kind == Kind::Braces => self.settle(),
            b'!' | b'-' | b'+' | b'*' | b'/' | b'%' | b'?' | b'&' | b'|' | b'=' | b'<' | b'>' => {
                self.at += 1;
                if let Some(frame) = self.frames.last_mut() {
                    frame.operators += 1;
                    if frame.operators > LONGEST {
                        return Err(Fault::at(self.source, Some(self.at - 1..self.at), "the expression is too long")
                            .label(format!("more than {LONGEST} operators in one expression"))
                            .hint("split it into several locals"));
                    }
                }
            }
            _ => self.at += 1,
        }
        Ok(())
    }

    fn settle(&mut self) {
        self.at += 1;
        if let Some(frame) = self.frames.last_mut() {
            frame.operators = 0;
        }
    }

    fn open(&mut self, kind: Kind, width: usize) -> Outcome<()> {
        if self.frames.len() > DEEPEST {
            return Err(self.too_deep());
        }
        self.at += width;
        self.frames.push(Frame::new(kind));
        Ok(())
    }

    fn close(&mut self) {
        self.at += 1;
        if self.frames.len() > 1 {
            self.frames.pop();
        }
    }

    fn too_deep(&self) -> Fault {
        Fault::at(self.source, Some(self.at..self.at + 1), "the file nests too deeply")
            .label(format!("more than {DEEPEST} levels"))
            .hint("split it into several locals")
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && self.bytes[self.at] != b'\n' {
            self.at += 1;
        }
    }

    fn skip_comment(&mut self) {
        self.at += 2;
        while self.at < self.bytes.len() && !self.starts("*/") {
            self.at += 1;
        }
        self.at = (self.at + 2).min(self.bytes.len());
    }

    fn heredoc(&mut self) -> Outcome<()> {
        let mut from = self.at + 2;
        if self.bytes.get(from) == Some(&b'-') {
            from += 1;
        }
        let length = self.bytes[from..].iter().take_while(|b| is_word(**b)).count();
        if length == 0 {
            self.at += 2;
            return Ok(());
        }
        self.open(Kind::Text(from, from + length), from + length - self.at)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::SourceFile;

    fn text(text: &str) -> SourceText {
        SourceText { path: "/x.hcl".into(), shown: "x.hcl".into(), text: text.into() }
    }

    #[test]
    fn a_deeply_nested_file_is_refused_without_a_crash() {
        for (open, close) in [("[", "]"), ("(", ")"), ("{a=", "}"), ("\"${", "}\""), ("f(", ")")] {
            let deep = format!("a = {}1{}\n", open.repeat(20_000), close.repeat(20_000));
            let fault = SourceFile::parse(text(&deep)).unwrap_err();
            assert_eq!(fault.diagnostic.message, "the file nests too deeply");
        }
        let chain = format!("a = {}true\n", "!".repeat(100_000));
        assert_eq!(SourceFile::parse(text(&chain)).unwrap_err().diagnostic.message, "the expression is too long");
        let sum = format!("a = 1{}\n", " + 1".repeat(100_000));
        assert_eq!(SourceFile::parse(text(&sum)).unwrap_err().diagnostic.message, "the expression is too long");
    }

    #[test]
    fn what_is_just_deep_enough_still_parses() {
        let deep = format!("a = {}1{}\n", "[".repeat(60), "]".repeat(60));
        SourceFile::parse(text(&deep)).unwrap();
        let calls = format!("a = {}1{}\n", "\"${f(".repeat(20), ")}\"".repeat(20));
        SourceFile::parse(text(&calls)).unwrap();
    }

    #[test]
    fn brackets_in_texts_and_comments_do_not_count() {
        let many = "{".repeat(200);
        let tame = format!("# {many}\n/* {many} */\na = \"{many}\"\nb = [<<EOT\n{many}\n  EOT\n, \"x\"]\nc = 1\n");
        check(&text(&tame)).unwrap();
    }

    #[test]
    fn a_duplicate_object_key_is_accepted() {
        SourceFile::parse(text("a = { x = 1, x = 2 }\n")).unwrap();
    }
}
