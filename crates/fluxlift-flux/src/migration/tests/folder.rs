use std::collections::BTreeMap;

use serde_json::json;

use crate::migration::{Above, Folder, FolderError};

fn parse(files: &[(&str, &str)]) -> Result<Folder, FolderError> {
    let files: BTreeMap<String, String> = files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    Folder::parse("clusters/prod/flux-system", &files)
}

const COMPONENTS: (&str, &str) =
    ("gotk-components.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: flux-system\n");

fn with(own: &str) -> Result<Folder, FolderError> {
    parse(&[
        ("kustomization.yaml", own),
        COMPONENTS,
        ("patch.yaml", "kind: Kustomization\nmetadata: {name: flux-system}\n"),
    ])
}

#[test]
fn a_patch_without_a_target_gets_the_object_that_it_names() {
    let folder = with("resources: [gotk-components.yaml]\npatchesStrategicMerge: [patch.yaml]\n").unwrap();
    assert_eq!(folder.patches[0]["target"], json!({"kind": "Kustomization", "name": "flux-system"}));
    assert!(folder.patches[0]["patch"].as_str().unwrap().contains("name: flux-system"));
}

#[test]
fn patches_keep_their_order_and_files_are_put_in_place() {
    let own = "resources: [gotk-components.yaml]\npatches:\n- target: {kind: Deployment}\n  patch: 'a: 1'\n- path: patch.yaml\n\
               patchesJson6902:\n- target: {kind: Service}\n  path: patch.yaml\n";
    let folder = with(own).unwrap();
    let kinds: Vec<_> = folder.patches.iter().map(|patch| patch["target"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Deployment", "Kustomization", "Service"]);
}

#[test]
fn what_flux_bootstrap_did_not_write_is_an_extra() {
    let own = "resources: [gotk-components.yaml, alerts.yaml]\n";
    let folder = parse(&[
        ("kustomization.yaml", own),
        COMPONENTS,
        ("alerts.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"),
    ]);
    let folder = folder.unwrap();
    assert_eq!(folder.extras, ["alerts.yaml"]);
    assert!(folder.describes("Secret", "a") && folder.describes("Namespace", "flux-system"));
}

#[test]
fn what_lies_somewhere_else_is_not_in_the_folder_and_cannot_be_moved_out_of_it() {
    let elsewhere = ["../crds", "https://example.org/crds.yaml", "github.com/org/repo/deploy?ref=v1", "../../shared"];
    let list: String = elsewhere.iter().map(|name| format!("- {name}\n")).collect();
    let folder = with(&format!("resources:\n- gotk-components.yaml\n- ./patch.yaml\n{list}")).unwrap();
    assert_eq!(folder.extras, ["patch.yaml"]);
    assert_eq!(folder.elsewhere, elsewhere);
}

#[test]
fn of_the_file_above_every_change_is_seen_whatever_its_form() {
    let above = |own: &str| {
        let files =
            [("kustomization.yaml", own), ("merge.yaml", "kind: Service\nmetadata: {name: webhook-receiver}\n")];
        let files: BTreeMap<String, String> = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        Above::parse("clusters/prod", &files).unwrap().unwrap()
    };
    let helm = json!({"kind": "Deployment", "name": "helm-controller"});
    for (own, target) in [
        ("patches: [{target: {kind: Deployment, name: helm-controller}, patch: '- op: add'}]", helm.clone()),
        ("patches:\n- patch: |\n    kind: Deployment\n    metadata: {name: helm-controller}\n", helm.clone()),
        ("patches: [{path: ./merge.yaml}]", json!({"kind": "Service", "name": "webhook-receiver"})),
        ("patches: [{path: ../elsewhere.yaml}]", json!(null)),
        ("patchesStrategicMerge: [merge.yaml]", json!({"kind": "Service", "name": "webhook-receiver"})),
        ("replicas: [{name: helm-controller, count: 2}]", helm.clone()),
        ("images: [{name: ghcr.io/fluxcd/helm-controller, newTag: v1}]", helm.clone()),
    ] {
        assert_eq!(above(own).targets, [target], "{own}");
    }
    let blind = above("resources: [flux-system]\ncomponents: [../common]\nnamespace: flux-system\n");
    assert_eq!((blind.by.as_str(), blind.unread), ("clusters/prod/kustomization.yaml", vec!["components".to_owned()]));
    assert!(Above::parse("clusters/prod", &BTreeMap::new()).unwrap().is_none());
}

#[test]
fn a_missing_file_or_target_is_named() {
    let error = |own: &str| with(own).unwrap_err().to_string();
    assert!(error("resources: [gone.yaml]").contains("gone.yaml"));
    assert!(error("resources: [gotk-components.yaml]\npatches: [{path: gone.yaml}]").contains("gone.yaml"));
    let merges = "resources: [gotk-components.yaml]\npatchesStrategicMerge: [gone.yaml]";
    assert!(error(merges).contains("names gone.yaml, which is not there"), "{}", error(merges));
    assert!(error("resources: [gotk-components.yaml]\npatches: [{patch: '- op: add'}]").contains("neither a target"));
    assert!(matches!(parse(&[COMPONENTS]), Err(FolderError::NoKustomization { .. })));
}

#[test]
fn a_file_that_is_not_yaml_is_not_quoted() {
    let error = with("a: [hunter2").unwrap_err();
    assert!(matches!(&error, FolderError::Syntax { .. }) && !format!("{error:?}").contains("hunter2"), "{error:?}");
}
