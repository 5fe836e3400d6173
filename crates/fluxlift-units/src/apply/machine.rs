//! One machine's way to its configuration.

use std::time::Duration;

use fluxlift_core::Deadline;
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_gate::ObserveError;
use fluxlift_gate::observe::{every, pace};
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
/// How often a delivery is tried while the machine says "not now", or nothing.
const TRIES: u32 = 30;

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
        let node = || target.name.clone();
        let mut last = String::from("it was never reached");
        for _ in 0..TRIES {
            if self.cx.gates.cancel.is_cancelled() {
                return Err(ApplyError::Interrupted { node: node() }.into());
            }
            let sight = look(self.access, &target.api, self.ours, &target.config).await;
            if sight.as_meant == Some(true) {
                return Ok(());
            }
            let pin = match &sight.state {
                NodeState::Maintenance { fingerprint } => {
                    let pin = judge(&target.name, *fingerprint, target.pin, self.trust)?;
                    if target.pin.is_none() {
                        self.cx.gates.events.step("trusted", format!("{} on first use: {pin}", target.name));
                    }
                    Some(pin)
                }
                NodeState::Ours(_) => None,
                NodeState::Unreachable { why } => {
                    // After a delivery whose answer got lost the machine installs itself; the gate that follows tells.
                    last.clone_from(why);
                    pace(GLANCE).await;
                    continue;
                }
                state => return Err(ApplyError::NotOurs { node: node(), state: state.to_string() }.into()),
            };
            match deliver(self.access, &target.api, &sight.state, pin, self.ours, &target.config).await {
                Ok(Delivery::Taken { .. }) => {
                    self.cx.gates.events.step("applied", format!("configuration of {}", target.name));
                    return Ok(());
                }
                Ok(Delivery::Unclear { why }) => {
                    self.cx.gates.events.warn(format!("the answer of {} got lost; looking again", target.name));
                    last = why;
                }
                Err(error) if matches!(error.class(), Class::Away | Class::NotYet) => last = error.to_string(),
                Err(error) => return Err(error.into()),
            }
            pace(GLANCE).await;
        }
        // Unreachable all the while: it may well be installing itself. Only a machine that still waits has failed.
        match probe(self.access, &target.api, Some(self.ours)).await {
            NodeState::Maintenance { .. } => Err(ApplyError::NotTaken { node: node(), tries: TRIES, last }.into()),
            _ => Ok(()),
        }
    }
}
