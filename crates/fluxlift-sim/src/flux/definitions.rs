//! The CustomResourceDefinitions of Flux: our own minimal schemas, with the real ones' defaults and columns.

use serde_json::Value;

use super::Profile;

/// The definitions of each component, as their files have them.
const FILES: &[(&str, &str)] = &[
    ("source-controller", include_str!("crds/gitrepositories.yaml")),
    ("source-controller", include_str!("crds/ocirepositories.yaml")),
    ("source-controller", include_str!("crds/helmrepositories.yaml")),
    ("source-controller", include_str!("crds/helmcharts.yaml")),
    ("source-controller", include_str!("crds/buckets.yaml")),
    ("source-controller", include_str!("crds/externalartifacts.yaml")),
    ("kustomize-controller", include_str!("crds/kustomizations.yaml")),
    ("helm-controller", include_str!("crds/helmreleases.yaml")),
    ("notification-controller", include_str!("crds/receivers.yaml")),
    ("notification-controller", include_str!("crds/alerts.yaml")),
    ("notification-controller", include_str!("crds/providers.yaml")),
];

/// The definitions that `component` brings in a release with this `profile`.
pub fn of(component: &str, profile: Profile) -> Vec<Value> {
    let files = FILES.iter().filter(|(owner, _)| *owner == component);
    let definitions = files.filter_map(|(_, file)| serde_saphyr::from_str::<Value>(file).ok());
    definitions.filter_map(|definition| in_profile(definition, profile)).collect()
}

/// The definition as it was in that release; `None` if it did not exist yet.
fn in_profile(mut definition: Value, profile: Profile) -> Option<Value> {
    match definition["spec"]["names"]["kind"].as_str()? {
        "ExternalArtifact" if !profile.has_external_artifacts() => return None,
        "OCIRepository" if !profile.oci_is_stable() => {
            let versions = definition["spec"]["versions"].as_array_mut()?;
            versions.retain(|version| version["name"] == "v1beta2");
            versions.iter_mut().for_each(|version| version["storage"] = Value::Bool(true));
        }
        _ => {}
    }
    Some(definition)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(profile: Profile) -> Vec<Value> {
        ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"]
            .iter()
            .flat_map(|component| of(component, profile))
            .collect()
    }

    #[test]
    fn flux_2_9_brings_eleven_definitions_and_2_4_ten() {
        assert_eq!(all(Profile::NEWEST).len(), 11);
        assert_eq!(all(Profile { minor: 4 }).len(), 10);
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
}
