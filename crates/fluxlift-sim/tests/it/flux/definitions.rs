//! The definitions that each release brings.

use std::path::Path;

use fluxlift_sim::flux::Profile;
use fluxlift_sim::flux::definitions::of;
use serde_json::Value;

fn all(profile: Profile) -> Vec<Value> {
    ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"]
        .iter()
        .flat_map(|component| of(component, profile))
        .collect()
}

#[test]
fn every_definition_is_read() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/flux/crds").read_dir().unwrap();
    let images = ["image-reflector-controller", "image-automation-controller"];
    let images = images.iter().flat_map(|component| of(component, Profile::NEWEST));
    assert_eq!(all(Profile::NEWEST).len() + images.count(), files.count());
}

#[test]
fn flux_2_9_brings_eleven_definitions_and_2_4_ten() {
    assert_eq!(all(Profile::NEWEST).len(), 11);
    assert_eq!(all(Profile { minor: 4 }).len(), 10);
}

#[test]
fn the_kinds_of_images_are_stable_since_flux_2_7_and_nothing_else_since_2_9() {
    for (minor, served) in [(6, vec!["v1beta2"]), (7, vec!["v1", "v1beta2"]), (9, vec!["v1"])] {
        for component in ["image-reflector-controller", "image-automation-controller"] {
            let definitions = of(component, Profile { minor });
            assert!(!definitions.is_empty(), "{component} of 2.{minor}");
            for definition in definitions {
                let versions = definition["spec"]["versions"].as_array().unwrap();
                assert_eq!(versions.iter().map(|v| v["name"].as_str().unwrap()).collect::<Vec<_>>(), served);
            }
        }
    }
}

#[test]
fn a_status_says_minus_one_until_a_controller_has_finished_a_pass() {
    for definition in all(Profile::NEWEST) {
        for version in definition["spec"]["versions"].as_array().unwrap() {
            let status = &version["schema"]["openAPIV3Schema"]["properties"]["status"];
            if version["subresources"]["status"].is_object() {
                assert_eq!(status["default"]["observedGeneration"], -1, "{}", definition["metadata"]["name"]);
            }
        }
    }
}

#[test]
fn flux_2_4_knows_oci_repositories_only_as_a_beta() {
    let versions = |profile| {
        let all = all(profile);
        let oci = all.iter().find(|d| d["spec"]["names"]["kind"] == "OCIRepository").unwrap();
        oci["spec"]["versions"].as_array().unwrap().iter().map(|v| v["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(versions(Profile { minor: 4 }), ["v1beta2"]);
    assert_eq!(versions(Profile::NEWEST), ["v1", "v1beta2"]);
}
