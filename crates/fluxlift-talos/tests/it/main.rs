//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod config;
mod merge;
mod secrets;

use std::path::PathBuf;

use fluxlift_talos::SecretsBundle;

/// A file of `testdata`.
fn testdata(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The bundle that Talos's own generator made for these tests.
fn bundle() -> SecretsBundle {
    testdata("secrets.yaml").parse().unwrap()
}
