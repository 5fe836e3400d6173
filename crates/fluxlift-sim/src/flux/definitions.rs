//! The CustomResourceDefinitions of Flux: our own minimal schemas, with the real ones' defaults and columns.

use std::sync::LazyLock;

use serde_json::Value;

use super::Profile;

/// The definitions of each component, read once.
static NEWEST: LazyLock<Vec<(&str, Value)>> = LazyLock::new(|| {
    FILES.iter().filter_map(|(owner, file)| Some((*owner, serde_saphyr::from_str(file).ok()?))).collect()
});

/// The same, as their files have them.
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
    ("image-reflector-controller", include_str!("crds/imagerepositories.yaml")),
    ("image-reflector-controller", include_str!("crds/imagepolicies.yaml")),
    ("image-automation-controller", include_str!("crds/imageupdateautomations.yaml")),
];

/// The definitions that `component` brings in a release with this `profile`.
pub fn of(component: &str, profile: Profile) -> Vec<Value> {
    let definitions = NEWEST.iter().filter(|(owner, _)| *owner == component);
    definitions.filter_map(|(_, definition)| in_profile(definition.clone(), profile)).collect()
}

/// The definition as it was in that release; `None` if it did not exist yet.
fn in_profile(mut definition: Value, profile: Profile) -> Option<Value> {
    match definition["spec"]["names"]["kind"].as_str()? {
        "ExternalArtifact" if !profile.has_external_artifacts() => return None,
        "OCIRepository" if !profile.oci_is_stable() => only_beta(&mut definition)?,
        "ImageRepository" | "ImagePolicy" | "ImageUpdateAutomation" if !profile.images_are_stable() => {
            only_beta(&mut definition)?;
        }
        "ImageRepository" | "ImagePolicy" | "ImageUpdateAutomation" if !profile.images_have_betas() => {
            definition["spec"]["versions"].as_array_mut()?.retain(|version| version["name"] == "v1");
        }
        _ => {}
    }
    Some(definition)
}

/// Takes away all versions but the beta, which is then the one that is stored.
fn only_beta(definition: &mut Value) -> Option<()> {
    let versions = definition["spec"]["versions"].as_array_mut()?;
    versions.retain(|version| version["name"] == "v1beta2");
    versions.iter_mut().for_each(|version| version["storage"] = Value::Bool(true));
    Some(())
}
