//! Templates: quoted, here-documents and files.

use fluxlift_core::Value;
use hcl_edit::Span;
use hcl_edit::template::{Element, HeredocTemplate, StringTemplate, Template};

use super::heredoc::{Part, Style, parts};
use super::{Evaluator, convert, for_expr, marks};
use crate::error::Outcome;

pub(super) fn quoted(e: &Evaluator<'_>, template: &StringTemplate) -> Outcome<Value> {
    // `"${x}"` is x itself, whatever its type.
    if let (1, Some(Element::Interpolation(only))) = (template.len(), template.get(0)) {
        return e.eval(&only.expr);
    }
    let elements: Vec<&Element> = template.iter().collect();
    text(e, &elements, Style::Quoted)
}

pub(super) fn heredoc(e: &Evaluator<'_>, heredoc: &HeredocTemplate) -> Outcome<Value> {
    let start = heredoc.span().map_or(0, |span| span.start);
    let flush = e.source.text.get(start..).is_some_and(|text| text.starts_with("<<-"));
    let elements: Vec<&Element> = heredoc.template.iter().collect();
    text(e, &elements, Style::Text { flush })
}

impl Evaluator<'_> {
    /// The text that `template`, a whole file, gives.
    ///
    /// # Errors
    /// A fault that names the place.
    pub(crate) fn template_file(&self, template: &Template) -> Outcome<Value> {
        let elements: Vec<&Element> = template.iter().collect();
        text(self, &elements, Style::Text { flush: false })
    }
}

fn text(e: &Evaluator<'_>, elements: &[&Element], style: Style) -> Outcome<Value> {
    let parts = parts(elements, &e.source.text, style);
    let mut output = Output::default();
    output.block(e, &parts)?;
    let value = if output.unknown { Value::Unknown } else { Value::String(output.text) };
    Ok(marks::mark_if(value, output.marked))
}

#[derive(Default)]
struct Output {
    text: String,
    unknown: bool,
    marked: bool,
}

impl Output {
    fn block(&mut self, e: &Evaluator<'_>, parts: &[Part<'_>]) -> Outcome<()> {
        let mut at = 0;
        while let Some(part) = parts.get(at) {
            at += 1;
            match part {
                Part::Literal(literal) => self.text.push_str(literal),
                Part::Interpolation(expr) => {
                    let value = self.seen(e.eval(expr)?);
                    match convert::to_text(&value) {
                        Some(text) => self.text.push_str(&text),
                        None if value == Value::Unknown => self.unknown = true,
                        None => {
                            let message = format!("a template can't hold {}", convert::kind(&value));
                            return Err(e.fault(*expr, message).hint("encode it, as with jsonencode or join"));
                        }
                    }
                }
                Part::If(directive) => {
                    let (otherwise, end) = extent(&parts[at..]);
                    let body = &parts[at..at + otherwise.unwrap_or(end)];
                    let other = otherwise.map_or(&[][..], |otherwise| &parts[at + otherwise + 1..at + end]);
                    let condition = &directive.if_expr.cond_expr;
                    let value = self.seen(e.eval(condition)?);
                    match convert::to_bool(&value) {
                        Some(true) => self.block(e, body)?,
                        Some(false) => self.block(e, other)?,
                        None if value == Value::Unknown => self.unknown = true,
                        None => {
                            let kind = convert::kind(&value);
                            return Err(e.fault(condition, format!("a condition must be a bool, this is {kind}")));
                        }
                    }
                    at += end + 1;
                }
                Part::For(directive) => {
                    let (_, end) = extent(&parts[at..]);
                    let body = &parts[at..at + end];
                    let intro = &directive.for_expr;
                    let collection = self.seen(e.eval(&intro.collection_expr)?);
                    match for_expr::entries(e, collection, &intro.collection_expr)? {
                        None => self.unknown = true,
                        Some(entries) => {
                            let key = intro.key_var.as_ref().map(|key| key.value().as_str());
                            let value = intro.value_var.value().as_str();
                            for entry in &entries {
                                for_expr::with_entry(e, key, value, entry, |e| self.block(e, body))?;
                            }
                        }
                    }
                    at += end + 1;
                }
                Part::Else | Part::EndIf | Part::EndFor => {}
            }
        }
        Ok(())
    }

    fn seen(&mut self, value: Value) -> Value {
        let (value, marked) = marks::lift(value);
        self.marked |= marked;
        value
    }
}

/// Where the `else` and the end of the directive are whose body starts at the first of `parts`.
fn extent(parts: &[Part<'_>]) -> (Option<usize>, usize) {
    let mut depth = 0;
    let mut otherwise = None;
    for (i, part) in parts.iter().enumerate() {
        match part {
            Part::If(_) | Part::For(_) => depth += 1,
            Part::Else if depth == 0 => otherwise = Some(i),
            Part::EndIf | Part::EndFor if depth == 0 => return (otherwise, i),
            Part::EndIf | Part::EndFor => depth -= 1,
            _ => {}
        }
    }
    (otherwise, parts.len())
}
