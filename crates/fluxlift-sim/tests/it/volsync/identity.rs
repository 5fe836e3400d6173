//! Under which name snapshots are looked for.

use fluxlift_sim::volsync::identity::of_destination;
use serde_json::{Value, json};

#[test]
fn a_destination_restores_what_it_names_or_what_has_its_own_name() {
    let of = |kopia: Value| {
        of_destination(&json!({"metadata": {"name": "app-dst", "namespace": "default"}, "spec": {"kopia": kopia}}))
    };
    assert_eq!(of(json!({})), "app-dst@default");
    assert_eq!(of(json!({"sourceIdentity": {"sourceName": "app"}})), "app@default");
    assert_eq!(of(json!({"sourceIdentity": {"sourceName": "app", "sourceNamespace": "old"}})), "app@old");
    assert_eq!(of(json!({"username": "me", "hostname": "there"})), "me@there");
}
