//! The live view: finished lines above, and below them what each running unit waits for.

use std::collections::BTreeMap;
use std::time::Duration;

use fluxlift_core::{Event, EventKind, GateName, UnitPath, Verdict};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::line::finished_line;
use super::reporter::Reporter;
use super::style::{FAINT, paint};

/// A unit shows up in the live view only when it has run for this long, so that quick units do not flicker.
const QUIET: Duration = Duration::from_millis(250);

/// Draws with indicatif: finished lines scroll, running units stay at the bottom.
pub(super) struct LiveReporter {
    view: MultiProgress,
    units: BTreeMap<UnitPath, Running>,
    unit_width: usize,
}

/// A running unit: its line, and the gates that it waits for.
struct Running {
    bar: Option<ProgressBar>,
    since: std::time::Instant,
    gates: BTreeMap<GateName, String>,
}

impl LiveReporter {
    pub(super) fn new() -> Self {
        let view = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        Self { view, units: BTreeMap::new(), unit_width: 0 }
    }

    fn refresh(&mut self, unit: &UnitPath) {
        let (view, width) = (&self.view, self.unit_width);
        let Some(running) = self.units.get_mut(unit) else { return };
        if running.since.elapsed() < QUIET {
            return;
        }
        let bar = running.bar.get_or_insert_with(|| {
            let bar = view.add(ProgressBar::new_spinner().with_style(line_style()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_message(format!("{unit:<width$}  {}", waiting_for(&running.gates)));
    }
}

/// What a unit waits for: the first gate with its last value, and how many more there are.
fn waiting_for(gates: &BTreeMap<GateName, String>) -> String {
    let Some((gate, last)) = gates.first_key_value() else { return String::from("working") };
    let more = if gates.len() > 1 { format!(" (and {} more)", gates.len() - 1) } else { String::new() };
    format!("{gate}{more} {}", paint(FAINT, last))
}

fn line_style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner:>12.cyan}  {wide_msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Reporter for LiveReporter {
    fn event(&mut self, event: &Event) {
        if let EventKind::RunStarted { units, .. } = &event.kind {
            self.unit_width = units.iter().map(|unit| unit.as_str().len()).max().unwrap_or(0);
        }
        if let Some(unit) = &event.unit {
            match &event.kind {
                EventKind::UnitStarted => {
                    let running = Running { bar: None, since: started(), gates: BTreeMap::new() };
                    self.units.insert(unit.clone(), running);
                }
                EventKind::GateOpened { gate, .. } => self.waits(unit, gate, "nothing observed yet"),
                EventKind::GateJudged { gate, verdict: Verdict::Pending { why }, .. } => self.waits(unit, gate, why),
                EventKind::GateClosed { gate, .. } => {
                    if let Some(running) = self.units.get_mut(unit) {
                        running.gates.remove(gate);
                    }
                }
                EventKind::UnitFinished { .. } => {
                    if let Some(bar) = self.units.remove(unit).and_then(|running| running.bar) {
                        bar.finish_and_clear();
                    }
                }
                _ => {}
            }
            self.refresh(unit);
        }
        if let Some(line) = finished_line(event, self.unit_width) {
            // A terminal that went away must not end the run.
            let _ = self.view.println(line);
        }
    }

    fn tick(&mut self) {
        let units: Vec<UnitPath> = self.units.keys().cloned().collect();
        units.iter().for_each(|unit| self.refresh(unit));
    }

    fn finish(&mut self) {
        // As above.
        let _ = self.view.clear();
    }
}

impl LiveReporter {
    fn waits(&mut self, unit: &UnitPath, gate: &GateName, last: &str) {
        if let Some(running) = self.units.get_mut(unit) {
            running.gates.insert(gate.clone(), last.to_owned());
        }
    }
}

/// The wall clock of the person who looks, not the clock of the run.
fn started() -> std::time::Instant {
    std::time::Instant::now()
}
