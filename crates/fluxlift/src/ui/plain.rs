//! One line for each thing that ended; for pipes, logs and CI.

use std::io::Write;

use fluxlift_core::{Event, EventKind};

use super::line::finished_line;
use super::reporter::Reporter;

/// Writes finished lines and nothing else.
pub struct PlainReporter<W> {
    out: W,
    unit_width: usize,
}

impl<W: Write> PlainReporter<W> {
    /// A reporter that writes to `out`.
    pub const fn new(out: W) -> Self {
        Self { out, unit_width: 0 }
    }
}

impl<W: Write + Send> Reporter for PlainReporter<W> {
    fn event(&mut self, event: &Event) {
        if let EventKind::RunStarted { units, .. } = &event.kind {
            self.unit_width = units.iter().map(|unit| unit.as_str().len()).max().unwrap_or(0);
        }
        if let Some(line) = finished_line(event, self.unit_width) {
            // A reader that went away must not end the run.
            let _ = writeln!(self.out, "{line}");
        }
    }
}
