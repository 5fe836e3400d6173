//! The HelmChart that a release with a chart template has made for itself.

use serde_json::{Value, json};

use crate::controllers::Pass;
use crate::controllers::object::{path, some_text, text};
use crate::flux::kinds::HELM_CHARTS;
use crate::kube::{Key, Status};

/// Where that HelmChart lives: beside the source, as `<namespace>-<name>`. `None` without a template.
pub(super) fn key(release: &Value) -> Option<Key> {
    release["spec"]["chart"].as_object()?;
    let own = text(release, "/metadata/namespace");
    let namespace = some_text(release, "/spec/chart/spec/sourceRef/namespace").unwrap_or(own);
    Some(Key::namespaced(&HELM_CHARTS, namespace, format!("{own}-{}", text(release, "/metadata/name"))))
}

/// Applies the HelmChart of `release`, and notes it in the status.
pub(super) fn apply(pass: &mut Pass<'_>, release: &Value) -> Result<(), Status> {
    let Some(key) = key(release) else { return Ok(()) };
    let template = &release["spec"]["chart"]["spec"];
    let source = &template["sourceRef"];
    let mut spec = json!({
        "chart": template["chart"],
        "version": some_text(template, "/version").unwrap_or("*"),
        "interval": some_text(template, "/interval").or(some_text(release, "/spec/interval")),
        "reconcileStrategy": some_text(template, "/reconcileStrategy").unwrap_or("ChartVersion"),
        "sourceRef": {"kind": source["kind"], "name": source["name"]},
    });
    if let Some(files) = template.get("valuesFiles") {
        spec["valuesFiles"] = files.clone();
    }
    pass.apply(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmChart",
        "metadata": {"name": key.name, "namespace": key.namespace, "labels": {
            "helm.toolkit.fluxcd.io/name": pass.key.name, "helm.toolkit.fluxcd.io/namespace": pass.key.namespace}},
        "spec": spec}))?;
    if text(release, "/status/helmChart") != path(&key) {
        pass.status(|status| status["helmChart"] = json!(path(&key)))?;
    }
    Ok(())
}
