//! The terminal: the only place of the product that writes to it.
//!
//! Progress goes to stderr, results go to stdout. Colour, cursor movement and the live view are used only where a
//! person looks at a terminal; `NO_COLOR`, `CI` and a pipe give plain lines with the same content.

mod diagnostic;
mod failure;
mod line;
mod live;
mod plain;
mod reporter;
mod results;
mod style;
mod table;
mod terminal;

pub use failure::{Failure, report_failure};
pub use line::finished_line;
pub use plain::PlainReporter;
pub use reporter::{Reporter, reporter_for_stderr};
pub use results::{OutputFormat, print_document, print_text};
pub use table::Table;
pub use terminal::{ask, is_interactive, note, progress, warning};
