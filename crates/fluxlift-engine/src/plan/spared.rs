//! What a destroy leaves alone.

use std::collections::BTreeMap;

use fluxlift_core::UnitPath;

use crate::Node;
use crate::schedule::Schedule;

/// The units among `nodes` that `schedule`, which is one for a destroy, does not come to, and why: those that must be kept,
/// and those that they need. `exists` says which there are at all.
pub(super) fn spared(
    nodes: &[Node],
    schedule: &Schedule,
    exists: impl Fn(&UnitPath) -> bool,
) -> BTreeMap<UnitPath, String> {
    let mut spared = BTreeMap::new();
    let kept = || nodes.iter().filter(|node| node.keep && node.excluded.is_none() && exists(&node.path));
    for node in kept() {
        let why = format!("{}, which needs it, must not be destroyed", node.path);
        let needed = schedule.dependents(&node.path);
        spared.extend(needed.into_iter().filter(&exists).map(|path| (path, why.clone())));
    }
    let refused = "it must not be destroyed: prevent_destroy is set, so a destroy fails here";
    spared.extend(kept().map(|node| (node.path.clone(), refused.to_owned())));
    spared
}
