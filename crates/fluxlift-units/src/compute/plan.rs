//! What an apply would do.

use fluxlift_core::ChangeKind;
use fluxlift_engine::unit::{Change, Prior, Values};
use fluxlift_proxmox::vm::{Mend, VmSpec, differences};

use crate::compute::surplus::Surplus;
use crate::compute::survey::{Identity, Machine};

/// What there is of each machine that should be, and of each that should not be any more.
#[derive(Debug)]
pub struct Situation<'a> {
    /// The machines that should be, each with what there is of it.
    pub machines: Vec<(&'a VmSpec, Option<Machine>)>,
    /// What there is of machines that the state says we made and that the tree does not name any more.
    pub surplus: Surplus,
    /// What the state remembers.
    pub prior: Option<&'a Prior>,
    /// What the outputs would be.
    pub outputs: &'a Values,
}

impl Situation<'_> {
    /// What an apply would do, and why.
    pub fn change(&self) -> Change {
        let mut reasons = Vec::new();
        let mut missing = 0;
        for (spec, machine) in &self.machines {
            match machine {
                None => {
                    missing += 1;
                    reasons.push(format!(
                        "create vm {} {} on {} ({} cores, {} MiB, {} GiB)",
                        spec.id, spec.name, spec.host, spec.cores, spec.memory_mib, spec.disk.gib
                    ));
                }
                Some(machine) => reasons.extend(amendments(spec, machine)),
            }
        }
        let destroyed = self.surplus.ours.iter().map(|(made, machine)| {
            format!("destroy vm {} {} on {}: the tree does not name it any more", made.id, made.name, machine.host)
        });
        reasons.extend(destroyed);
        reasons.extend(self.surplus.strangers.iter().map(ToString::to_string));
        if reasons.is_empty() {
            reasons.extend(self.bookkeeping());
        }
        if reasons.is_empty() {
            return Change::because(ChangeKind::None, self.restarts());
        }
        let all_are_new = missing > 0 && missing == self.machines.len();
        // Whoever reads no more than the summary must see that machines go.
        let kind = match (all_are_new, self.surplus.ours.is_empty()) {
            (true, true) => ChangeKind::Create,
            (true, false) => ChangeKind::Replace,
            (false, false) => ChangeKind::Delete,
            (false, true) => ChangeKind::Update,
        };
        Change::because(kind, reasons.into_iter().chain(self.restarts())).leaving(self.outputs.clone())
    }

    /// The machines that do not run with what they are set to. An apply starts none of them anew: what runs on it would
    /// be torn down.
    fn restarts(&self) -> impl Iterator<Item = String> + '_ {
        self.machines.iter().filter_map(|(spec, machine)| {
            let why = machine.as_ref()?.needs_restart()?;
            Some(format!("vm {} {} needs a restart: {why}", spec.id, spec.name))
        })
    }

    /// What an apply would change in the state only.
    fn bookkeeping(&self) -> Option<String> {
        let Some(prior) = self.prior else {
            return Some(format!("take {} machines that are there already into the state", self.machines.len()));
        };
        let changed: Vec<&str> = self
            .outputs
            .iter()
            .filter(|(key, value)| prior.outputs.get(*key) != Some(value))
            .map(|(key, _)| key.as_str())
            .collect();
        if !changed.is_empty() {
            return Some(format!("outputs change: {}", changed.join(", ")));
        }
        let known = Identity::of(Some(prior));
        let new: Vec<&str> = self
            .machines
            .iter()
            .map(|(spec, _)| spec.name.as_str())
            .filter(|n| !known.machines.contains_key(*n))
            .collect();
        (!new.is_empty()).then(|| format!("take {} into the state", new.join(", ")))
    }
}

fn amendments(spec: &VmSpec, machine: &Machine) -> Vec<String> {
    let settings = differences(spec, &machine.config).into_iter().filter(|d| !matches!(d.mend, Mend::Never(_)));
    let mut lines: Vec<String> = settings.map(|d| format!("vm {} {}: {d}", spec.id, spec.name)).collect();
    if !machine.running {
        lines.push(format!("start vm {} {}", spec.id, spec.name));
    }
    lines
}
