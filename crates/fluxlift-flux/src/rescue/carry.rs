//! Carrying a plan out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::{Deadline, Timestamp};
use fluxlift_gate::{GateContext, GateError, ObserveError};
use fluxlift_kube::{Cluster, ObjectRef, kind};
use futures::FutureExt as _;

use super::act::{Begun, Hands, all};
use super::error::RescueError;
use super::outcome::{Done, Outcome};
use super::plan::{Act, Aim, Limits, Plan};
use super::quiet::Quiet;
use super::scope;
use super::tokens::Tokens;
use super::tried::Tried;
use crate::diagnosis::Subject;
use crate::kinds::NAMESPACE;
use crate::status::{Report, Sight, StatusError, look};

/// How often everything is looked at while what waited for a repair becomes ready.
const EVERY: Duration = Duration::from_secs(5);

/// A rescue of the objects of one cluster.
#[derive(Debug)]
pub struct Rescue {
    cx: GateContext,
    cluster: Cluster,
    limits: Limits,
    /// How long the proof of one act may take, and all that waits for the repaired at the end.
    patience: Deadline,
    /// When a rescue that is part of something else must have ended.
    ends: Option<Timestamp>,
    tried: Tried,
    /// Whether the names in the limits were turned into titles.
    named: bool,
    tokens: Tokens,
    /// What was acted on: a source too, for the sake of what was named.
    touched: BTreeSet<String>,
}

impl Rescue {
    /// A rescue within `limits`. `patience` is for the proof of each act: as long as an install may take.
    pub fn new(cx: &GateContext, cluster: &Cluster, limits: Limits, patience: Deadline) -> Self {
        let (cx, cluster, tried) = (cx.clone(), cluster.clone(), Tried::default());
        let tokens = Tokens::from(cx.clock.now());
        Self { cx, cluster, limits, patience, ends: None, tried, named: false, tokens, touched: BTreeSet::new() }
    }

    /// What would be done first, and whether all is proven without it. Nothing is changed.
    ///
    /// # Errors
    /// When the cluster can't be read, or one of the objects that were named is not there.
    pub async fn plan(&mut self) -> Result<(Plan, bool), RescueError> {
        let sight = self.look().await?;
        let plan = self.plan_of(&sight);
        let proven = self.is_proven(&sight, &plan);
        Ok((plan, proven))
    }

    /// Acts, from the least force on, until nothing is left that may be done. All acts of one rung are done and proven
    /// together; then everything is looked at again. What waits for the repaired is waited for.
    ///
    /// # Errors
    /// When the cluster can't be read or refuses an act, or the run is cancelled. What did not help is in the outcome.
    pub async fn run(&mut self) -> Result<Outcome, RescueError> {
        let opened = self.cx.clock.now();
        let mut sight = self.look().await?;
        let mut done = Vec::new();
        // Where nothing is done and nothing was begun before, there is nothing to wait for either.
        let mut patience = self.is_marked(&sight).then_some(self.patience);
        loop {
            let plan = self.plan_of(&sight);
            if !plan.acts.is_empty() {
                done.extend(self.round(&plan, &sight).await?);
                patience = Some(self.patience);
            } else if let Some(left) = patience.filter(|_| plan.is_coming()) {
                patience = self.settle(left).await?;
            } else {
                let proven = self.is_proven(&sight, &plan);
                self.unmark(&sight, opened).await;
                return Ok(Outcome::new(done, plan, proven));
            }
            sight = self.look().await?;
        }
    }

    /// Climbs with the objects of these titles as far as something may be done for them, and waits for nothing but the
    /// proofs, and for none of them after `ends`.
    pub(super) async fn relieve(&mut self, titles: BTreeSet<String>, ends: Timestamp) -> Result<(), RescueError> {
        if titles.is_empty() {
            return Ok(());
        }
        (self.limits.only, self.named, self.ends) = (titles, true, Some(ends));
        while self.cx.clock.now() < ends {
            let sight = self.look().await?;
            let plan = self.plan_of(&sight);
            if plan.acts.is_empty() {
                return Ok(());
            }
            self.round(&plan, &sight).await?;
        }
        Ok(())
    }

    /// Takes all marks off, those of runs that were killed too.
    pub(super) async fn finish(&mut self) -> Result<(), RescueError> {
        self.limits.only.clear();
        let sight = self.look().await?;
        self.unmark(&sight, sight.at).await;
        Ok(())
    }

    async fn look(&mut self) -> Result<Sight, RescueError> {
        let sight = look(&self.cluster, None).await?;
        if !std::mem::replace(&mut self.named, true) {
            self.limits.only = scope::titles(&self.limits.only, &sight.scene)?;
        }
        Ok(sight)
    }

    fn plan_of(&self, sight: &Sight) -> Plan {
        Plan::of(&sight.scene, &self.tried, &self.limits, sight.at)
    }

    /// Whether all is proven: all of Flux, or all that was named.
    fn is_proven(&self, sight: &Sight, plan: &Plan) -> bool {
        plan.is_idle() && (!self.limits.only.is_empty() || Report::of(sight, None).summary.converged)
    }

    /// Whether a rescue that did not end was at work here.
    fn is_marked(&self, sight: &Sight) -> bool {
        let restarted = sight.scene.workforce.0.values().flatten().any(|crew| crew.restarted);
        restarted || sight.scene.subjects().any(|subject| subject.rescue.is_some() && self.includes(subject))
    }

    fn includes(&self, subject: &Subject) -> bool {
        self.limits.include(&subject.place.to_string())
    }

    /// All acts of the least force, stage after stage. Who was failed by one stage is left out of the next.
    async fn round(&mut self, plan: &Plan, sight: &Sight) -> Result<Vec<Done>, RescueError> {
        let least = plan.acts.first().map(|act| act.force);
        let round: Vec<&Act> = plan.acts.iter().take_while(|act| Some(act.force) == least).collect();
        let stages: BTreeSet<usize> = round.iter().map(|act| act.stage).collect();
        let (mut done, mut failed) = (Vec::new(), BTreeSet::new());
        for stage in stages {
            let due = |act: &&&Act| act.stage == stage && !act.sakes.iter().all(|sake| failed.contains(sake));
            let acts: Vec<(&Act, String)> =
                round.iter().filter(due).map(|act| (*act, self.tokens.draw(self.cx.clock.now()))).collect();
            let hands = self.hands(sight);
            // All of a stage are done before the first is waited for: what they need may be in one another.
            let begun = all(acts.iter().map(|(act, token)| hands.begin(act, token).boxed())).await;
            let begun = begun.into_iter().collect::<Result<Vec<Begun>, RescueError>>()?;
            let proofs = all(begun.iter().map(|begun| hands.proof(begun).boxed())).await;
            for (((act, _), begun), proof) in acts.iter().zip(&begun).zip(proofs) {
                // What was done to nobody is not over for whoever is there now.
                if !matches!(begun, Begun::Replaced(_)) {
                    self.tried.note_act(act);
                }
                self.touched.insert(act.target.clone());
                let (helped, seen) = proof?;
                match (&act.aim, helped) {
                    (Aim::Object { place, .. } | Aim::Storage { place, .. }, true) => self.tried.note_repaired(place),
                    (_, false) => failed.extend(act.sakes.iter().cloned()),
                    _ => {}
                }
                if !helped {
                    self.cx.events.warn(format!("{}: {} did not help: {seen}", act.target, act.force));
                }
                done.push(Done { act: (*act).clone(), helped, seen });
            }
        }
        Ok(done)
    }

    fn hands<'a>(&'a self, sight: &'a Sight) -> Hands<'a> {
        Hands {
            cx: &self.cx,
            cluster: &self.cluster,
            kinds: &sight.kinds,
            patience: self.patience,
            ends: self.ends,
            interrupt: self.limits.interrupt,
        }
    }

    /// Waits until everything is ready or there is something to do, and gives what is left of the patience; `None` when
    /// nothing more is to be waited for.
    async fn settle(&self, patience: Deadline) -> Result<Option<Deadline>, RescueError> {
        let opened = self.cx.clock.now();
        let looks = fluxlift_gate::every(EVERY, || async {
            look(&self.cluster, None).await.map(|sight| Arc::new(sight.scene)).map_err(observed)
        });
        let gate = Quiet { tried: self.tried.clone(), limits: self.limits.clone() };
        match self.cx.prove(&gate, patience, looks).await {
            Ok(_) | Err(GateError::Deadline { .. }) => Ok(None),
            Err(GateError::Stuck { .. }) => {
                let passed = self.cx.clock.now().duration_since(opened).unsigned_abs();
                Ok(patience.remaining(passed).map(Deadline::after))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the marks off: this rescue has ended. What hinders that is told, and changes nothing of the outcome.
    async fn unmark(&self, sight: &Sight, opened: Timestamp) {
        let hands = self.hands(sight);
        let ours = |subject: &Subject| self.includes(subject) || self.touched.contains(&subject.place.to_string());
        let marked = sight.scene.subjects().filter(|subject| subject.rescue.is_some() && ours(subject));
        let mut results = all(marked.map(|subject| hands.unmark_place(&subject.place).boxed())).await;
        let crews = sight.scene.workforce.0.values().flatten().filter(|crew| crew.restarted);
        let targets: Vec<ObjectRef> =
            crews.map(|crew| ObjectRef::namespaced(kind::DEPLOYMENT, NAMESPACE, &crew.deployment)).collect();
        results.extend(all(targets.iter().map(|target| hands.unmark(target).boxed())).await);
        for error in results.into_iter().filter_map(Result::err) {
            self.cx.events.warn(format!("a mark of the rescue that began {opened} was left behind: {error}"));
        }
    }
}

/// A look that failed, as an observation that failed.
fn observed(error: StatusError) -> ObserveError {
    match error {
        StatusError::Request(error) => error.into(),
        other => ObserveError::terminal(other.to_string()),
    }
}
