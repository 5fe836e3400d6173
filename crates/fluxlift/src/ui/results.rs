//! Results on stdout: one document, and nothing else.

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// One YAML document.
    Yaml,
}

/// Writes `document` as JSON or YAML, or `text()` for people.
///
/// # Errors
/// When stdout can't be written to, or the document can't be put into the format.
pub fn print_document<T: Serialize>(
    format: OutputFormat,
    document: &T,
    text: impl FnOnce() -> String,
) -> io::Result<()> {
    match format {
        OutputFormat::Text => print_text(&text()),
        OutputFormat::Json => print_text(&(serde_json::to_string_pretty(document)? + "\n")),
        OutputFormat::Yaml => print_text(&serde_saphyr::to_string(document).map_err(io::Error::other)?),
    }
}

/// Writes `text` to stdout as it is. A reader that went away early (`| head`) is not an error.
///
/// # Errors
/// When stdout can't be written to for another reason.
pub fn print_text(text: &str) -> io::Result<()> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
