//! The few colours that are used, by meaning.

use anstyle::{AnsiColor, Style};

/// Something went well.
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Something is wrong.
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Something to be aware of.
pub(super) const CAREFUL: Style = AnsiColor::Yellow.on_default().bold();
/// Work in progress.
pub(super) const BUSY: Style = AnsiColor::Cyan.on_default().bold();
/// Beside the point, but useful.
pub(super) const FAINT: Style = Style::new().dimmed();

/// `text` in `style`.
pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
