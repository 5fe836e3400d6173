//! The unit as the engine sees it.

use std::sync::Arc;

use async_trait::async_trait;
use fluxlift_core::{ChangeKind, Value};
use fluxlift_engine::unit::{Applied, Change, Check, Unit, UnitContext, UnitError, UnitSpec, Values};
use fluxlift_proxmox::Proxmox;
use fluxlift_proxmox::vm::{Tags, VmSpec};

use crate::Outside;
use crate::compute::apply::Builder;
use crate::compute::inputs::Inputs;
use crate::compute::outputs::outputs;
use crate::compute::plan::Situation;
use crate::compute::survey::{Found, Identity, Machine, Surveyor};
use crate::compute::{ComputeError, image, preflight, site, wish};

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
    fn surveyor<'a>(&'a self, identity: &'a Identity) -> Surveyor<'a> {
        Surveyor { proxmox: &self.proxmox, mark: &self.mark, identity }
    }

    /// What there is of each machine that should be.
    async fn survey(&self, identity: &Identity) -> Result<Vec<(&VmSpec, Option<Machine>)>, UnitError> {
        let found = self.surveyor(identity).look(&self.machines).await?;
        let pairs = self.machines.iter().zip(found);
        Ok(pairs.map(|(spec, found)| Ok((spec, found.ours(spec, &self.mark)?))).collect::<Result<_, ComputeError>>()?)
    }

    /// Machines that the state says we made and that the tree does not name any more, as far as they still exist.
    async fn surplus(&self, identity: &Identity) -> Result<Vec<(VmSpec, Machine)>, UnitError> {
        let gone: Vec<VmSpec> = self.forgotten(identity);
        let found = self.surveyor(identity).look(&gone).await?;
        let ours = |(spec, found)| match found {
            Found::Ours(machine) => Some((spec, *machine)),
            Found::Nothing | Found::Foreign { .. } => None,
        };
        Ok(gone.into_iter().zip(found).filter_map(ours).collect())
    }

    /// The remembered machines whose numbers the tree does not name, as specifications that recognise them.
    fn forgotten(&self, identity: &Identity) -> Vec<VmSpec> {
        let named = |id: u32| self.machines.iter().any(|spec| spec.id == id);
        let Some(pattern) = self.machines.first() else { return Vec::new() };
        let remembered = identity.machines.iter().filter(|(_, made)| !named(made.id));
        remembered
            .filter_map(|(name, made)| {
                let mut spec = VmSpec { id: made.id, name: name.clone(), ..pattern.clone() };
                spec.nics.first_mut()?.mac = made.mac.parse().ok()?;
                Some(spec)
            })
            .collect()
    }
}

#[async_trait]
impl Unit for Compute {
    async fn plan(&self, cx: &UnitContext) -> Result<Change, UnitError> {
        if self.spec.inputs.values().any(Value::has_unknown) {
            return Ok(Change::because(ChangeKind::Unknown, ["an input is not known yet"]));
        }
        let wish = self.wish()?;
        let identity = Identity::of(cx.prior.as_ref());
        let machines = wish.survey(&identity).await?;
        let surplus = wish.surplus(&identity).await?;
        let surplus = surplus.iter().map(|(spec, machine)| format!("vm {} {} on {}", spec.id, spec.name, machine.host));
        let situation =
            Situation { machines, surplus: surplus.collect(), prior: cx.prior.as_ref(), outputs: &wish.outputs };
        Ok(situation.change())
    }

    async fn apply(&self, cx: &UnitContext) -> Result<Applied, UnitError> {
        let wish = self.wish()?;
        let identity = Identity::of(cx.prior.as_ref());
        let machines = wish.survey(&identity).await?;
        let new: Vec<&VmSpec> = machines.iter().filter(|(_, found)| found.is_none()).map(|(spec, _)| *spec).collect();
        image::provide(&wish.proxmox, &wish.inputs, &new, cx).await?;
        let builder = Builder { surveyor: wish.surveyor(&identity), cx };
        builder.build(&machines).await?;
        for (spec, machine) in wish.surplus(&identity).await? {
            builder.remove(spec.id, &spec.name, &machine).await?;
        }
        let identity = serde_json::to_value(Identity::from_specs(&wish.machines))
            .map_err(|error| UnitError::caused_by("the identity of the machines cannot be written", error))?;
        Ok(Applied { outputs: wish.outputs, identity, shortfall: None })
    }

    async fn destroy(&self, cx: &UnitContext) -> Result<(), UnitError> {
        let wish = self.wish()?;
        let identity = Identity::of(cx.prior.as_ref());
        let mut all = wish.machines.clone();
        all.extend(wish.forgotten(&identity));
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
