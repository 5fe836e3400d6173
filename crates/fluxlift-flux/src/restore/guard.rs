//! Backups held while somebody else still brings what is to be restored.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, select};

use super::provider::Survey;
use super::run::Restore;
use super::volsync::mark;
use super::{Choice, Plan};

/// How often it is looked at what has come. A backup begins when its claim is bound, which takes longer.
const LOOK: Duration = Duration::from_secs(2);

impl Restore<'_> {
    /// Waits for `others`, who bring destinations and backups, and meanwhile holds each backup as soon as it is seen with a
    /// destination that `choice` means and that is not proven. Nothing is restored, and nothing let go: that is for
    /// [`Restore::run`], which finds what was held by its label.
    pub async fn guarding<T>(&self, choice: &Choice, others: impl Future<Output = T>) -> T {
        let guard = async {
            let mut told = BTreeSet::new();
            let mut looks = pin!(fluxlift_gate::every(LOOK, || self.provider.survey(&self.round.sight, None)));
            while let Some(seen) = looks.next().await {
                // Before its definitions have come there is nothing to hold, and who may not look is told by the run.
                if let Ok(survey) = seen {
                    self.hold_all(survey, choice, &mut told).await;
                }
            }
        };
        match select(pin!(others), pin!(guard)).await {
            Either::Left((done, _)) => done,
            Either::Right(((), others)) => others.await,
        }
    }

    /// Holds what stands beside an unproven destination and goes on. What can't be held is told once, and tried again.
    async fn hold_all(&self, survey: Survey, choice: &Choice, told: &mut BTreeSet<String>) {
        // Of names that fit nothing yet the others count.
        let meant = match choice {
            Choice::All => survey.cases,
            Choice::Names(names) => {
                survey.cases.into_iter().filter(|case| names.iter().any(|name| case.is_called(name))).collect()
            }
        };
        let plan = Plan { cases: meant, stray: Vec::new(), beyond: Vec::new() };
        let shared = self.share(&plan);
        for case in &plan.cases {
            let Some(why) = case.holds() else { continue };
            for backup in case.backups.iter().filter(|backup| !mark::is_held(backup) && !backup.flag("/spec/paused")) {
                let target = self.reference(backup);
                let held = self.provider.pause(self.round, backup, &shared.holds.destinations(&target), &why).await;
                if let Err(error) = held
                    && told.insert(target.to_string())
                {
                    let why = fluxlift_core::chain(&error);
                    self.round.cx.events.warn(format!("{target} is not held yet: {why}"));
                }
            }
        }
    }
}
