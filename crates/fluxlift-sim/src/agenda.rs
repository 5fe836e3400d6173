//! What will happen when.

use std::collections::BTreeMap;

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::controllers::ControllerWake;
use crate::kube::KubeWake;
use crate::proxmox::TaskEnd;
use crate::talos::TalosWake;

/// Something that a part of the world asked to be woken for.
///
/// Each part has a variant with an enum of its own; [`crate::World`] hands a due wake back to its part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Wake {
    /// Nothing but the passing of time: makes the driver look at the world.
    Look,
    /// A task of the Proxmox cluster ends.
    Proxmox(TaskEnd),
    /// A machine's own.
    Talos(TalosWake),
    /// The Kubernetes cluster's own.
    Kube(KubeWake),
    /// Of a controller or a kubelet.
    Controller(Box<ControllerWake>),
}

/// Timed wakes, in the order of their time and then of their making.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Agenda {
    #[serde(with = "entries")]
    due: BTreeMap<(Timestamp, u64), Wake>,
    made: u64,
}

impl Agenda {
    /// Asks for `wake` at `at`; a moment in the past means as soon as possible.
    pub fn at(&mut self, at: Timestamp, wake: Wake) {
        self.made += 1;
        self.due.insert((at, self.made), wake);
    }

    /// Asks for `wake` so long after `now`.
    pub fn after(&mut self, now: Timestamp, delay: SignedDuration, wake: Wake) {
        self.at(now.saturating_add(delay).unwrap_or(Timestamp::MAX), wake);
    }

    /// When the next wake is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next wake that is due at `now`, with the moment it was due.
    pub fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, Wake)> {
        let entry = self.due.first_entry()?;
        let at = entry.key().0;
        (at <= now).then(|| (at, entry.remove()))
    }

    /// Forgets every wake that `test` picks, such as those of a machine that was switched off.
    pub fn forget(&mut self, test: impl Fn(&Wake) -> bool) {
        self.due.retain(|_, wake| !test(wake));
    }
}

/// JSON has no tuple keys: the map travels as a list.
mod entries {
    use super::{BTreeMap, Deserialize, Serialize, Timestamp, Wake};

    type Due = BTreeMap<(Timestamp, u64), Wake>;

    pub(super) fn serialize<S: serde::Serializer>(due: &Due, to: S) -> Result<S::Ok, S::Error> {
        due.iter().collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Due, D::Error> {
        Ok(Vec::deserialize(from)?.into_iter().collect())
    }
}
