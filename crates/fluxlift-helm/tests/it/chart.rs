//! The flux-operator chart of the simulator, rendered whole.

use std::path::Path;

use fluxlift_core::{Namespace, ReleaseName};
use fluxlift_helm::chart::Chart;
use fluxlift_helm::manifest::{Rendered, render};
use fluxlift_helm::template::{Capabilities, ReleaseIdentity};
use serde_json::{Value, json};

pub(crate) fn flux_operator() -> Chart {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fluxlift-sim/charts/flux-operator");
    let mut chart = Chart::from_folder(&folder).unwrap();
    chart.metadata.version = "0.58.1".to_owned();
    chart.metadata.app_version = "v0.58.1".to_owned();
    chart
}

pub(crate) fn identity() -> ReleaseIdentity {
    ReleaseIdentity::first(ReleaseName::new("flux-operator").unwrap(), Namespace::new("flux-system").unwrap())
}

pub(crate) fn cluster() -> Capabilities {
    Capabilities::new("v1.34.1", ["v1", "apps/v1"])
}

fn rendered(values: &Value) -> Rendered {
    render(&flux_operator(), values, &identity(), &cluster()).unwrap()
}

#[test]
fn the_whole_chart_renders_to_these_manifests() {
    insta::assert_snapshot!(rendered(&json!({})).manifest());
}

#[test]
fn values_reach_every_corner_of_the_deployment() {
    let values = json!({
        "replicas": 2,
        "logLevel": "debug",
        "commonLabels": {"team": "yes", "tier": "1e3"},
        "commonAnnotations": {"note": "line one\nline two\n"},
        "podAnnotations": {"cost": "0.5"},
        "image": {"tag": "v9", "pullSecrets": [{"name": "registry"}]},
        "multitenancy": {"enabled": true},
        "extraArgs": ["--storage=on", "--x= y"],
        "tolerations": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}],
        "settings": {"watch": ["flux-system", "0x1f"]},
        "priorityClassName": null,
        "livenessProbe": {"httpGet": {"path": "/livez"}},
    });
    let rendered = rendered(&values);
    insta::assert_snapshot!(rendered.find("Deployment", "flux-operator").unwrap().text);
}

#[test]
fn definitions_come_before_what_uses_them_and_are_kept() {
    let rendered = rendered(&json!({}));
    let kinds: Vec<_> = rendered.objects.iter().map(|o| o.kind().to_owned()).collect();
    let expected = [
        "ServiceAccount",
        "ConfigMap",
        "CustomResourceDefinition",
        "CustomResourceDefinition",
        "CustomResourceDefinition",
        "CustomResourceDefinition",
        "ClusterRole",
        "ClusterRole",
        "ClusterRoleBinding",
        "Service",
        "Deployment",
    ];
    assert_eq!(kinds, expected);
    let mut crds: Vec<_> = rendered.crds().collect();
    crds.sort();
    let expected = ["fluxinstances", "fluxreports", "resourcesetinputproviders", "resourcesets"];
    assert_eq!(crds, expected.map(|plural| format!("{plural}.fluxcd.controlplane.io")));
    assert!(rendered.objects.iter().filter(|o| o.is_definition()).all(|o| o.is_kept()));
    assert_eq!(rendered.notes, "flux-operator 0.58.1 is installed as flux-operator in flux-system.\n");
}

#[test]
fn the_chart_refuses_a_log_level_that_is_none() {
    let error = render(&flux_operator(), &json!({"logLevel": "loud"}), &identity(), &cluster()).unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(
        format!("{error}: {source}"),
        "the chart flux-operator cannot be rendered: the chart refused its values at \
         flux-operator/templates/deployment.yaml:2:5: logLevel must be debug, info or error, not \"loud\""
    );
}
