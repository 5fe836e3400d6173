//! The names by which kopia knows the snapshots of a repository.

use crate::World;

/// The name of the snapshot at place `at` among those of `identity`.
pub fn id(identity: &str, at: usize) -> String {
    format!("k{at:04}-{}", identity.replace('@', "-"))
}

/// The newest snapshot of `identity` in the repository at `place`.
pub fn newest(world: &World, place: &str, identity: &str) -> Option<String> {
    let all = world.volsync.repositories.get(place)?.get(identity)?;
    Some(id(identity, all.len().checked_sub(1)?))
}

/// How many bytes the snapshot of this name has.
pub fn size(world: &World, place: &str, identity: &str, name: &str) -> Option<u64> {
    let all = world.volsync.repositories.get(place)?.get(identity)?;
    all.iter().enumerate().find(|(at, _)| id(identity, *at) == name).map(|(_, bytes)| *bytes)
}
