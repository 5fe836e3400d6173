//! The gate between acts: everything is ready, or there is something to do.

use std::sync::Arc;

use fluxlift_core::{Evidence, Gate, GateName, Observation, Remedy, Verdict};

use super::plan::{Limits, Plan};
use super::tried::Tried;
use crate::diagnosis::Scene;

/// Proven when everything within the limits is ready. Stuck as soon as something can be done, or only a person can.
#[derive(Debug, Clone)]
pub(super) struct Quiet {
    pub(super) tried: Tried,
    pub(super) limits: Limits,
}

impl Gate for Quiet {
    type Snapshot = Arc<Scene>;

    fn name(&self) -> GateName {
        GateName::new("rescued and what waited for it ready")
    }

    fn judge(&self, seen: &Observation<'_, Arc<Scene>>) -> Verdict {
        let scene = seen.snapshot;
        let plan = Plan::of(scene, &self.tried, &self.limits, scene.at);
        if let Some(act) = plan.acts.first() {
            return Verdict::stuck(act.why.clone(), Remedy::Reconcile);
        }
        if let Some(waiting) = plan.waiting.iter().find(|waiting| waiting.comes) {
            let count = plan.waiting.len();
            return Verdict::pending(format!("{count} not ready yet; {} {}", waiting.target, waiting.why));
        }
        if let Some(left) = plan.for_a_person.first() {
            return Verdict::stuck(format!("{} {}", left.target, left.why), Remedy::person(left.act.clone()));
        }
        let first = plan.beyond.first().map(|act| act.why.clone());
        match first.or_else(|| plan.waiting.first().map(|waiting| format!("{} {}", waiting.target, waiting.why))) {
            Some(why) => Verdict::stuck(why, Remedy::person("see with `fluxlift rescue --dry-run` what is left")),
            None => {
                let count = scene.subjects().filter(|subject| self.limits.include(&subject.place.to_string())).count();
                Verdict::proven(Evidence::new("flux", format!("{count} objects ready, suspended, or fixed by design")))
            }
        }
    }
}
