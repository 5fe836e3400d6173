//! The kinds of Flux and of its operator are served.

use std::collections::BTreeMap;

use fluxlift_kube::Object;

use crate::doctor::ids::DEFINITION_NOT_SERVED;
use crate::doctor::{Definition, Finding, Judged, Read};
use crate::{Component, instance};

pub(super) fn judge(
    definitions: &Read<BTreeMap<String, Option<Definition>>>,
    instance: &Read<Option<Object>>,
) -> Read<Judged> {
    let definitions = definitions.as_ref()?;
    if definitions.values().all(Option::is_none) {
        return Ok(Judged::absent("the cluster has none of Flux's kinds, nor of its operator's"));
    }
    // Without an instance it may be the middle of an installation.
    let components = instance.as_ref()?.as_ref().map(instance::components);
    let wanted = |name: &str| components.as_ref().is_some_and(|all| owner(name).is_none_or(|it| all.contains(&it)));
    let mut judged = Judged::default();
    let mut served = 0;
    for (name, definition) in definitions {
        let trouble = match definition {
            None if wanted(name) => "it does not exist".to_owned(),
            None => continue,
            Some(definition) => match definition.trouble() {
                None => {
                    served += 1;
                    continue;
                }
                Some(trouble) => trouble,
            },
        };
        let act = "ask the operator for it: `kubectl annotate -n flux-system fluxinstance/flux --overwrite \
                   fluxcd.controlplane.io/reconcile=enabled reconcile.fluxcd.io/requestedAt=now`; the operator's own come \
                   with its Helm chart";
        let about = format!("customresourcedefinition/{name}");
        judged.push(Finding::error(DEFINITION_NOT_SERVED, trouble, act).about(about));
    }
    judged.saw(format!("{served} kinds of Flux and its operator are served"));
    Ok(judged)
}

/// The controller that comes with a kind; `None` for those of the operator.
fn owner(definition: &str) -> Option<Component> {
    match definition.split_once('.')? {
        ("imageupdateautomations", _) => Some(Component::ImageAutomation),
        (_, "image.toolkit.fluxcd.io") => Some(Component::ImageReflector),
        (_, "source.toolkit.fluxcd.io") => Some(Component::Source),
        (_, "kustomize.toolkit.fluxcd.io") => Some(Component::Kustomize),
        (_, "helm.toolkit.fluxcd.io") => Some(Component::Helm),
        (_, "notification.toolkit.fluxcd.io") => Some(Component::Notification),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn judged(definition: Option<Value>) -> Judged {
        let definition = definition.map(|json| serde_json::from_value(json).unwrap());
        let helm: Definition = serde_json::from_value(served()).unwrap();
        let all = [
            ("kustomizations.kustomize.toolkit.fluxcd.io".to_owned(), definition),
            ("helmreleases.helm.toolkit.fluxcd.io".to_owned(), Some(helm)),
            ("imagepolicies.image.toolkit.fluxcd.io".to_owned(), None),
        ];
        judge(&Ok(all.into()), &Ok(Some(Object::default()))).unwrap()
    }

    fn served() -> Value {
        json!({"metadata": {"name": "x"}, "spec": {"versions": [{"name": "v1", "served": true, "storage": true, "schema": {}}]},
            "status": {"conditions": [{"type": "Established", "status": "True"}]}})
    }

    #[test]
    fn kinds_that_are_established_and_served_are_fine() {
        assert_eq!(judged(Some(served())).seen, ["2 kinds of Flux and its operator are served"]);
        let none = [("helmreleases".to_owned(), None)];
        assert!(judge(&Ok(none.into()), &Ok(None)).unwrap().absent.is_some());
    }

    #[test]
    fn one_that_is_established_and_serves_no_version_or_is_being_deleted_is_not_taken_for_one_that_is_there() {
        let mut unserved = served();
        unserved["spec"]["versions"][0]["served"] = json!(false);
        let mut dying = served();
        dying["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        for broken in [Some(unserved), Some(dying), None] {
            assert_eq!(judged(broken).findings[0].id, "definition-not-served");
        }
    }
}
