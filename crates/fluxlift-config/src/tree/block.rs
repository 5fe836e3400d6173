//! Reading attributes and blocks with their types.

use fluxlift_core::Value;
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use hcl_edit::{Ident, Span};

use crate::error::{Fault, Outcome, did_you_mean};
use crate::eval::{Evaluator, convert};
use crate::syntax::SourceText;

/// The first label of `block`.
pub(super) fn label(block: &Block) -> Option<&str> {
    block.labels.first().map(hcl_edit::structure::BlockLabel::as_str)
}

/// The label of a block that must have exactly one.
pub(super) fn required_label<'a>(source: &SourceText, block: &'a Block) -> Outcome<&'a str> {
    match block.labels.as_slice() {
        [one] => Ok(one.as_str()),
        _ => Err(Fault::at(
            source,
            block.ident.span(),
            format!("a `{}` block has exactly one label", block.ident.as_str()),
        )),
    }
}

/// The place of a block's first word.
pub(super) fn ident_span(ident: &hcl_edit::Decorated<Ident>) -> Option<std::ops::Range<usize>> {
    ident.span()
}

/// Refuses what `body` holds besides `attributes` and `blocks`.
pub(super) fn only(source: &SourceText, body: &Body, what: &str, attributes: &[&str], blocks: &[&str]) -> Outcome<()> {
    for structure in body {
        let (ident, known, kind) = match structure {
            Structure::Attribute(attribute) => (&attribute.key, attributes, "attribute"),
            Structure::Block(block) => (&block.ident, blocks, "block"),
        };
        let name = ident.value().as_str();
        if !known.contains(&name) {
            let fault =
                Fault::at(source, ident.span(), format!("the {kind} `{name}` of {what} is not supported yet, here"));
            let near = did_you_mean(name, known.iter().copied()).filter(|hint| hint.to_string().starts_with("did"));
            return Err(fault.hints(near).fatal());
        }
    }
    Ok(())
}

/// Reads the attributes of one body.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) e: Evaluator<'a>,
    pub(super) body: &'a Body,
}

impl<'a> Reader<'a> {
    /// The attribute `name`.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        self.body.get_attribute(name)
    }

    /// The value of `name`; `None` when it is absent or null.
    pub(super) fn value(&self, name: &str) -> Outcome<Option<Value>> {
        let Some(attribute) = self.attribute(name) else { return Ok(None) };
        let value = self.e.eval(&attribute.value)?;
        Ok((!matches!(value.unmarked(), Value::Null)).then_some(value))
    }

    /// The text `name`.
    pub(super) fn text(&self, name: &str) -> Outcome<Option<String>> {
        self.typed(name, "a string", convert::to_text)
    }

    /// The text `name`, which must be there.
    pub(super) fn required_text(&self, name: &str, of: &hcl_edit::Decorated<Ident>) -> Outcome<String> {
        self.text(name)?.ok_or_else(|| self.e.fault(of, format!("`{name}` is missing")))
    }

    /// The bool `name`.
    pub(super) fn boolean(&self, name: &str) -> Outcome<Option<bool>> {
        self.typed(name, "a bool", convert::to_bool)
    }

    /// The whole number `name`.
    pub(super) fn whole(&self, name: &str) -> Outcome<Option<i64>> {
        self.typed(name, "a whole number", convert::to_whole)
    }

    /// The list of texts `name`.
    pub(super) fn texts(&self, name: &str) -> Outcome<Option<Vec<String>>> {
        self.typed(name, "a list of strings", |v| v.as_list()?.iter().map(convert::to_text).collect())
    }

    fn typed<T>(&self, name: &str, wanted: &str, convert: impl Fn(&Value) -> Option<T>) -> Outcome<Option<T>> {
        let (Some(attribute), Some(value)) = (self.attribute(name), self.value(name)?) else { return Ok(None) };
        match convert(&value) {
            Some(value) => Ok(Some(value)),
            None => {
                let kind = crate::eval::convert::kind(&value);
                Err(self.e.fault(&attribute.value, format!("`{name}` must be {wanted}, this is {kind}")))
            }
        }
    }
}

/// Refuses blocks inside `body`.
pub(super) fn only_attributes(source: &SourceText, body: &Body, what: &str) -> Outcome<()> {
    match body.blocks().next() {
        Some(block) => {
            let message = format!("{what} holds attributes only, this is a block");
            Err(Fault::at(source, block.ident.span(), message))
        }
        None => Ok(()),
    }
}
