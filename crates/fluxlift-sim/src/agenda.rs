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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_come_in_the_order_of_their_time_and_then_of_their_making() {
        let now = Timestamp::UNIX_EPOCH;
        let mut agenda = Agenda::default();
        agenda.after(now, SignedDuration::from_secs(2), Wake::Look);
        agenda.after(now, SignedDuration::from_secs(1), Wake::Look);
        assert_eq!(agenda.take_due(now), None);
        let later = now + SignedDuration::from_secs(5);
        assert_eq!(agenda.take_due(later).unwrap().0, now + SignedDuration::from_secs(1));
        assert_eq!(agenda.take_due(later).unwrap().0, now + SignedDuration::from_secs(2));
        assert_eq!(agenda.take_due(later), None);
    }

    #[test]
    fn an_agenda_survives_being_saved() {
        let mut agenda = Agenda::default();
        agenda.at(Timestamp::UNIX_EPOCH, Wake::Look);
        let text = serde_json::to_string(&agenda).unwrap();
        let back: Agenda = serde_json::from_str(&text).unwrap();
        assert_eq!(back.next(), Some(Timestamp::UNIX_EPOCH));
    }
}
