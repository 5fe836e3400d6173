//! From an event to the one line that stays on the screen.

use anstyle::Style;
use fluxlift_core::deadline::human_duration;
use fluxlift_core::{ChangeKind, Event, EventKind, UnitPath, UnitResult, Verdict};

use super::style::{BAD, BUSY, CAREFUL, FAINT, GOOD, paint};

/// How wide the column of verbs is.
const VERB: usize = 12;

/// The finished line for `event`, coloured, or `None` for events that only the live view shows.
///
/// A right-aligned verb of at most twelve letters, then the unit, padded to `unit_width` characters, then what happened.
/// Gates that are still waiting leave no line.
pub fn finished_line(event: &Event, unit_width: usize) -> Option<String> {
    let (style, verb, what) = words(&event.kind)?;
    // The unit in the working folder is the one that was asked for: its name would be a dot.
    let unit = event.unit.as_ref().map(UnitPath::as_str).filter(|unit| *unit != ".").unwrap_or_default();
    let verb = paint(style, &format!("{verb:>VERB$}"));
    let line = if unit.is_empty() { format!("{verb}  {what}") } else { format!("{verb}  {unit:<unit_width$}  {what}") };
    Some(line.trim_end().to_owned())
}

fn words(kind: &EventKind) -> Option<(Style, String, String)> {
    let own = str::to_owned;
    Some(match kind {
        EventKind::RunStarted { command, units } => {
            let s = if units.len() == 1 { "" } else { "s" };
            (BUSY, own("Running"), format!("{command} of {} unit{s}", units.len()))
        }
        EventKind::Planned { change, reasons } => {
            let style = if *change == ChangeKind::None { FAINT } else { BUSY };
            let reasons = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
            (style, own("Planned"), format!("{change}{reasons}"))
        }
        EventKind::UnitStarted => (BUSY, own("Started"), String::new()),
        EventKind::Step { verb, what } => (GOOD, capitalised(verb), what.clone()),
        EventKind::HookLine { hook, line } => (FAINT, own("Hook"), format!("{hook}: {line}")),
        EventKind::Warning { message } => (CAREFUL, own("Warning"), message.clone()),
        EventKind::GateClosed { gate, verdict, waited } => {
            let waited = paint(FAINT, &format!("in {}", human_duration(*waited)));
            match verdict {
                Verdict::Proven { .. } => (GOOD, own("Proven"), format!("{gate} {waited}")),
                Verdict::Pending { why } => (BAD, own("Unproven"), format!("{gate} {waited}: {why}")),
                Verdict::Stuck { why, .. } => (BAD, own("Stuck"), format!("{gate} {waited}: {why}")),
            }
        }
        EventKind::UnitFinished { result, took } => unit_words(result, &human_duration(*took)),
        EventKind::RunFinished { succeeded: true, took } => {
            (GOOD, own("Finished"), format!("in {}", human_duration(*took)))
        }
        EventKind::RunFinished { succeeded: false, took } => {
            (BAD, own("Failed"), format!("after {}", human_duration(*took)))
        }
        EventKind::GateOpened { .. } | EventKind::GateJudged { .. } | _ => return None,
    })
}

fn unit_words(result: &UnitResult, took: &str) -> (Style, String, String) {
    let word = capitalised(result.word());
    match result {
        UnitResult::Succeeded { change } => (GOOD, word, format!("{change} in {took}")),
        UnitResult::Failed { error } => (BAD, word, format!("after {took}: {error}")),
        UnitResult::EarlyExit { cause } => (CAREFUL, word, format!("because {cause} did not succeed")),
        UnitResult::Excluded { reason } => (FAINT, word, reason.clone()),
        UnitResult::Cancelled => (CAREFUL, word, format!("after {took}")),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluxlift_core::{Evidence, GateName, Timestamp};
    use std::time::Duration;

    fn plain(kind: EventKind) -> Option<String> {
        let event = Event { at: Timestamp::UNIX_EPOCH, unit: Some(UnitPath::new("compute").unwrap()), kind };
        finished_line(&event, 13).map(|line| anstream::adapter::strip_str(&line).to_string())
    }

    #[test]
    fn verbs_stand_right_aligned_in_twelve_columns_and_units_in_their_own() {
        let step = EventKind::Step { verb: "created".into(), what: "vm 101011 solcp01".into() };
        assert_eq!(plain(step).unwrap(), "     Created  compute        vm 101011 solcp01");
    }

    #[test]
    fn the_unit_in_the_working_folder_needs_no_name() {
        let change = EventKind::Planned { change: ChangeKind::None, reasons: Vec::new() };
        let event = Event { at: Timestamp::UNIX_EPOCH, unit: Some(UnitPath::new(".").unwrap()), kind: change };
        let line = finished_line(&event, 1).unwrap();
        assert_eq!(anstream::adapter::strip_str(&line).to_string(), "     Planned  no change");
    }

    #[test]
    fn a_proven_gate_leaves_a_line_and_a_waiting_one_does_not() {
        let gate = GateName::new("task done");
        let verdict = Verdict::proven(Evidence::new("task", "exitstatus=OK"));
        let waited = Duration::from_millis(1500);
        let closed = EventKind::GateClosed { gate: gate.clone(), verdict, waited };
        assert_eq!(plain(closed).unwrap(), "      Proven  compute        task done in 1.5s");
        assert_eq!(plain(EventKind::GateJudged { gate, verdict: Verdict::pending("running"), waited }), None);
    }
}
