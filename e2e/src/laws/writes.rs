//! What fluxlift wrote, by its name in the objects' own list of field managers.

use std::collections::BTreeSet;

use serde_json::Value;

use super::left::RESERVATION;
use crate::history::{Happening, History};

/// Each write of fluxlift's that changed something: the object's key, and what the server noted of the write. That the
/// cluster is reserved and set free again is none.
pub fn writes(history: &History) -> BTreeSet<(&str, String)> {
    let written = history.of("").filter(|seen| seen.object.is_some() && seen.key != RESERVATION);
    let notes = written.flat_map(|seen| {
        let stored = is_storage(seen).then(|| format!("revision {}", seen.revision));
        managed(seen).map(ToString::to_string).chain(stored).map(|note| (seen.key.as_str(), note))
    });
    notes.collect()
}

/// Whether fluxlift wrote it: as its field manager, or as Helm's storage of the operator.
pub(super) fn is_made_by_fluxlift(seen: &Happening) -> bool {
    managed(seen).next().is_some() || is_storage(seen)
}

fn is_storage(seen: &Happening) -> bool {
    seen.key.contains("/sh.helm.release.v1.flux-operator.")
}

/// The notes that the server made of fluxlift's writes.
fn managed(seen: &Happening) -> impl Iterator<Item = &Value> {
    let managers = seen.object.as_ref().and_then(|object| object.pointer("/metadata/managedFields")?.as_array());
    let ours = |field: &&Value| field["manager"].as_str().is_some_and(|name| name.starts_with("fluxlift"));
    managers.into_iter().flatten().filter(ours)
}
