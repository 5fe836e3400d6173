//! One run: hold, prepare, restore, release; as many at a time as a repository may be read by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use fluxlift_kube::{Class, ObjectRef, kind};
use futures::future::join_all;
use tokio::sync::Semaphore;

use super::case::{Action, Backup, Case, Survey};
use super::holds::Holds;
use super::{Choice, Outcome, Plan, Provider, Report, RestoreError, Round, mark};

/// A run of restores by one provider.
pub struct Restore<'a> {
    pub(super) round: &'a Round,
    pub(super) provider: &'a dyn Provider,
}

/// What the restores of one run tell each other.
pub(super) struct Shared {
    pub(super) holds: Holds,
    /// The backups that stand still by a restore's will.
    standing: Mutex<BTreeSet<ObjectRef>>,
    repositories: BTreeMap<String, Arc<Semaphore>>,
}

impl<'a> Restore<'a> {
    /// Restores by `provider` in `round`.
    pub const fn new(round: &'a Round, provider: &'a dyn Provider) -> Self {
        Self { round, provider }
    }

    /// What there is to do about those that `choice` means. Reads only.
    ///
    /// # Errors
    /// When a name fits none, or the cluster refuses or does not answer.
    pub async fn plan(&self, choice: &Choice, namespace: Option<&str>) -> Result<Plan, RestoreError> {
        let survey = self.survey(namespace).await?;
        if *choice == Choice::All && survey.cases.is_empty() && survey.held.is_empty() {
            let server = self.round.cluster.server();
            let place =
                namespace.map_or_else(|| server.to_owned(), |namespace| format!("namespace {namespace} of {server}"));
            return Err(RestoreError::Empty(place));
        }
        Plan::of(survey, choice)
    }

    /// Does what `plan` says. What one destination comes to is in the report and stops no other.
    ///
    /// # Errors
    /// When whoever does the restores is not proven to work. Nothing was held or triggered then.
    pub async fn run(&self, plan: &Plan) -> Result<Report, RestoreError> {
        for what in &plan.beyond {
            self.round.cx.events.warn(what.clone());
        }
        let work: Vec<&Case> = plan.cases.iter().filter(|case| case.works()).collect();
        if !work.is_empty() {
            self.provider.prove_live(self.round, &work).await?;
        }
        let shared = self.share(&plan.cases, &plan.others);
        self.let_go(&shared, shared.holds.free()).await;
        let outcomes = join_all(plan.cases.iter().map(|case| self.one(&shared, case))).await;
        let standing = shared.standing();
        let held = standing.iter().map(ToString::to_string).collect();
        Ok(Report { outcomes, held, stray: plan.stray.clone(), orphans: plan.orphans.clone() })
    }

    /// Lets go what restores hold, and takes their marks off destinations: all, or those that `choice` means. Nothing is
    /// restored. What was let go.
    ///
    /// # Errors
    /// When a name fits none, or the cluster refuses or does not answer.
    pub async fn release(&self, choice: &Choice, namespace: Option<&str>) -> Result<Vec<ObjectRef>, RestoreError> {
        let survey = self.survey(namespace).await?;
        let held = survey.held.clone();
        let cases = choice.of(survey)?;
        let belongs = |one: &Backup| cases.iter().any(|case| case.backups.iter().any(|b| b.target == one.target));
        let mut released = Vec::new();
        // While its backups are held nothing is lost by a destination that is let go; the other way round it might be.
        for case in cases.iter().filter(|case| mark::is_restoring(&case.object)) {
            if self.provider.forget(self.round, &case.target).await? {
                released.push(case.target.clone());
            }
        }
        for backup in held.into_iter().filter(|one| *choice == Choice::All || belongs(one)) {
            if self.free(&backup.target).await? {
                released.push(backup.target);
            }
        }
        Ok(released)
    }

    /// What there is in `namespace`, or everywhere.
    async fn survey(&self, namespace: Option<&str>) -> Result<Survey, RestoreError> {
        let sight = &self.round.sight;
        if let Some(name) = namespace {
            match sight.get(&ObjectRef::cluster(kind::NAMESPACE, name)).await {
                Ok(None) => return Err(RestoreError::NoNamespace(name.to_owned())),
                // Who may read nothing but this namespace need not be able to ask for it.
                Err(error) if error.class() == Class::Forbidden => {}
                found => drop(found?),
            }
        }
        Ok(self.provider.survey(sight, namespace).await?.within(namespace))
    }

    pub(super) fn share(&self, cases: &[Case], others: &[Case]) -> Shared {
        let most = self.round.limits.per_repository.max(1);
        let slots = cases.iter().map(|case| (case.repository.clone(), Arc::new(Semaphore::new(most))));
        let held = cases.iter().flat_map(|case| &case.backups).filter(|backup| mark::is_held(&backup.object));
        Shared {
            holds: Holds::of(cases, others),
            standing: Mutex::new(held.map(|backup| backup.target.clone()).collect()),
            repositories: slots.collect(),
        }
    }

    async fn one(&self, shared: &Shared, case: &Case) -> Outcome {
        let result = match &case.action {
            Action::Nothing(why) => {
                self.forget(case).await;
                Ok(why.clone())
            }
            Action::Refuse { why, act, .. } => {
                self.still(shared, case).await;
                Err(RestoreError::Refused { why: why.clone(), act: act.clone() })
            }
            Action::Restore | Action::Resume | Action::Adopt(_) => self.work(shared, case).await,
        };
        Outcome {
            namespace: case.namespace().to_owned(),
            name: case.target.name.clone(),
            action: case.action.word(),
            result,
        }
    }

    /// Takes off a destination that needs nothing what a killed run has left on it.
    async fn forget(&self, case: &Case) {
        if mark::is_restoring(&case.object)
            && let Err(error) = self.provider.forget(self.round, &case.target).await
        {
            let why = fluxlift_core::chain(&error);
            self.round.cx.events.warn(format!("{} keeps the marks of a run that was killed: {why}", case.target));
        }
    }

    /// Holds the backups of a destination that is refused because nothing was restored by it.
    async fn still(&self, shared: &Shared, case: &Case) {
        let Some(why) = case.holds() else { return };
        for backup in &case.backups {
            let target = &backup.target;
            match self.hold(backup, &shared.holds.destinations(target), &why).await {
                Ok(_) => shared.stand(target),
                Err(error) => {
                    let error = fluxlift_core::chain(&error);
                    self.round
                        .cx
                        .events
                        .warn(format!("{target} is not held, and may back up an empty volume: {error}"));
                }
            }
        }
    }

    async fn work(&self, shared: &Shared, case: &Case) -> Result<String, RestoreError> {
        let mut ours = Vec::new();
        match self.proceed(shared, case, &mut ours).await {
            Ok(what) => {
                self.round.cx.events.step("restored", format!("{}: {what}", case.path()));
                self.let_go(shared, shared.holds.proven(&case.target)).await;
                Ok(what)
            }
            Err(Ended::Before(error)) => {
                // Nothing was triggered: what this run holds goes back to what it was, unless an empty volume comes.
                if !self.is_exposed(case).await {
                    let free = shared.holds.withdrawn(&case.target);
                    self.let_go(shared, free.into_iter().filter(|backup| ours.contains(backup)).collect()).await;
                }
                Err(error)
            }
            Err(Ended::After(error)) => Err(error),
        }
    }

    async fn proceed(&self, shared: &Shared, case: &Case, ours: &mut Vec<ObjectRef>) -> Result<String, Ended> {
        for backup in &case.backups {
            let destinations = shared.holds.destinations(&backup.target);
            let why = case.holds().unwrap_or_default();
            if self.hold(backup, &destinations, &why).await.map_err(Ended::Before)? {
                shared.stand(&backup.target);
                ours.push(backup.target.clone());
            }
        }
        let slot = shared.repositories.get(&case.repository);
        let _slot = match slot {
            Some(slot) => slot.acquire().await.ok(),
            None => None,
        };
        if case.action == Action::Restore {
            self.provider.prepare(self.round, case).await.map_err(Ended::Before)?;
        }
        let what = self.provider.restore(self.round, case).await.map_err(|error| match error {
            error @ RestoreError::Contended { .. } => Ended::Before(error),
            error => Ended::After(error),
        })?;
        self.stood_still(shared, case).await.map_err(Ended::After)?;
        Ok(what)
    }

    /// Proves that nobody took the pause off a backup before the restore had ended. One that goes on is held again.
    async fn stood_still(&self, shared: &Shared, case: &Case) -> Result<(), RestoreError> {
        let mut went_on = None;
        for backup in &case.backups {
            let target = &backup.target;
            let why = case.holds().unwrap_or_default();
            match self.pause(target, &shared.holds.destinations(target), &why).await {
                Ok(false) => {}
                Ok(true) => {
                    shared.stand(target);
                    went_on = Some(RestoreError::WentOn { backup: target.to_string() });
                }
                // One that is gone backs up nothing.
                Err(RestoreError::Request(error)) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        went_on.map_or(Ok(()), Err)
    }

    /// Whether a claim of `case` has been filled by now from what no proven restore made, or may be without us. Nobody
    /// knows where that can't be seen.
    async fn is_exposed(&self, case: &Case) -> bool {
        let Ok(now) = self.provider.glance(&self.round.cluster, case.target.namespace.as_deref()).await else {
            return true;
        };
        let is_so = |now: &Case| now.exposed || matches!(now.action, Action::Refuse { holds: true, .. });
        now.cases.iter().any(|now| now.target == case.target && is_so(now))
    }

    /// Lets backups go. One that can't be is told and stops nothing: its label stays, and the next run finds it.
    async fn let_go(&self, shared: &Shared, backups: Vec<ObjectRef>) {
        for backup in backups {
            match self.free(&backup).await {
                Ok(_) => shared.fall(&backup),
                Err(error) => {
                    let why = fluxlift_core::chain(&error);
                    self.round.cx.events.warn(format!("{backup} is still held, the next run lets it go: {why}"));
                }
            }
        }
    }
}

/// How a restore ended that did not end well.
enum Ended {
    /// Before anything was triggered.
    Before(RestoreError),
    /// After that: the claims may be filled from whatever came of it.
    After(RestoreError),
}

impl Shared {
    fn stand(&self, backup: &ObjectRef) {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).insert(backup.clone());
    }

    fn fall(&self, backup: &ObjectRef) {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).remove(backup);
    }

    fn standing(&self) -> BTreeSet<ObjectRef> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
