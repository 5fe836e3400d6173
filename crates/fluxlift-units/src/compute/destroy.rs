//! Taking machines away: ours, and no others.

use fluxlift_core::Deadline;
use fluxlift_engine::unit::UnitError;
use fluxlift_proxmox::TaskGate;
use fluxlift_proxmox::vm::Signature;
use futures::FutureExt;

use crate::compute::apply::{Builder, a_few_at_once};
use crate::compute::gates::{Gone, watch};
use crate::compute::survey::{Found, Machine};

const TASK: Deadline = Deadline::minutes(5);

impl Builder<'_> {
    /// Destroys those of the machines that are ours. Somebody else's with one of our numbers is left, with a warning.
    ///
    /// # Errors
    /// The first failure, after all have ended.
    pub async fn tear_down(&self, machines: &[Signature]) -> Result<(), UnitError> {
        let found = self.surveyor.look(machines).await?;
        let mut ours = Vec::new();
        for (wanted, found) in machines.iter().zip(found) {
            match found {
                Found::Nothing => {}
                Found::Ours(machine) => ours.push((wanted.id, wanted.name.as_str(), *machine)),
                Found::Foreign { owner, why } => {
                    self.cx.gates.events.warn(format!("{owner} is left: it is not ours ({why})"))
                }
            }
        }
        a_few_at_once(ours.iter().map(|(id, name, machine)| self.remove(*id, name, machine).boxed()).collect()).await
    }

    /// Stops and destroys one machine.
    ///
    /// # Errors
    /// When Proxmox refuses or does not get it done.
    pub(crate) async fn remove(&self, id: u32, name: &str, machine: &Machine) -> Result<(), UnitError> {
        let (proxmox, host) = (self.surveyor.proxmox, machine.host.as_str());
        self.go_on(&format!("destroying vm {id}"))?;
        if machine.running {
            let upid = proxmox.repeating(|| proxmox.stop_vm(host, id)).await?;
            let gate = TaskGate::new(format!("stop vm {id}"), upid).or_already(&["not running"]);
            proxmox.finish(&self.cx.gates, &gate, TASK).await?;
        }
        let upid = match proxmox.destroy_vm(host, id).await {
            Ok(upid) => Some(upid),
            Err(error) if error.is_missing() => None,
            Err(error) => return Err(error.into()),
        };
        if let Some(upid) = upid {
            proxmox.finish(&self.cx.gates, &TaskGate::new(format!("destroy vm {id}"), upid), TASK).await?;
        }
        self.cx.gates.prove(&Gone(id), TASK, watch(proxmox, id)).await?;
        self.cx.gates.events.step("destroyed", format!("vm {id} {name} on {host}"));
        Ok(())
    }
}
