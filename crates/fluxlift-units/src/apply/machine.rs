//! One machine's way to its configuration.

use std::time::Duration;

use fluxlift_core::{Deadline, Evidence, GateName, chain};
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_gate::observe::every;
use fluxlift_gate::{ObserveError, Tried};
use fluxlift_talos::client::{Access, Class};
use fluxlift_talos::node::{Awaiting, Delivery, NodeState, RunsConfig, Sight, deliver, look, probe};
use fluxlift_talos::secrets::ClientIdentity;

use super::ApplyError;
use super::inputs::Target;
use super::trust::{Trust, judge};

/// How long a machine may take to boot into maintenance.
const BOOT: Deadline = Deadline::minutes(10);
/// How long it may take to install itself and to run what it was given.
const INSTALL: Deadline = Deadline::minutes(20);
/// How often it is looked at.
const GLANCE: Duration = Duration::from_secs(2);

/// What it takes to configure machines.
pub struct Courier<'a> {
    /// The way to them.
    pub access: &'a Access,
    /// Who we are.
    pub ours: &'a ClientIdentity,
    /// What to believe of machines that are not pinned.
    pub trust: Trust,
    /// Gates and events.
    pub cx: &'a UnitContext,
}

impl Courier<'_> {
    /// Sees to it that `target` runs its configuration. True when it had to be sent.
    ///
    /// # Errors
    /// When the machine is not pinned, not ours, refuses, or a gate is not proven.
    pub async fn serve(&self, target: &Target) -> Result<bool, UnitError> {
        self.wait_for(target).await?;
        let sight = look(self.access, &target.api, self.ours, &target.config).await;
        let sent = sight.as_meant != Some(true);
        if sent {
            self.hand_over(target).await?;
        }
        self.prove(target).await?;
        Ok(sent)
    }

    async fn wait_for(&self, target: &Target) -> Result<(), UnitError> {
        let gate = Awaiting { node: target.name.clone() };
        let source = every(GLANCE, || async {
            Ok::<NodeState, ObserveError>(probe(self.access, &target.api, Some(self.ours)).await)
        });
        self.cx.gates.prove(&gate, BOOT.min(self.cx.deadline), source).await?;
        Ok(())
    }

    async fn prove(&self, target: &Target) -> Result<(), UnitError> {
        let gate = RunsConfig { node: target.name.clone(), digest: target.config.digest() };
        let source = every(GLANCE, || async {
            Ok::<Sight, ObserveError>(look(self.access, &target.api, self.ours, &target.config).await)
        });
        self.cx.gates.prove(&gate, INSTALL.min(self.cx.deadline), source).await?;
        Ok(())
    }

    /// Sends the configuration until the machine has it for certain.
    async fn hand_over(&self, target: &Target) -> Result<(), UnitError> {
        let name = GateName::new(format!("node/{} takes its configuration", target.name));
        self.cx.gates.attempt(name, INSTALL.min(self.cx.deadline), GLANCE, || self.hand_over_once(target)).await?
    }

    async fn hand_over_once(&self, target: &Target) -> Tried<(), UnitError> {
        let taken = |how: &str| Tried::Done((), Evidence::new(format!("node/{}", target.name), how));
        let sight = look(self.access, &target.api, self.ours, &target.config).await;
        if sight.as_meant == Some(true) {
            return taken("config=as meant");
        }
        let pin = match &sight.state {
            NodeState::Maintenance { fingerprint } => match judge(&target.name, *fingerprint, target.pin, self.trust) {
                Ok(pin) if target.pin.is_none() => {
                    self.cx.gates.events.step("trusted", format!("{} on first use: {pin}", target.name));
                    Some(pin)
                }
                Ok(pin) => Some(pin),
                Err(error) => return Tried::Never(error.into()),
            },
            NodeState::Ours(_) => None,
            // After a delivery whose answer got lost the machine installs itself.
            NodeState::Unreachable { why } => return Tried::Again(why.clone()),
            state => return Tried::Never(ApplyError::out_of_reach(&target.name, state).into()),
        };
        match deliver(self.access, &target.api, &sight.state, pin, self.ours, &target.config).await {
            Ok(Delivery::Taken { .. }) => {
                self.cx.gates.events.step("applied", format!("configuration of {}", target.name));
                taken("config=taken")
            }
            Ok(Delivery::Unclear { why }) => {
                self.cx.gates.events.warn(format!("the answer of {} got lost; looking again", target.name));
                Tried::Again(why)
            }
            Err(error) if matches!(error.class(), Class::Away | Class::NotYet) => Tried::Again(chain(&error)),
            Err(error) => Tried::Never(error.into()),
        }
    }
}
