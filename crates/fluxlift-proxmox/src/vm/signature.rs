//! What a machine is recognised by once it is there.

use crate::vm::{MacAddress, Tags, VmConfig, VmSpec};

/// What tells a machine from another one with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// The pinned address of its first card; without one no machine is taken for it.
    pub mac: Option<MacAddress>,
}

impl VmSpec {
    /// What the machine is recognised by.
    pub fn signature(&self) -> Signature {
        Signature { id: self.id, name: self.name.clone(), mac: self.nics.first().map(|nic| nic.mac) }
    }
}

impl Signature {
    /// Whether `have` is this machine, and not another with the same number: by its name, the tags of `mark` and the
    /// pinned address of its first card.
    pub fn is_of(&self, mark: &Tags, have: &VmConfig) -> bool {
        have.name() == self.name && mark.0.is_subset(&have.tags().0) && self.has_card(have)
    }

    /// Whether its first card has the address that we pinned.
    pub fn has_card(&self, have: &VmConfig) -> bool {
        self.mac.is_some() && self.mac == have.mac(0)
    }
}
