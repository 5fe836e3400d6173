//! `include`: one level, merged or exposed.

use std::ops::Range;
use std::path::PathBuf;

use fluxlift_core::Value;
use hcl_edit::Span;
use hcl_edit::structure::Block;

use super::block::{self, Reader};
use super::exposed::exposed;
use super::opened::{Given, Opened};
use super::{Place, Session};
use crate::error::{Fault, Outcome};
use crate::eval::{Evaluator, marks};
use crate::functions::Context;
use crate::syntax::{SourceFile, SourceText};

/// How an included file is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// It is only there to be read through `include.NAME`.
    No,
    /// Top-level keys of inputs; hooks and arguments by name.
    Shallow,
    /// Maps recursively; lists are appended.
    Deep,
}

/// An included file.
pub(super) struct Include {
    /// The label; empty for a bare `include`.
    name: String,
    pub(super) merge: Merge,
    expose: bool,
    pub(super) opened: Opened,
}

/// An `include` block, before its file is opened.
struct Head {
    name: String,
    path: PathBuf,
    span: Option<Range<usize>>,
    merge: Merge,
    expose: bool,
}

impl Head {
    fn read(source: &SourceText, block: &Block, context: &Context<'_>, given: &Given) -> Outcome<Self> {
        block::only(source, &block.body, "include", &["path", "expose", "merge_strategy"], &[])?;
        let reader = Reader { e: Evaluator::new(context, source, given), body: &block.body };
        let merge = match reader.text("merge_strategy")?.as_deref() {
            None | Some("shallow") => Merge::Shallow,
            Some("no_merge") => Merge::No,
            Some("deep") => Merge::Deep,
            Some(_) => {
                let span = reader.attribute("merge_strategy").and_then(Span::span);
                return Err(Fault::at(source, span, "`merge_strategy` must be no_merge, shallow or deep"));
            }
        };
        Ok(Self {
            name: block::label(block).unwrap_or_default().to_owned(),
            path: context.place.config_dir.join(reader.required_text("path", &block.ident)?),
            span: reader.attribute("path").and_then(|attribute| attribute.value.span()),
            merge,
            expose: reader.boolean("expose")?.unwrap_or(false),
        })
    }

    fn dir(&self) -> PathBuf {
        self.path.parent().unwrap_or(&self.path).to_owned()
    }
}

/// Opens what `file` includes and notes the folders in `place`.
pub(super) fn open_all(
    session: &Session,
    file: &SourceFile,
    place: &mut Place,
    given: &Given,
) -> Outcome<Vec<Include>> {
    let context = Context { session, place };
    let blocks = file.body.get_blocks("include");
    let heads: Vec<Head> =
        blocks.map(|block| Head::read(&file.source, block, &context, given)).collect::<Outcome<_>>()?;
    place.includes = heads.iter().map(|head| (head.name.clone(), head.dir())).collect();
    let open = |head: Head| {
        let asked = |message: String| Fault::at(&file.source, head.span.clone(), message);
        let opened = Opened::open_path(session, &head.path, place.included(&head.dir()), false, asked)?;
        Ok(Include { name: head.name, merge: head.merge, expose: head.expose, opened })
    };
    heads.into_iter().map(open).collect()
}

/// The value of the variable `include`.
pub(super) fn variable(session: &Session, includes: &[Include]) -> Outcome<Value> {
    let mut all = Vec::new();
    for include in includes.iter().filter(|include| include.expose) {
        let opened = &include.opened;
        let context = Context { session, place: &opened.place };
        let reader =
            Reader { e: Evaluator::new(&context, &opened.file.source, &opened.given), body: &opened.file.body };
        // Inputs that need outputs are not known while the tree is loaded.
        let inputs = match reader.value("inputs") {
            Err(fault) if fault.fatal => Some(Value::Unknown),
            other => other?,
        };
        let value = exposed(opened.locals(), inputs.unwrap_or_else(|| Value::Map(Default::default())));
        if include.name.is_empty() {
            return Ok(value);
        }
        all.push((include.name.clone(), value));
    }
    Ok(Value::map(all))
}

/// The inputs of all layers, the unit's own last. Each layer says how what comes after it is merged over it.
pub(super) fn merge_all(layers: Vec<(Value, Merge)>) -> Value {
    layers.into_iter().rev().fold(Value::Null, |child, (parent, merge)| merge_inputs(parent, child, merge))
}

/// `child` merged over `parent`, both values of `inputs`.
fn merge_inputs(parent: Value, child: Value, merge: Merge) -> Value {
    let ((parent, one), (child, two)) = (marks::lift(parent), marks::lift(child));
    let merged = match (parent, child) {
        (Value::Map(mut all), Value::Map(child)) => {
            for (key, value) in child {
                let value = match (merge, all.remove(&key)) {
                    (Merge::Deep, Some(parent)) => merge_deep(parent, value),
                    _ => value,
                };
                all.insert(key, value);
            }
            Value::Map(all)
        }
        (Value::Null, child) => child,
        (parent, Value::Null) => parent,
        (_, child) => child,
    };
    marks::mark_if(merged, one || two)
}

/// `child` merged into `parent`, to any depth. A mark on either hides the whole of what both became.
pub(super) fn merge_deep(parent: Value, child: Value) -> Value {
    let ((parent, one), (child, two)) = (marks::lift(parent), marks::lift(child));
    match (parent, child) {
        (parent @ Value::Map(_), child @ Value::Map(_)) => {
            marks::mark_if(merge_inputs(parent, child, Merge::Deep), one || two)
        }
        (Value::List(mut all), Value::List(child)) => {
            all.extend(child);
            marks::mark_if(Value::List(all), one || two)
        }
        // Nothing of the parent is left.
        (_, child) => marks::mark_if(child, two),
    }
}
