//! Which rungs a cause has, the least force first.

use fluxlift_core::Remedy;

use super::force::Force;
use crate::diagnosis::Cause;

/// The ladder of a cause for which waiting does not help. Empty where only a person can act.
pub(crate) const fn rungs(cause: &Cause) -> &'static [Force] {
    match cause {
        Cause::Untouched { .. } | Cause::Outdated { .. } | Cause::Overlooked { .. } | Cause::OldRevision { .. } => {
            &[Force::Ask, Force::Restart]
        }
        // A failure is tried again later and later.
        Cause::Overdue { .. } | Cause::Failing { .. } => &[Force::Ask],
        // helm-controller unlocks a release by itself when it comes by.
        Cause::HelmLocked { .. } => &[Force::Ask, Force::Storage],
        Cause::Source { .. } | Cause::ArtifactLost { .. } => &[Force::Source],
        Cause::RetriesExceeded { .. } => &[Force::Reset, Force::Force],
        Cause::NoRollbackTarget | Cause::Unsettled => &[Force::Force],
        Cause::Ignored | Cause::Downloading { .. } | Cause::Unattended { .. } => &[Force::Restart],
        _ => &[],
    }
}

/// What is left to a person when the ladder has come to its end.
pub(super) fn after_the_last(cause: &Cause) -> String {
    match (cause, cause.remedy()) {
        (_, Some(Remedy::Person { act })) => act,
        (Cause::RetriesExceeded { .. } | Cause::NoRollbackTarget | Cause::Unsettled, _) => {
            "mend what its message names, then rescue it again: what its ladder has did not help".to_owned()
        }
        (Cause::Source { .. } | Cause::ArtifactLost { .. }, _) => {
            "mend its source: look at what it says with `fluxlift status`".to_owned()
        }
        (Cause::Failing { .. }, _) => "mend what its message names: asking for another try did not help".to_owned(),
        (Cause::HelmLocked { .. }, _) => {
            "look at the release with `helm history`, and at who else works on it".to_owned()
        }
        _ => "all that helps was tried: read its controller's log".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each cause for which waiting does not help.
    fn stuck() -> Vec<Cause> {
        let why = || "w".to_owned();
        vec![
            Cause::Untouched { begun: false, neglected: true },
            Cause::Ignored,
            Cause::NoShard { shard: why() },
            Cause::Unwatched,
            Cause::Unattended { why: why(), frozen: true },
            Cause::ChartNotApplied { neglected: true },
            Cause::Outdated { observed: 1, neglected: true },
            Cause::Missing { what: why() },
            Cause::Cycle { through: why() },
            Cause::Source { why: why(), neglected: true },
            Cause::AwaitsSuspended { what: why() },
            Cause::ArtifactLost { neglected: true },
            Cause::Overlooked { what: "its source", neglected: true },
            Cause::OldRevision { why: why(), neglected: true },
            Cause::Downloading { blocked: 4, workers: 4 },
            Cause::Overdue { why: why(), timeout: jiff::SignedDuration::from_mins(5) },
            Cause::HelmLocked { status: "pending-install".to_owned() },
            Cause::HelmUnknown { status: "uninstalling".to_owned() },
            Cause::Unsettled,
            Cause::RetriesExceeded { why: why() },
            Cause::NoRollbackTarget,
            Cause::Refused { why: why() },
        ]
    }

    /// The rung that a remedy is; `None` for a person's.
    fn rung(remedy: &Remedy) -> Option<Force> {
        Some(match remedy {
            Remedy::Reconcile => Force::Ask,
            Remedy::RepairUpstream => Force::Source,
            Remedy::Reset => Force::Reset,
            Remedy::Force => Force::Force,
            Remedy::RestartController => Force::Restart,
            Remedy::EditStorage => Force::Storage,
            Remedy::Person { .. } => return None,
        })
    }

    #[test]
    fn the_first_rung_is_the_remedy_of_the_diagnosis_and_each_next_one_takes_more_force() {
        for cause in stuck() {
            let remedy = cause.remedy().unwrap_or_else(|| panic!("{} is not stuck", cause.word()));
            assert_eq!(rungs(&cause).first().copied(), rung(&remedy), "{}", cause.word());
            assert!(rungs(&cause).is_sorted_by(|one, next| one < next), "{}", cause.word());
        }
    }

    #[test]
    fn at_the_end_of_every_ladder_a_person_is_told_what_to_do() {
        assert!(stuck().iter().all(|cause| after_the_last(cause).len() > 20));
    }
}
