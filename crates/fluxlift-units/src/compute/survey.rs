//! What of the machines there is already.

use std::collections::BTreeMap;

use fluxlift_engine::unit::{Prior, UnitError};
use fluxlift_proxmox::vm::{Signature, Tags, VmConfig, VmSpec};
use fluxlift_proxmox::{Guest, Proxmox};
use serde::{Deserialize, Serialize};

use crate::compute::ComputeError;

/// What the state remembers of a machine that we made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its number.
    pub id: u32,
    /// The address of its first card.
    pub mac: String,
}

/// The identity that the state keeps: machines by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The machines that we made.
    #[serde(default)]
    pub machines: BTreeMap<String, Made>,
}

impl Identity {
    /// What the state remembers; nothing when it can't be read.
    pub fn of(prior: Option<&Prior>) -> Self {
        prior.and_then(|prior| serde_json::from_value(prior.identity.clone()).ok()).unwrap_or_default()
    }

    /// What the state is to remember of these machines.
    pub fn from_specs(specs: &[VmSpec]) -> Self {
        let made = |spec: &VmSpec| {
            let mac = spec.nics.first().map(|nic| nic.mac.to_string()).unwrap_or_default();
            (spec.name.clone(), Made { id: spec.id, mac })
        };
        Self { machines: specs.iter().map(made).collect() }
    }

    /// What the remembered machines are recognised by.
    pub fn signatures(&self) -> impl Iterator<Item = Signature> {
        self.machines.iter().map(|(name, made)| Signature {
            id: made.id,
            name: name.clone(),
            mac: made.mac.parse().ok(),
        })
    }

    /// Whether the state says that we made this machine.
    pub fn knows(&self, id: u32, have: &VmConfig) -> bool {
        let mac = have.mac(0).map(|mac| mac.to_string());
        self.machines.values().any(|made| made.id == id && Some(&made.mac) == mac.as_ref())
    }
}

/// What there is under a machine's number.
#[derive(Debug, Clone)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// Our machine.
    Ours(Box<Machine>),
    /// Somebody else's guest.
    Foreign {
        /// What it is.
        owner: String,
        /// What differs from ours.
        why: String,
    },
}

/// A machine of ours as it is.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The host that it is on now: it may have been migrated.
    pub host: String,
    /// Whether it runs.
    pub running: bool,
    /// Its configuration as it will be after its next start.
    pub config: VmConfig,
    /// The keys of which it still runs with another value.
    pub pending: Vec<String>,
}

impl Machine {
    /// What it needs a restart for, if it does.
    pub fn needs_restart(&self) -> Option<String> {
        let keys = self.pending.join(", ");
        (!keys.is_empty()).then(|| format!("{keys} will change at its next start"))
    }
}

/// Looks at what there is.
#[derive(Debug)]
pub struct Surveyor<'a> {
    /// The Proxmox cluster.
    pub proxmox: &'a Proxmox,
    /// The tags by which our machines are recognised.
    pub mark: &'a Tags,
    /// What the state remembers.
    pub identity: &'a Identity,
}

impl Surveyor<'_> {
    /// What there is under the numbers of these machines, in their order.
    ///
    /// # Errors
    /// When the world can't be observed.
    pub async fn look(&self, wanted: &[Signature]) -> Result<Vec<Found>, UnitError> {
        let guests: BTreeMap<u32, Guest> =
            self.proxmox.guests().await?.into_iter().map(|guest| (guest.vmid, guest)).collect();
        // All at once: a plan should not wait for one answer after the other.
        let mut asked = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let guest = guests.get(&wanted.id);
            asked.push(async move {
                match guest {
                    Some(guest) => self.recognise(wanted, guest).await,
                    None => Ok(Found::Nothing),
                }
            });
        }
        futures::future::try_join_all(asked).await
    }

    /// What there is under the number of this machine.
    ///
    /// # Errors
    /// When the world can't be observed.
    pub async fn look_at(&self, wanted: &Signature) -> Result<Found, UnitError> {
        let found = self.look(std::slice::from_ref(wanted)).await?;
        Ok(found.into_iter().next().unwrap_or(Found::Nothing))
    }

    async fn recognise(&self, wanted: &Signature, guest: &Guest) -> Result<Found, UnitError> {
        let foreign = |why: String| Found::Foreign { owner: guest.describe(), why };
        if guest.kind != "qemu" {
            return Ok(foreign("it is a container".to_owned()));
        }
        let Some(config) = self.proxmox.vm_config(&guest.node, wanted.id).await? else { return Ok(Found::Nothing) };
        let known = self.identity.knows(wanted.id, &config) && wanted.has_card(&config);
        if known || wanted.is_of(self.mark, &config) {
            let (host, running) = (guest.node.clone(), guest.status == "running");
            // The configuration shows what is pending as if the machine had it already.
            let pending = if running { self.proxmox.pending(&host, wanted.id).await? } else { Vec::new() };
            return Ok(Found::Ours(Box::new(Machine { host, running, config, pending })));
        }
        Ok(foreign(difference(wanted, self.mark, &config)))
    }
}

impl Found {
    /// The machine, if it is ours.
    pub fn machine(&self) -> Option<&Machine> {
        match self {
            Self::Ours(machine) => Some(machine),
            Self::Nothing | Self::Foreign { .. } => None,
        }
    }

    /// The machine itself, if it is ours.
    ///
    /// # Errors
    /// When somebody else has its number.
    pub fn ours(self, name: &str, mark: &Tags) -> Result<Option<Machine>, ComputeError> {
        match self {
            Self::Nothing => Ok(None),
            Self::Ours(machine) => Ok(Some(*machine)),
            Self::Foreign { owner, why } => {
                Err(ComputeError::Foreign { name: name.to_owned(), owner, why, mark: mark.to_string() })
            }
        }
    }
}

fn difference(wanted: &Signature, mark: &Tags, have: &VmConfig) -> String {
    let mut why = Vec::new();
    if have.name() != wanted.name {
        why.push(format!("its name is {:?}", have.name()));
    }
    let missing: Tags = mark.0.difference(&have.tags().0).cloned().collect();
    if !missing.0.is_empty() {
        why.push(format!("it lacks the tags {missing}"));
    }
    if !wanted.has_card(have) {
        let seen = have.mac(0).map_or_else(|| "none".to_owned(), |mac| mac.to_string());
        why.push(format!("its MAC address is {seen}"));
    }
    why.join(", ")
}
