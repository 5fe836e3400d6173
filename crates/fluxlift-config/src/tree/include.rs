//! `include`: one level, merged or exposed.

use std::path::PathBuf;

use fluxlift_core::Value;

use super::block::{self, Reader};
use super::opened::{Given, Opened};
use super::{Place, Session};
use crate::error::{Fault, Outcome};
use crate::eval::{Evaluator, marks};
use crate::functions::Context;
use crate::syntax::SourceFile;

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

/// Opens what `file` includes and notes the folders in `place`.
pub(super) fn open_all(
    session: &Session,
    file: &SourceFile,
    place: &mut Place,
    given: &Given,
) -> Outcome<Vec<Include>> {
    let mut heads: Vec<(String, PathBuf, Merge, bool, Option<std::ops::Range<usize>>)> = Vec::new();
    for block in file.body.get_blocks("include") {
        let context = Context { session, place };
        block::only(&file.source, &block.body, "include", &["path", "expose", "merge_strategy"], &[])?;
        let reader = Reader { e: Evaluator::new(&context, &file.source, given), body: &block.body };
        let name = block::label(block).unwrap_or_default().to_owned();
        let path = place.config_dir.join(reader.required_text("path", &block.ident)?);
        let merge = match reader.text("merge_strategy")?.as_deref() {
            None | Some("shallow") => Merge::Shallow,
            Some("no_merge") => Merge::No,
            Some("deep") => Merge::Deep,
            Some(_) => {
                let span = reader.attribute("merge_strategy").and_then(hcl_edit::Span::span);
                return Err(Fault::at(&file.source, span, "`merge_strategy` must be no_merge, shallow or deep"));
            }
        };
        let span = reader.attribute("path").and_then(|attribute| hcl_edit::Span::span(&attribute.value));
        heads.push((name, path, merge, reader.boolean("expose")?.unwrap_or(false), span));
    }
    let dir = |path: &PathBuf| path.parent().unwrap_or(path).to_owned();
    place.includes = heads.iter().map(|(name, path, ..)| (name.clone(), dir(path))).collect();
    heads
        .into_iter()
        .map(|(name, path, merge, expose, span)| {
            let asked = |message: String| Fault::at(&file.source, span.clone(), message);
            let opened = Opened::open_path(session, &path, place.included(&dir(&path)), false, asked)?;
            Ok(Include { name, merge, expose, opened })
        })
        .collect()
}

/// The value of the variable `include`.
pub(super) fn exposed(session: &Session, includes: &[Include]) -> Outcome<Value> {
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
        let value = Value::map([
            ("locals", opened.locals()),
            ("inputs", inputs.unwrap_or_else(|| Value::Map(Default::default()))),
        ]);
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

fn merge_deep(parent: Value, child: Value) -> Value {
    match (parent, child) {
        (parent @ Value::Map(_), child @ Value::Map(_)) => merge_inputs(parent, child, Merge::Deep),
        (Value::List(mut all), Value::List(child)) => {
            all.extend(child);
            Value::List(all)
        }
        (_, child) => child,
    }
}
