//! The definitions that VolSync brings.

use std::path::Path;

use fluxlift_sim::volsync::definitions::all;

#[test]
fn every_definition_is_read() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/volsync/crds").read_dir().unwrap();
    assert_eq!(all().len(), files.count());
}
