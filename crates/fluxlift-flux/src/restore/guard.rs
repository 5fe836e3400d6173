//! Backups held, and waiting claims filled, while somebody else still brings what is to be restored.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, join, select};

use super::case::{Backup, Case};
use super::run::Restore;
use super::{Choice, Plan, mark};

/// How often it is looked for backups to hold. One begins when its claim is bound, which takes longer.
const LOOK: Duration = Duration::from_secs(2);
/// How often it is looked for claims that wait for a restore of ours.
const DUE: Duration = Duration::from_secs(5);

impl Restore<'_> {
    /// Waits for `others`, who bring destinations and backups. Meanwhile each backup is held as soon as it is seen with a
    /// destination that `choice` means and that is not proven, and what others wait for is restored: a claim that nothing
    /// fills but a restore of ours. When `others` are done nothing more is waited for: [`Restore::run`] finds what is held
    /// and what was begun by its labels, and goes on with it.
    pub async fn guarding<T>(&self, choice: &Choice, others: impl Future<Output = T>) -> T {
        match select(pin!(others), pin!(join(self.holding(choice), self.filling(choice)))).await {
            Either::Left((done, _)) => done,
            Either::Right((_, others)) => others.await,
        }
    }

    async fn holding(&self, choice: &Choice) {
        let mut told = BTreeSet::new();
        let mut looks = pin!(fluxlift_gate::every(LOOK, || self.meant(choice)));
        while let Some(seen) = looks.next().await {
            // Before its definitions have come there is nothing to hold, and who may not look is told by the run.
            if let Ok(cases) = seen {
                self.hold_all(cases, &mut told).await;
            }
        }
    }

    async fn filling(&self, choice: &Choice) {
        let mut tried = BTreeSet::new();
        let mut looks = pin!(fluxlift_gate::every(DUE, || self.meant(choice)));
        while let Some(seen) = looks.next().await {
            let all = seen.unwrap_or_default();
            let due = |case: &&Case| case.awaits_us && !tried.contains(case.object.uid());
            let cases: Vec<Case> = all.iter().filter(due).cloned().collect();
            if cases.is_empty() {
                continue;
            }
            let plan = Plan { cases, stray: Vec::new(), beyond: Vec::new() };
            // While nobody is proven to do restores it may still be coming, and nothing was begun. What came of those that
            // were begun is judged anew by the run.
            if self.run_among(&plan, &all).await.is_ok() {
                tried.extend(plan.cases.iter().map(|case| case.object.uid().to_owned()));
            }
        }
    }

    /// The destinations that `choice` means by now: of names that fit nothing yet the others count.
    async fn meant(&self, choice: &Choice) -> Result<Vec<Case>, super::RestoreError> {
        let survey = self.provider.survey(&self.round.sight, None).await?;
        let named = |case: &Case| match choice {
            Choice::All => true,
            Choice::Names(names) => names.iter().any(|name| case.is_called(name)),
        };
        Ok(survey.cases.into_iter().filter(named).collect())
    }

    /// Holds what stands beside an unproven destination and goes on. What can't be held is told once, and tried again.
    async fn hold_all(&self, cases: Vec<Case>, told: &mut BTreeSet<String>) {
        let shared = self.share(&cases);
        for case in &cases {
            let Some(why) = case.holds() else { continue };
            for Backup { target, object } in &case.backups {
                if mark::is_held(object) || object.flag(self.provider.pause(&target.kind)) {
                    continue;
                }
                let held = self.pause(target, &shared.holds.destinations(target), &why).await;
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
