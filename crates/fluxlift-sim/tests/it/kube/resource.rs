//! The names of objects.

use std::collections::BTreeMap;

use fluxlift_sim::kube::{GroupResource, Key};

#[test]
fn a_key_survives_being_a_json_key() {
    for key in [
        Key::namespaced(&GroupResource::DEPLOYMENTS, "flux-system", "helm-controller"),
        Key::cluster(&GroupResource::NODES, "solcp01"),
    ] {
        let map = BTreeMap::from([(key.clone(), 1)]);
        let text = serde_json::to_string(&map).unwrap();
        let back: BTreeMap<Key, i32> = serde_json::from_str(&text).unwrap();
        assert_eq!(back.get(&key), Some(&1), "{text}");
    }
}
