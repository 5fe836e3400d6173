//! A unit's file over the files that it includes.

use hcl_edit::structure::{Block, Body};

use super::Session;
use super::block::Reader;
use super::include::Merge;
use super::opened::Opened;
use crate::eval::{Evaluator, Names};
use crate::functions::Context;

/// One file of a unit: an included one, or its own, which comes last.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a> {
    pub(super) opened: &'a Opened,
    pub(super) merge: Merge,
}

impl<'a> Layer<'a> {
    /// The files of `unit` that are merged, in the order in which later ones win.
    pub(super) fn of(unit: &'a Opened) -> Vec<Self> {
        let included = unit.includes.iter().filter(|include| include.merge != Merge::No);
        let included = included.map(|include| Self { opened: &include.opened, merge: include.merge });
        included.chain([Self { opened: unit, merge: Merge::Shallow }]).collect()
    }

    /// The file's top level.
    pub(super) fn body(&self) -> &'a Body {
        &self.opened.file.body
    }

    /// The blocks `name` at the top level.
    pub(super) fn blocks(&self, name: &'a str) -> impl Iterator<Item = &'a Block> {
        self.body().get_blocks(name)
    }

    /// Reads the attributes of the top level with `names` in scope.
    pub(super) fn read<T>(&self, session: &Session, names: &dyn Names, read: impl FnOnce(Reader<'_>) -> T) -> T {
        self.read_body(session, names, self.body(), read)
    }

    /// Reads the attributes of `body`, a part of this file.
    pub(super) fn read_body<T>(
        &self,
        session: &Session,
        names: &dyn Names,
        body: &Body,
        read: impl FnOnce(Reader<'_>) -> T,
    ) -> T {
        let context = Context { session, place: &self.opened.place };
        read(Reader { e: Evaluator::new(&context, &self.opened.file.source, names), body })
    }
}
