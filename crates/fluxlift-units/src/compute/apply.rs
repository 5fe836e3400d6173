//! Bringing machines to what they should be.

use fluxlift_core::{Act, Deadline, Prior as Logged};
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_proxmox::vm::{Difference, Mend, VmSpec, differences};
use fluxlift_proxmox::{ProxmoxError, TaskGate};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::json;

use crate::compute::ComputeError;
use crate::compute::gates::{Runs, Unlocked, watch};
use crate::compute::survey::{Machine, Surveyor};

/// So many machines at a time: each is a heavy write on its storage.
const AT_ONCE: usize = 4;

const CREATE: Deadline = Deadline::minutes(15);
const CHANGE: Deadline = Deadline::minutes(5);

/// Does the work, a few pieces at a time, all of it to its end; gives the first failure.
pub(crate) async fn a_few_at_once(work: Vec<BoxFuture<'_, Result<(), UnitError>>>) -> Result<(), UnitError> {
    let mut work = futures::stream::iter(work).buffer_unordered(AT_ONCE);
    let mut first = Ok(());
    while let Some(result) = work.next().await {
        first = first.and(result);
    }
    first
}

/// Works on machines of one unit.
#[derive(Debug)]
pub struct Builder<'a> {
    /// How our machines are recognised.
    pub surveyor: Surveyor<'a>,
    /// The unit's context.
    pub cx: &'a UnitContext,
}

impl Builder<'_> {
    /// Brings all machines to what they should be, a few at a time. One that fails does not stop the others: each ends
    /// in a state that a later run can go on from.
    ///
    /// # Errors
    /// The first failure, after all have ended.
    pub async fn build(&self, machines: &[(&VmSpec, Option<Machine>)]) -> Result<(), UnitError> {
        let work = machines.iter().map(|(spec, found)| self.settle(spec, found.as_ref()).boxed()).collect();
        a_few_at_once(work).await
    }

    async fn settle(&self, spec: &VmSpec, found: Option<&Machine>) -> Result<(), UnitError> {
        let machine = match found {
            Some(machine) => machine.clone(),
            None => self.create(spec).await?,
        };
        let machine = self.unlocked(spec, machine).await?;
        self.amend(spec, &machine).await?;
        self.start(spec, &machine).await
    }

    /// Creates the machine. The intent is durable before; a number that is taken is a success only when it was us.
    async fn create(&self, spec: &VmSpec) -> Result<Machine, UnitError> {
        self.go_on(&format!("creating vm {}", spec.id))?;
        let mac = spec.nics.first().map(|nic| nic.mac.to_string());
        let act =
            Act::new("vm.create", format!("vm/{}", spec.id)).with_detail(json!({ "name": spec.name, "mac": mac }));
        let before = self.cx.acts.intend(&act).map_err(ComputeError::Journal)?;
        // An earlier run may have got further than it could record: the world was looked at before, but that run's
        // request may have arrived since.
        if !matches!(before, Logged::New)
            && let Some(machine) = self.found(spec).await?
        {
            self.record(&act, &machine, "adopted", spec)?;
            return Ok(machine);
        }
        let verb = match self.surveyor.proxmox.create_vm(spec).await {
            Ok(upid) => {
                let gate = TaskGate::new(format!("create vm {}", spec.id), upid);
                self.surveyor.proxmox.finish(&self.cx.gates, &gate, CREATE).await?;
                "created"
            }
            // Taken, or the answer was lost: what is there decides.
            Err(error) if error.is_duplicate() || error.is_transient() => {
                if self.found(spec).await?.is_none() {
                    return Err(error.into());
                }
                "adopted"
            }
            Err(error) => return Err(error.into()),
        };
        let machine = self.found(spec).await?.ok_or_else(|| {
            UnitError::new(format!("vm {} {} is not there although its creation ended well", spec.id, spec.name))
        })?;
        self.record(&act, &machine, verb, spec)?;
        Ok(machine)
    }

    fn record(&self, act: &Act, machine: &Machine, verb: &str, spec: &VmSpec) -> Result<(), UnitError> {
        self.cx.acts.done(act, json!({ "host": machine.host })).map_err(ComputeError::Journal)?;
        self.cx.gates.events.step(verb, format!("vm {} {} on {}", spec.id, spec.name, machine.host));
        Ok(())
    }

    /// The machine as it is now, if it is ours; an error if it is somebody else's.
    async fn found(&self, spec: &VmSpec) -> Result<Option<Machine>, UnitError> {
        Ok(self.surveyor.look_at(&spec.signature()).await?.ours(&spec.name, self.surveyor.mark)?)
    }

    /// The machine once nothing holds it: a creation of an earlier run may still be going on.
    async fn unlocked(&self, spec: &VmSpec, machine: Machine) -> Result<Machine, UnitError> {
        if machine.config.get("lock").is_none() {
            return Ok(machine);
        }
        self.cx.gates.prove(&Unlocked(spec.id), CREATE, watch(self.surveyor.proxmox, spec.id)).await?;
        let gone = || UnitError::new(format!("vm {} {} vanished while it was waited for", spec.id, spec.name));
        self.found(spec).await?.ok_or_else(gone)
    }

    /// Sets what differs, and grows the disk.
    async fn amend(&self, spec: &VmSpec, machine: &Machine) -> Result<(), UnitError> {
        let found = differences(spec, &machine.config);
        for difference in &found {
            match &difference.mend {
                Mend::Never(_) => {
                    self.cx.gates.events.warn(format!("vm {} {}: {difference}", spec.id, spec.name));
                }
                Mend::Grow(gib) => self.grow(spec, machine, *gib).await?,
                Mend::Set => {}
            }
        }
        let settings: Vec<&Difference> = found.iter().filter(|d| d.mend == Mend::Set).collect();
        let mut machine = machine.clone();
        if !settings.is_empty() {
            self.set(spec, &machine, &settings).await?;
            if machine.running {
                machine.pending = self.surveyor.proxmox.pending(&machine.host, spec.id).await?;
            }
        }
        if let Some(why) = machine.needs_restart() {
            self.cx.gates.events.warn(format!("vm {} {}: {why}", spec.id, spec.name));
        }
        Ok(())
    }

    async fn grow(&self, spec: &VmSpec, machine: &Machine, gib: u64) -> Result<(), UnitError> {
        self.go_on(&format!("growing the disk of vm {}", spec.id))?;
        // Growing to a size that it has already is no change.
        let proxmox = self.surveyor.proxmox;
        let upid = proxmox.repeating(|| proxmox.grow_disk(&machine.host, spec.id, gib)).await?;
        let gate = TaskGate::new(format!("grow the disk of vm {}", spec.id), upid);
        proxmox.finish(&self.cx.gates, &gate, CHANGE).await?;
        self.cx.gates.events.step("grew", format!("the disk of vm {} {} to {gib} GiB", spec.id, spec.name));
        Ok(())
    }

    async fn set(&self, spec: &VmSpec, machine: &Machine, wanted: &[&Difference]) -> Result<(), UnitError> {
        self.go_on(&format!("changing vm {}", spec.id))?;
        let settings: Vec<(String, String)> = wanted.iter().map(|d| (d.key.clone(), d.want.clone())).collect();
        let (proxmox, host) = (self.surveyor.proxmox, machine.host.as_str());
        // The digest may have changed by our own growing of the disk, or by this very call when its answer was lost: it is
        // read as late as possible, each time.
        let once = || async {
            let config = proxmox.vm_config(host, spec.id).await?.unwrap_or_default();
            proxmox.set_config(host, spec.id, &settings, config.digest.as_deref()).await
        };
        proxmox.repeating(once).await?;
        for difference in wanted {
            self.cx.gates.events.step("changed", format!("vm {} {}: {difference}", spec.id, spec.name));
        }
        Ok(())
    }

    async fn start(&self, spec: &VmSpec, machine: &Machine) -> Result<(), UnitError> {
        let proxmox = self.surveyor.proxmox;
        if !machine.running {
            self.go_on(&format!("starting vm {}", spec.id))?;
            let upid = match proxmox.repeating(|| proxmox.start_vm(&machine.host, spec.id)).await {
                Ok(upid) => Some(upid),
                Err(ProxmoxError::Refused { message, .. }) if message.contains("already running") => None,
                Err(error) => return Err(error.into()),
            };
            if let Some(upid) = upid {
                let gate = TaskGate::new(format!("start vm {}", spec.id), upid).or_already(&["already running"]);
                proxmox.finish(&self.cx.gates, &gate, CHANGE).await?;
            }
            self.cx.gates.events.step("started", format!("vm {} {}", spec.id, spec.name));
        }
        let runs = Runs { id: spec.id, name: spec.name.clone() };
        self.cx.gates.prove(&runs, CHANGE, watch(proxmox, spec.id)).await?;
        Ok(())
    }

    /// Nothing new is begun once the run is cancelled.
    pub(crate) fn go_on(&self, next: &str) -> Result<(), ComputeError> {
        if self.cx.gates.cancel.is_cancelled() {
            Err(ComputeError::Interrupted { what: next.to_owned() })
        } else {
            Ok(())
        }
    }
}
