//! Files and their syntax trees: each is read and parsed once per run.

mod cache;
mod nesting;
mod source;

pub(crate) use cache::{SourceCache, lock};
pub(crate) use source::{SourceFile, SourceText, TemplateFile};
