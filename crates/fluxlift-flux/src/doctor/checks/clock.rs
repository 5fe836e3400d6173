//! Our clock and the API server's say the same.

use fluxlift_core::deadline::human_duration;
use fluxlift_kube::Pulse;
use jiff::SignedDuration;

use crate::doctor::ids::CLOCK_SKEW;
use crate::doctor::{Finding, Judged, Read, Severity};

/// The `Date` of an answer has whole seconds, and the answer was on its way.
const NOTICED: SignedDuration = SignedDuration::from_secs(5);
/// Tokens and freshly issued certificates are refused from about here on.
const HARMFUL: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn judge(api: &Read<Pulse>) -> Read<Judged> {
    let pulse = api.as_ref()?;
    let Some(date) = pulse.date else {
        let mut judged = Judged::default();
        judged.not_known("the API server's answer has no Date header that can be read");
        return Ok(judged);
    };
    let ahead = pulse.at.duration_since(date);
    let by = human_duration(ahead.unsigned_abs());
    if ahead.abs() < NOTICED {
        return Ok(Judged::fine(format!("{by} between this machine's clock and the API server's")));
    }
    let which = if ahead.is_negative() { "behind" } else { "ahead of" };
    let severity = if ahead.abs() < HARMFUL { Severity::Warning } else { Severity::Error };
    let seen = format!("this machine's clock is {by} {which} the API server's");
    let act = "synchronise both by NTP: `timedatectl` here, `talosctl time` for a node";
    Ok(Judged::found(Finding::new(CLOCK_SKEW, severity, seen, act)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(date: Option<&str>) -> Judged {
        let pulse = Pulse {
            status: 200_u16.try_into().unwrap(),
            failing: Vec::new(),
            date: date.map(|text| text.parse().unwrap()),
            at: "2026-11-23T22:00:00Z".parse().unwrap(),
        };
        judge(&Ok(pulse)).unwrap()
    }

    #[test]
    fn seconds_that_rounding_explains_are_fine() {
        assert!(judged(Some("2026-11-23T21:59:58Z")).findings.is_empty());
    }

    #[test]
    fn half_a_minute_is_told_and_more_is_an_error_in_both_directions() {
        assert_eq!(judged(Some("2026-11-23T22:00:30Z")).findings[0].severity, Severity::Warning);
        let behind = judged(Some("2026-11-23T23:00:00Z")).findings;
        assert_eq!(behind[0].severity, Severity::Error);
        assert_eq!(behind[0].seen, "this machine's clock is 1h00m behind the API server's");
        assert!(judged(Some("2026-11-23T21:00:00Z")).findings[0].seen.contains("ahead of"));
    }

    #[test]
    fn an_answer_without_its_time_shows_nothing() {
        assert_eq!(judged(None).findings[0].severity, Severity::Unknown);
    }
}
