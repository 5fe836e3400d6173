//! The definitions that kopiur brings.

use std::path::Path;

use fluxlift_sim::kopiur::definitions::all;

#[test]
fn every_definition_is_read() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/kopiur/crds").read_dir().unwrap();
    assert_eq!(all().len(), files.count());
}
