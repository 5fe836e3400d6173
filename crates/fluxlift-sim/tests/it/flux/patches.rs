//! Patches of what is built, in both of their forms.

use fluxlift_sim::flux::patches::apply;
use serde_json::{Value, json};

fn deployment(name: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"template": {"spec": {"containers": [{"name": "manager", "args": ["--log-level=info"]}]}}}})
}

#[test]
fn json_6902_reaches_the_arguments_of_the_deployments_that_the_target_picks() {
    let mut objects = vec![deployment("helm-controller"), deployment("source-controller")];
    let patch = json!({
        "target": {"kind": "Deployment", "name": "(kustomize-controller|helm-controller)"},
        "patch": "- op: add\n  path: /spec/template/spec/containers/0/args/-\n  value: --concurrent=10\n",
    });
    apply([patch].iter(), &mut objects).unwrap();
    let args = |i: usize| objects[i]["spec"]["template"]["spec"]["containers"][0]["args"].clone();
    assert_eq!(args(0), json!(["--log-level=info", "--concurrent=10"]));
    assert_eq!(args(1), json!(["--log-level=info"]));
}

#[test]
fn a_strategic_merge_finds_containers_by_their_name() {
    let mut objects = vec![deployment("helm-controller")];
    let patch = json!({"patch": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: helm-controller}\nspec:\n  template:\n    spec:\n      containers:\n        - name: manager\n          resources: {limits: {memory: 1Gi}}\n"});
    apply([patch].iter(), &mut objects).unwrap();
    let container = &objects[0]["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["args"], json!(["--log-level=info"]));
    assert_eq!(container["resources"]["limits"]["memory"], "1Gi");
}

#[test]
fn a_patch_that_does_not_fit_names_the_object() {
    let patch = json!({"target": {"kind": "Deployment"}, "patch": "- {op: remove, path: /spec/paused}"});
    let error = apply([patch].iter(), &mut vec![deployment("helm-controller")]).unwrap_err();
    assert_eq!(error.to_string(), "a patch does not fit Deployment/helm-controller");
}
