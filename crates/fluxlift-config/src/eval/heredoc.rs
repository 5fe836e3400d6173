//! The literal parts of templates: splitting into lines, trimming at `~`, and the indent of `<<-`.
//!
//! hcl-edit's own handling of `<<-` leaves the bodies of `%{ if }` and `%{ for }` alone, HCL's does not. So the parts
//! are laid out flat here, with literals taken from the file's text.

use hcl_edit::template::{Directive, Element, ForDirective, IfDirective, Strip, Template};
use hcl_edit::{Span, expr::Expression};

/// One part of a template, in the order of the text.
pub(super) enum Part<'a> {
    Literal(String),
    Interpolation(&'a Expression),
    If(&'a IfDirective),
    Else,
    EndIf,
    For(&'a ForDirective),
    EndFor,
}

/// How the template is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    /// Between quotes, with backslash escapes.
    Quoted,
    /// A here-document or a file. With `flush`, as after `<<-`, the common indent is removed.
    Text { flush: bool },
}

/// The parts of `elements`, whose spans are about `text`.
pub(super) fn parts<'a>(elements: &'a [&'a Element], text: &str, style: Style) -> Vec<Part<'a>> {
    let mut layout = Layout { text, style, parts: Vec::new(), trim_next: false };
    for element in elements {
        layout.element(element);
    }
    if style == (Style::Text { flush: true }) {
        flush(&mut layout.parts);
    }
    layout.parts
}

struct Layout<'a, 't> {
    text: &'t str,
    style: Style,
    parts: Vec<Part<'a>>,
    trim_next: bool,
}

impl<'a> Layout<'a, '_> {
    fn template(&mut self, template: &'a Template) {
        for element in template {
            self.element(element);
        }
    }

    fn element(&mut self, element: &'a Element) {
        match element {
            Element::Literal(literal) => {
                let raw = literal.span().and_then(|span| self.text.get(span)).unwrap_or(literal.value());
                self.literal(raw);
            }
            Element::Interpolation(interpolation) => {
                self.control(interpolation.strip, Part::Interpolation(&interpolation.expr));
            }
            Element::Directive(directive) => match &**directive {
                Directive::If(directive) => {
                    self.control(directive.if_expr.strip, Part::If(directive));
                    self.template(&directive.if_expr.template);
                    if let Some(other) = &directive.else_expr {
                        self.control(other.strip, Part::Else);
                        self.template(&other.template);
                    }
                    self.control(directive.endif_expr.strip, Part::EndIf);
                }
                Directive::For(directive) => {
                    self.control(directive.for_expr.strip, Part::For(directive));
                    self.template(&directive.for_expr.template);
                    self.control(directive.endfor_expr.strip, Part::EndFor);
                }
            },
        }
    }

    fn literal(&mut self, raw: &str) {
        match self.style {
            Style::Quoted => self.push(unescape_quoted(raw)),
            Style::Text { .. } => {
                for line in raw.split_inclusive('\n') {
                    self.push(unescape_markers(line));
                }
            }
        }
    }

    fn push(&mut self, literal: String) {
        let literal = if std::mem::take(&mut self.trim_next) { literal.trim_start().to_owned() } else { literal };
        self.parts.push(Part::Literal(literal));
    }

    fn control(&mut self, strip: Strip, part: Part<'a>) {
        if strip.strip_start()
            && let Some(Part::Literal(before)) = self.parts.last_mut()
        {
            before.truncate(before.trim_end().len());
        }
        self.parts.push(part);
        self.trim_next = strip.strip_end();
    }
}

/// Removes from each line the white space that all lines begin with. Blank lines do not count.
fn flush(parts: &mut [Part<'_>]) {
    let mut at_line_start = true;
    let mut least = usize::MAX;
    let mut starts = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        if std::mem::take(&mut at_line_start) {
            match part {
                Part::Literal(line) if line.trim().is_empty() && line.ends_with('\n') => {}
                Part::Literal(line) => {
                    starts.push(i);
                    least = least.min(line.chars().take_while(|c| c.is_whitespace()).count());
                }
                _ => least = 0,
            }
        }
        at_line_start = matches!(part, Part::Literal(line) if line.ends_with('\n'));
    }
    for i in starts {
        if let Part::Literal(line) = &mut parts[i] {
            *line = line.chars().skip(least).collect();
        }
    }
}

fn unescape_markers(raw: &str) -> String {
    raw.replace("$${", "${").replace("%%{", "%{")
}

fn unescape_quoted(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if matches!(c, '$' | '%') && chars.as_str().starts_with([c]) && chars.as_str()[1..].starts_with('{') {
            chars.next();
            text.push(c);
        } else if c == '\\' {
            match chars.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(kind @ ('u' | 'U')) => {
                    let digits = if kind == 'u' { 4 } else { 8 };
                    let hex: String = chars.by_ref().take(digits).collect();
                    text.extend(u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32));
                }
                Some(other) => text.push(other),
                None => {}
            }
        } else {
            text.push(c);
        }
    }
    text
}
