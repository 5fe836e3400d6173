//! How long images take to pull.

use std::collections::BTreeMap;

use fluxlift_sim::controllers::images::pull_time;

#[test]
fn the_image_of_helm_controller_is_the_slowest_of_fluxs() {
    let time = |name: &str| pull_time(&format!("ghcr.io/fluxcd/{name}:v1.0.0"), &BTreeMap::new());
    for other in ["source-controller", "kustomize-controller", "notification-controller"] {
        assert!(time(other) * 3 < time("helm-controller"), "{other}");
    }
}
