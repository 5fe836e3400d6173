//! Backups held, and waiting claims filled, while somebody else still brings what is to be restored.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, join, select};
use tokio::sync::watch;

use super::case::{Backup, Case};
use super::run::Restore;
use super::{Choice, Plan};

/// How often it is looked for backups to hold, and for claims that wait for us. A backup begins when its claim is bound,
/// which takes longer.
const LOOK: Duration = Duration::from_secs(2);

impl Restore<'_> {
    /// Waits for `others`, who bring destinations and backups. Meanwhile each backup is held as soon as it is seen with a
    /// destination that `choice` means and that is not proven, and what others wait for is restored: a claim that nothing
    /// fills but a restore of ours. When `others` are done nothing more is waited for: [`Restore::run`] finds what is held
    /// and what was begun by its labels, and goes on with it.
    pub async fn guarding<T>(&self, choice: &Choice, others: impl Future<Output = T>) -> T {
        let (seen, looks) = watch::channel(Vec::new());
        match select(pin!(others), pin!(join(self.holding(choice, seen), self.filling(choice, looks)))).await {
            Either::Left((done, _)) => done,
            Either::Right((_, others)) => others.await,
        }
    }

    /// Looks, holds, and tells `seen` what there is.
    async fn holding(&self, choice: &Choice, seen: watch::Sender<Vec<Case>>) {
        let mut told = BTreeSet::new();
        let mut looks = pin!(fluxlift_gate::every(LOOK, || self.provider.glance(&self.round.sight, None)));
        while let Some(look) = looks.next().await {
            // Before its definitions have come there is nothing to hold, and who may not look is told by the run.
            if let Ok(survey) = look {
                let (meant, others) = split(survey.cases, choice);
                self.hold_all(&meant, &others, &mut told).await;
                seen.send_replace(meant);
            }
        }
    }

    async fn filling(&self, choice: &Choice, mut looks: watch::Receiver<Vec<Case>>) {
        let mut tried = BTreeSet::new();
        while looks.changed().await.is_ok() {
            let due = |case: &Case| case.awaits_us && !tried.contains(case.object.uid());
            if !looks.borrow_and_update().iter().any(due) {
                continue;
            }
            // A look in passing leaves out what shows that two read from one repository.
            let Ok(survey) = self.provider.survey(&self.round.sight, None).await else { continue };
            let (meant, mut others) = split(survey.cases, choice);
            // Nobody has named what would be written over.
            let spared = |case: &Case| *choice == Choice::All && case.overwrites.is_some();
            let (cases, rest): (Vec<Case>, Vec<Case>) =
                meant.into_iter().partition(|case| case.works() && due(case) && !spared(case));
            if cases.is_empty() {
                continue;
            }
            others.extend(rest);
            let plan = Plan { cases, others, ..Plan::default() };
            // While nobody is proven to do restores it may still be coming, and nothing was begun. What came of those that
            // were begun is judged anew by the run.
            if self.run(&plan).await.is_ok() {
                tried.extend(plan.cases.iter().map(|case| case.object.uid().to_owned()));
            }
        }
    }

    /// Holds what stands beside an unproven destination and goes on. What can't be held is told once, and tried again.
    async fn hold_all(&self, cases: &[Case], others: &[Case], told: &mut BTreeSet<String>) {
        let shared = self.share(cases, others);
        for case in cases {
            let Some(why) = case.holds() else { continue };
            // One with our label that is not paused was let go by somebody else.
            let goes_on = |backup: &&Backup| !backup.object.flag(self.provider.pause(&backup.target.kind));
            for Backup { target, .. } in case.backups.iter().filter(goes_on) {
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

/// The destinations that `choice` means by now, and the others: names that fit nothing yet wait for it to come.
fn split(cases: Vec<Case>, choice: &Choice) -> (Vec<Case>, Vec<Case>) {
    cases.into_iter().partition(|case| match choice {
        Choice::All => true,
        Choice::Names(names) => names.iter().any(|name| case.is_called(name)),
    })
}
