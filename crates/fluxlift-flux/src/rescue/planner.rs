//! Planning: for each object that is stuck the rung that was not climbed yet, and one act where many need the same.

use std::collections::BTreeSet;

use fluxlift_core::{Remedy, Timestamp};
use jiff::SignedDuration;

use super::force::Force;
use super::mark::Mark;
use super::plan::{Act, Aim, Left, Limits, Plan, Waiting};
use super::rungs::{after_the_last, rungs};
use super::tried::{Tried, is_open};
use crate::diagnosis::{Cause, Diagnosis, Place, Root, Scene, Standing, Subject, Upstream, Workforce, diagnose};
use crate::kinds::NAMESPACE;

/// A failure that is older than this will not have become a success by the next try.
const RETRIED: SignedDuration = SignedDuration::from_mins(2);

/// One planning.
pub(super) struct Planner<'a> {
    scene: &'a Scene,
    tried: &'a Tried,
    limits: &'a Limits,
    now: Timestamp,
    /// Whether a Helm action runs.
    busy: bool,
    plan: Plan,
}

/// An object that is stuck.
struct Stuck<'a> {
    subject: &'a Subject,
    found: Diagnosis,
    /// `None` where the ladder has come to its end.
    next: Option<Force>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(scene: &'a Scene, tried: &'a Tried, limits: &'a Limits, now: Timestamp) -> Self {
        let busy = in_action(scene).is_some();
        Self { scene, tried, limits, now, busy, plan: Plan::default() }
    }

    pub(super) fn plan(mut self) -> Plan {
        let stuck = self.stuck();
        // A source that holds others up is asked for their sake, and they after it.
        let asked: BTreeSet<Place> = stuck
            .iter()
            .filter(|one| one.next == Some(Force::Source))
            .flat_map(|one| sources(self.scene, one.subject).map(|source| source.place.clone()))
            .collect();
        for one in &stuck {
            match one.next {
                Some(Force::Ask) if asked.contains(&one.subject.place) => {}
                Some(force) => self.climb(one, force),
                None => self.leave(one),
            }
        }
        for acts in [&mut self.plan.acts, &mut self.plan.beyond] {
            acts.sort_by(|one, other| {
                (one.force, one.stage, &one.target).cmp(&(other.force, other.stage, &other.target))
            });
            acts.dedup_by(|later, kept| {
                let same = (later.force, later.stage, &later.target) == (kept.force, kept.stage, &kept.target);
                if same {
                    kept.join(later);
                }
                same
            });
        }
        self.plan
    }

    /// What waiting does not help. What it may help is noted as waiting.
    fn stuck(&mut self) -> Vec<Stuck<'a>> {
        let mut stuck = Vec::new();
        for subject in self.scene.subjects() {
            let title = subject.place.to_string();
            if !self.limits.include(&title) {
                continue;
            }
            let found = diagnose(self.scene, subject, self.now);
            let due = self.follows(subject, &found.cause) || self.is_held_back(subject, &found);
            if found.cause.remedy().is_none() && !due {
                if found.cause == Cause::Suspended && !self.limits.only.is_empty() {
                    self.plan.for_a_person.push(Left {
                        target: title,
                        why: format!("{}, and nothing is done to it", found.cause),
                        act: "resume it, then rescue it again".to_owned(),
                    });
                } else if found.cause.standing() == Standing::Pending {
                    let comes = self.comes(subject, &found);
                    self.plan.waiting.push(Waiting { target: title, why: found.cause.to_string(), comes });
                }
                continue;
            }
            let ladder = rungs(&found.cause).iter().copied();
            let next = ladder.filter(|force| self.is_possible(subject, *force)).find(|force| {
                let restarted = || self.scene.workforce.crew(subject).is_some_and(|crew| crew.restarted);
                !(self.tried.has(subject, &found.cause, *force) || *force == Force::Restart && restarted())
            });
            stuck.push(Stuck { subject, found, next });
        }
        stuck
    }

    /// Whether its controller has not looked again since its source was repaired: there is no need to wait for that.
    fn follows(&self, subject: &Subject, cause: &Cause) -> bool {
        let repaired = || subject.source.iter().chain(&subject.depends_on).any(|place| self.tried.has_repaired(place));
        matches!(cause, Cause::Overlooked { neglected: false, .. })
            && !self.tried.has(subject, cause, Force::Ask)
            && repaired()
    }

    /// Whether it has failed, or its source has, and its controller takes its time to try again: up to a quarter of an
    /// hour passes after what failed it is mended.
    fn is_held_back(&self, subject: &Subject, found: &Diagnosis) -> bool {
        let old = |found: &Diagnosis| {
            let since = found.since.filter(|_| matches!(found.cause, Cause::Failing { .. }));
            since.is_some_and(|since| self.now.duration_since(since) >= RETRIED)
        };
        match (&found.cause, self.scene.root(subject, found, self.now)) {
            (Cause::Failing { .. }, _) => old(found),
            (Cause::Source { .. }, Root::Object(_, root)) => old(&root),
            _ => false,
        }
    }

    /// Whether work goes on at the root of what holds `subject` up.
    fn comes(&self, subject: &Subject, found: &Diagnosis) -> bool {
        let Root::Object(_, root) = self.scene.root(subject, found, self.now) else { return true };
        match &root.cause {
            Cause::Failing { .. } => root.since.is_some_and(|since| self.now.duration_since(since) < RETRIED),
            cause => cause.standing() == Standing::Pending,
        }
    }

    fn is_possible(&self, subject: &Subject, force: Force) -> bool {
        match force {
            Force::Storage => subject.pending.is_some(),
            Force::Source => sources(self.scene, subject).next().is_some(),
            _ => true,
        }
    }

    fn climb(&mut self, stuck: &Stuck<'_>, force: Force) {
        let (subject, cause) = (stuck.subject, &stuck.found.cause);
        let why = format!("{} {cause}", subject.place);
        let counts = |force| (subject.place.to_string(), cause.word().to_owned(), force);
        let act = |target: String, why: String, aim: Aim, stage: usize| Act {
            force,
            target,
            why,
            sakes: vec![subject.place.to_string()],
            aim,
            stage,
            counts_as: vec![counts(force)],
        };
        let mut held = false;
        let acts = match force {
            Force::Source => {
                let own = sources(self.scene, subject).count();
                let mut acts: Vec<Act> = sources(self.scene, subject)
                    .enumerate()
                    .map(|(stage, source)| {
                        let found = diagnose(self.scene, source, self.now);
                        let aim = aim(source, &found.cause, None);
                        let mut act = act(source.place.to_string(), why.clone(), aim, stage);
                        act.counts_as.push((act.target.clone(), found.cause.word().to_owned(), Force::Ask));
                        act
                    })
                    .collect();
                let after = format!("{why}; its sources are asked first");
                acts.push(act(subject.place.to_string(), after, aim(subject, cause, None), own));
                acts
            }
            Force::Restart => {
                held = self.busy && !self.limits.interrupt;
                let component = Workforce::component(subject);
                let crew = self.scene.workforce.crew(subject);
                let deployment = crew.map_or_else(|| component.name().to_owned(), |crew| crew.deployment.clone());
                let why = if held { format!("{why}; a Helm action runs that a restart would cancel") } else { why };
                let target = format!("deployment/{NAMESPACE}/{deployment}");
                let idle = matches!(cause, Cause::Downloading { .. } | Cause::Unattended { .. });
                let aim = Aim::Controller { component, deployment, held: vec![subject.place.clone()], idle };
                vec![act(target, why, aim, 0)]
            }
            Force::Storage => {
                let Some(secret) = subject.pending.clone() else { return };
                let target = format!("secret/{}/{}", secret.0, secret.1);
                let (place, uid) = (subject.place.clone(), subject.uid.clone());
                let aim = Aim::Storage { place, uid, cause: cause.word(), secret };
                vec![act(target, why, aim, 0)]
            }
            Force::Ask | Force::Reset | Force::Force => {
                let open = Mark::on(subject).filter(|mark| is_open(subject, mark) && mark.force >= force);
                let why = match open {
                    Some(_) => format!("{why}; a rescue that did not end has asked for it already"),
                    None => why,
                };
                vec![act(subject.place.to_string(), why, aim(subject, cause, open.map(|mark| mark.token)), 0)]
            }
        };
        match force > self.limits.most || held {
            true => self.plan.beyond.extend(acts),
            false => self.plan.acts.extend(acts),
        }
    }

    /// The ladder has come to its end. What another object holds up is told at that object.
    fn leave(&mut self, stuck: &Stuck<'_>) {
        let Stuck { subject, found, .. } = stuck;
        let held_up =
            matches!(&found.upstream, Some(Upstream::Object(place)) if self.limits.include(&place.to_string()));
        let persons = matches!(found.cause.remedy(), Some(Remedy::Person { .. }));
        let (target, why) = (subject.place.to_string(), found.cause.to_string());
        match held_up && !persons {
            true => self.plan.waiting.push(Waiting { target, why, comes: false }),
            false => self.plan.for_a_person.push(Left { target, why, act: after_the_last(&found.cause) }),
        }
    }
}

impl Act {
    /// Makes `other`, which is the same act for somebody else, part of this one.
    fn join(&mut self, other: &mut Self) {
        self.sakes.append(&mut other.sakes);
        self.counts_as.append(&mut other.counts_as);
        if let (Aim::Controller { held, idle, .. }, Aim::Controller { held: more, idle: also, .. }) =
            (&mut self.aim, &mut other.aim)
        {
            held.append(more);
            *idle |= *also;
        }
    }
}

fn aim(subject: &Subject, cause: &Cause, open: Option<String>) -> Aim {
    let behind = matches!(cause, Cause::OldRevision { .. }).then(|| subject.revision.clone().unwrap_or_default());
    Aim::Object { place: subject.place.clone(), uid: subject.uid.clone(), cause: cause.word(), behind, open }
}

/// The sources of a subject, the farthest first: the repository, then the chart.
fn sources<'a>(scene: &'a Scene, subject: &'a Subject) -> impl Iterator<Item = &'a Subject> {
    let near = subject.source.as_ref().and_then(|place| scene.get(place));
    let far = near.and_then(|near| near.source.as_ref()).and_then(|place| scene.get(place));
    [far, near].into_iter().flatten().filter(|source| !source.fixed && !source.suspended)
}

/// A release for which a Helm action runs. One that is past its timeout counts: Helm grants the timeout to every hook anew.
/// So does one that is Ready: tests and corrections of drift leave that as it is.
pub(super) fn in_action(scene: &Scene) -> Option<&Subject> {
    let runs = |subject: &Subject| subject.conditions.work().is_some_and(|work| work.message.starts_with("Running '"));
    scene.subjects().find(|subject| subject.place.kind == "HelmRelease" && (runs(subject) || is_uninstalled(subject)))
}

/// Whether it is on its way out: the uninstall of a deletion says nowhere that it runs. What is suspended is let go as it
/// is.
fn is_uninstalled(subject: &Subject) -> bool {
    subject.deleted.is_some() && subject.finalized && !subject.suspended
}
