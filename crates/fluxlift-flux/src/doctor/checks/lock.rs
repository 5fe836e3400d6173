//! Nobody has the lock on the cluster's state.

use crate::doctor::ids::LOCK_HELD;
use crate::doctor::{Finding, Judged, Lock, Read};

pub(super) fn judge(lock: &Read<Option<Lock>>) -> Read<Judged> {
    let Some(Lock { owner, alive }) = lock.as_ref()? else { return Ok(Judged::fine("nobody has the lock")) };
    Ok(Judged::found(match alive {
        Some(true) => Finding::warning(LOCK_HELD, format!("{owner}, and it is at work"), "wait until it has ended"),
        Some(false) => {
            let act = "go on with what it left: `fluxlift resume`; the next run takes the lock over by itself";
            Finding::warning(LOCK_HELD, format!("{owner}, and that process has ended"), act)
        }
        None => {
            let act = "see on that machine whether it still runs; if not, `fluxlift state unlock`";
            Finding::error(LOCK_HELD, format!("{owner}, on another machine"), act)
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;

    fn severity(alive: Option<bool>) -> Severity {
        judge(&Ok(Some(Lock { owner: "me@here (pid 1)".into(), alive }))).unwrap().findings[0].severity
    }

    #[test]
    fn a_lock_of_this_machine_is_told_and_one_of_another_stops_the_next_run() {
        assert!(judge(&Ok(None)).unwrap().findings.is_empty());
        assert_eq!(
            [Some(true), Some(false), None].map(severity),
            [Severity::Warning, Severity::Warning, Severity::Error]
        );
    }
}
