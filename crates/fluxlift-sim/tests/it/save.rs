//! A world in a folder.

use fluxlift_core::{Explain, Timestamp};
use fluxlift_sim::{Options, World};

#[test]
fn a_world_comes_back_as_it_was_saved() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(Options { seed: 7, ..Options::default() }, Timestamp::UNIX_EPOCH);
    world.save(dir.path()).unwrap();
    let back = World::load(dir.path()).unwrap();
    assert_eq!(serde_json::to_value(&back).unwrap(), serde_json::to_value(&world).unwrap());
}

#[test]
fn a_folder_without_a_world_says_how_to_make_one() {
    let dir = tempfile::tempdir().unwrap();
    let error = World::load(dir.path()).unwrap_err();
    assert!(error.to_string().contains("holds no simulated datacenter"), "{error}");
    assert_eq!(error.hints().len(), 1);
}
