//! The ways that have the race, for `demo` and the lab only.

use std::time::Duration;

use fluxlift_core::{Deadline, Gate, GateName, Observation, Verdict};
use fluxlift_engine::unit::UnitError;
use fluxlift_flux::instance::Stage;
use fluxlift_flux::{Component, Controllers};
use fluxlift_gate::pace;

use super::bringup::Bringup;

/// How long the Deployments may take.
const AVAILABLE: Deadline = Deadline::minutes(15);

impl Bringup<'_> {
    /// Everything at once; done when the Deployments are Available, and a while later where a nap is given.
    ///
    /// # Errors
    /// When the instance is refused or its Deployments do not become Available.
    pub async fn race(&self, nap: Option<Duration>) -> Result<(), UnitError> {
        self.apply(Stage::Unproven).await?;
        let gate = AllAvailable(self.inputs.components());
        self.cx.gates.prove(&gate, AVAILABLE, Controllers::observe(self.cluster)).await?;
        if let Some(nap) = nap {
            self.cx.gates.events.step("slept", format!("{}s, hoping that the caches are synced", nap.as_secs()));
            pace(nap).await;
        }
        Ok(())
    }
}

/// What `kubectl wait --for=condition=Available` asks, and no more.
struct AllAvailable(Vec<Component>);

impl Gate for AllAvailable {
    type Snapshot = Controllers;

    fn name(&self) -> GateName {
        GateName::new("deployments available")
    }

    fn judge(&self, seen: &Observation<'_, Controllers>) -> Verdict {
        let mut last = None;
        for component in &self.0 {
            let Some(deployment) = seen.snapshot.deployment(component.name()) else {
                return Verdict::pending(format!("deployment/{component} does not exist yet"));
            };
            if !deployment.condition("Available").is_some_and(|condition| condition.is_true()) {
                return Verdict::pending(format!("deployment/{component} is not Available"));
            }
            last = Some(deployment.evidence("status.conditions[Available]=True"));
        }
        last.map_or(Verdict::pending("no component is listed"), Verdict::proven)
    }
}
