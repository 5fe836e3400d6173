//! Machines that the state says we made and that the tree does not name any more.

use std::fmt;

use fluxlift_engine::unit::UnitError;
use fluxlift_proxmox::vm::{Signature, VmSpec};

use crate::compute::survey::{Found, Identity, Machine, Surveyor};

/// What there is under the numbers of such machines.
#[derive(Debug, Default)]
pub struct Surplus {
    /// Those that are there and ours still.
    pub ours: Vec<(Signature, Machine)>,
    /// What has the number of one and is not ours.
    pub strangers: Vec<Stranger>,
}

/// A guest with the number of a machine that we made, and that is not this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// The machine that we made.
    pub name: String,
    /// What has its number now.
    pub owner: String,
    /// What differs from ours.
    pub why: String,
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, owner, why } = self;
        write!(f, "{owner} is left, with the number of {name}, which the tree does not name: it is not ours ({why})")
    }
}

impl Surplus {
    /// Looks at the remembered machines whose numbers are not among `named`.
    ///
    /// # Errors
    /// When the world can't be observed.
    pub async fn look(surveyor: &Surveyor<'_>, named: &[VmSpec]) -> Result<Self, UnitError> {
        let wanted = forgotten(surveyor.identity, named);
        let mut surplus = Self::default();
        if wanted.is_empty() {
            return Ok(surplus);
        }
        let found = surveyor.look(&wanted).await?;
        for (signature, found) in wanted.into_iter().zip(found) {
            match found {
                Found::Nothing => {}
                Found::Ours(machine) => surplus.ours.push((signature, *machine)),
                Found::Foreign { owner, why } => {
                    surplus.strangers.push(Stranger { name: signature.name, owner, why });
                }
            }
        }
        Ok(surplus)
    }
}

/// What the remembered machines whose numbers are not among `named` are recognised by.
pub fn forgotten(identity: &Identity, named: &[VmSpec]) -> Vec<Signature> {
    identity.signatures().filter(|made| named.iter().all(|spec| spec.id != made.id)).collect()
}
