//! A file's text and its syntax tree.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hcl_edit::structure::Body;
use hcl_edit::template::Template;

use super::nesting;
use crate::error::{Fault, Outcome};

/// A text and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct SourceText {
    /// The absolute path.
    pub(crate) path: PathBuf,
    /// The path as people see it: relative to the repository where possible.
    pub(crate) shown: PathBuf,
    /// The text.
    pub(crate) text: Arc<str>,
}

/// A parsed configuration file.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) source: SourceText,
    pub(crate) body: Body,
}

/// A parsed template file, as `templatefile` reads it.
#[derive(Debug)]
pub(crate) struct TemplateFile {
    pub(crate) source: SourceText,
    pub(crate) template: Template,
}

impl SourceFile {
    /// Parses `source`.
    pub(crate) fn parse(source: SourceText) -> Outcome<Self> {
        nesting::check(&source)?;
        match hcl_edit::parser::parse_body(&source.text) {
            Ok(body) => Ok(Self { source, body }),
            Err(error) => Err(syntax_fault(&source, &error)),
        }
    }

    /// The folder that the file is in.
    pub(crate) fn dir(&self) -> &Path {
        self.source.path.parent().unwrap_or(Path::new("/"))
    }
}

impl TemplateFile {
    /// Parses `source` as one template.
    pub(crate) fn parse(source: SourceText) -> Outcome<Self> {
        nesting::check_template(&source)?;
        match hcl_edit::parser::parse_template(&source.text) {
            Ok(template) => Ok(Self { source, template }),
            Err(error) => Err(syntax_fault(&source, &error)),
        }
    }
}

fn syntax_fault(source: &SourceText, error: &hcl_edit::parser::Error) -> Fault {
    let start = error.location().offset().min(source.text.len());
    let rest = source.text.get(start..).unwrap_or_default();
    let end = start + rest.chars().next().map_or(0, char::len_utf8);
    Fault::at(source, Some(start..end), "the file is not valid HCL")
        .label(error.message().to_owned())
        .hint("look at the lines just above as well: that is where a bracket or a quote is often missing")
}
