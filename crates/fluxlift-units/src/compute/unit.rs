//! The unit as the engine sees it.

use std::sync::Arc;

use async_trait::async_trait;
use fluxlift_core::{ChangeKind, Value};
use fluxlift_engine::unit::{Applied, Change, Check, Unit, UnitContext, UnitError, UnitSpec, Values};
use fluxlift_proxmox::Proxmox;
use fluxlift_proxmox::vm::{Signature, Tags, VmSpec};
use fluxlift_talos::config::Contract;

use crate::Outside;
use crate::cluster_access::patience;
use crate::compute::apply::Builder;
use crate::compute::inputs::Inputs;
use crate::compute::outputs::outputs;
use crate::compute::plan::Situation;
use crate::compute::surplus::{Surplus, forgotten};
use crate::compute::survey::{Found, Identity, Machine, Surveyor};
use crate::compute::{ComputeError, image, preflight, privilege, site, wish};

/// The virtual machines of a cluster.
#[derive(Debug)]
pub struct Compute {
    spec: UnitSpec,
    outside: Arc<Outside>,
}

/// What the inputs say, read and checked.
struct Wish {
    inputs: Inputs,
    machines: Vec<VmSpec>,
    mark: Tags,
    outputs: Values,
    proxmox: Proxmox,
}

impl Compute {
    /// The unit that `spec` describes.
    pub const fn new(spec: UnitSpec, outside: Arc<Outside>) -> Self {
        Self { spec, outside }
    }

    fn wish(&self) -> Result<Wish, UnitError> {
        let inputs: Inputs = Value::Map(self.spec.inputs.clone()).parse().map_err(ComputeError::Inputs)?;
        let machines = wish::machines(&inputs)?;
        let proxmox = site::client(&inputs.proxmox, &self.spec.dir, &self.outside)?;
        let (mark, outputs) = (wish::mark(&inputs), outputs(&inputs)?);
        Ok(Wish { inputs, machines, mark, outputs, proxmox })
    }
}

impl Wish {
    /// The same for a run: what fails in passing is tried again, in the open.
    fn in_a_run(self, cx: &UnitContext) -> Self {
        let proxmox = self.proxmox.persistent(&cx.gates, patience(cx.deadline), cx.seed);
        Self { proxmox, ..self }
    }

    fn surveyor<'a>(&'a self, identity: &'a Identity) -> Surveyor<'a> {
        Surveyor { proxmox: &self.proxmox, mark: &self.mark, identity }
    }

    /// What there is of each machine that should be, when it may be made so.
    async fn survey<'a>(&'a self, identity: &Identity) -> Result<Vec<(&'a VmSpec, Option<Machine>)>, UnitError> {
        Contract::of(&self.inputs.talos_version)?.generable()?;
        let wanted: Vec<Signature> = self.machines.iter().map(VmSpec::signature).collect();
        let found = self.surveyor(identity).look(&wanted).await?;
        let ours = |(spec, found): (&'a VmSpec, Found)| Ok((spec, found.ours(&spec.name, &self.mark)?));
        let machines = self.machines.iter().zip(found).map(ours).collect::<Result<Vec<_>, ComputeError>>()?;
        privilege::check(self.proxmox.who(), machines.iter().map(|(spec, machine)| (*spec, machine.as_ref())))?;
        Ok(machines)
    }
}

#[async_trait]
impl Unit for Compute {
    async fn plan(&self, cx: &UnitContext) -> Result<Change, UnitError> {
        if self.spec.inputs.values().any(Value::has_unknown) {
            return Ok(Change::because(ChangeKind::Unknown, ["an input is not known yet"]));
        }
        let wish = self.wish()?.in_a_run(cx);
        let identity = Identity::of(cx.prior.as_ref());
        let machines = wish.survey(&identity).await?;
        let surplus = Surplus::look(&wish.surveyor(&identity), &wish.machines).await?;
        Ok(Situation { machines, surplus, prior: cx.prior.as_ref(), outputs: &wish.outputs }.change())
    }

    async fn apply(&self, cx: &UnitContext) -> Result<Applied, UnitError> {
        let wish = self.wish()?.in_a_run(cx);
        let identity = Identity::of(cx.prior.as_ref());
        let machines = wish.survey(&identity).await?;
        let new: Vec<&VmSpec> = machines.iter().filter(|(_, found)| found.is_none()).map(|(spec, _)| *spec).collect();
        image::provide(&wish.proxmox, &wish.inputs, &new, cx).await?;
        let builder = Builder { surveyor: wish.surveyor(&identity), cx };
        builder.build(&machines).await?;
        let surplus = Surplus::look(&builder.surveyor, &wish.machines).await?;
        for (made, machine) in &surplus.ours {
            builder.remove(made.id, &made.name, machine).await?;
        }
        surplus.strangers.iter().for_each(|stranger| cx.gates.events.warn(stranger.to_string()));
        let identity = serde_json::to_value(Identity::from_specs(&wish.machines))
            .map_err(|error| UnitError::caused_by("the identity of the machines cannot be written", error))?;
        Ok(Applied { outputs: wish.outputs, identity, shortfall: None })
    }

    async fn destroy(&self, cx: &UnitContext) -> Result<(), UnitError> {
        let wish = self.wish()?.in_a_run(cx);
        let identity = Identity::of(cx.prior.as_ref());
        let mut all: Vec<Signature> = wish.machines.iter().map(VmSpec::signature).collect();
        all.extend(forgotten(&identity, &wish.machines));
        Builder { surveyor: wish.surveyor(&identity), cx }.tear_down(&all).await
    }

    async fn preflight(&self, cx: &UnitContext) -> Vec<Check> {
        let wish = match self.wish() {
            Ok(wish) => wish,
            Err(error) => return vec![Check { name: "inputs".to_owned(), outcome: Err(preflight::explain(&error)) }],
        };
        let identity = Identity::of(cx.prior.as_ref());
        let surveyor = wish.surveyor(&identity);
        preflight::checks(&surveyor, &wish.inputs, &wish.machines, self.outside.dial.as_ref()).await
    }
}
