//! The blocks of a Terraform file, with the lines that they take.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use hcl_edit::Span as _;
use hcl_edit::structure::{Body, Structure};

use crate::error::ConfigError;
use crate::syntax::{SourceFile, SourceText};

/// One file, parsed.
#[derive(Debug)]
pub(super) struct TfFile {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) blocks: Vec<TfBlock>,
}

/// A block at the top of a file, or what of a nested one matters.
#[derive(Debug, Clone)]
pub(super) struct TfBlock {
    /// Its keyword and labels, such as `["resource", "flux_bootstrap_git", "this"]`.
    pub(super) words: Vec<String>,
    /// Its lines, from 0, with the comment right above it.
    pub(super) lines: Range<usize>,
    /// Its text.
    pub(super) text: String,
    /// The lines of each attribute of the blocks inside it, by the blocks' keyword and the attribute's name.
    pub(super) inner: Vec<(String, String, Range<usize>)>,
}

impl TfBlock {
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }
}

impl TfFile {
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        let path = PathBuf::from(name);
        let source = SourceText { path: path.clone(), shown: path, text: text.into() };
        let body = SourceFile::parse(source)?.body;
        let blocks = body.iter().filter_map(|structure| block(structure, text)).collect();
        Ok(Self { name: name.to_owned(), text: text.to_owned(), blocks })
    }

    /// The text without some of its lines.
    pub(super) fn without(&self, gone: &BTreeSet<usize>) -> String {
        let kept = self.text.split_inclusive('\n').enumerate().filter(|(at, _)| !gone.contains(at));
        kept.map(|(_, line)| line).collect()
    }
}

fn block(structure: &Structure, text: &str) -> Option<TfBlock> {
    let block = structure.as_block()?;
    let span = block.span()?;
    let words = std::iter::once(block.ident.to_string()).chain(block.labels.iter().map(|l| l.as_str().to_owned()));
    let lines = lines(text, &span);
    let mut inner = Vec::new();
    attributes(&block.body, text, &mut inner);
    Some(TfBlock {
        words: words.collect(),
        lines: with_comment(text, lines),
        text: text.get(span).unwrap_or_default().to_owned(),
        inner,
    })
}

fn attributes(body: &Body, text: &str, found: &mut Vec<(String, String, Range<usize>)>) {
    for structure in body.iter() {
        let Some(block) = structure.as_block() else { continue };
        for attribute in block.body.iter().filter_map(Structure::as_attribute) {
            if let Some(span) = attribute.span() {
                let lines = with_comment(text, lines(text, &span));
                found.push((block.ident.to_string(), attribute.key.to_string(), lines));
            }
        }
        attributes(&block.body, text, found);
    }
}

/// The lines that a span of bytes touches.
fn lines(text: &str, span: &Range<usize>) -> Range<usize> {
    let line = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count();
    line(span.start)..line(span.end.saturating_sub(1).max(span.start)) + 1
}

/// The same with the lines of comment right above.
fn with_comment(text: &str, lines: Range<usize>) -> Range<usize> {
    let all: Vec<&str> = text.lines().collect();
    let is_comment = |line: &&str| line.trim_start().starts_with('#') || line.trim_start().starts_with("//");
    let above = all.get(..lines.start).unwrap_or_default().iter().rev().take_while(|line| is_comment(line)).count();
    lines.start - above..lines.end
}
