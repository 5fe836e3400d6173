//! What flux-operator installs for a FluxInstance: the distribution's manifests, built from its spec.

use serde_json::{Value, json};
use thiserror::Error;

use super::{Distribution, component, definitions, patches};
use crate::controllers::object::{entries, items, some_text, text};

/// A FluxInstance from which nothing can be built: `BuildFailed`, and Stalled until its spec changes.
#[derive(Debug, Error)]
pub enum BuildError {
    /// No release fits `spec.distribution.version`.
    #[error("no match found for semver: {version} in /data/flux matching embedded minor versions in /data/flux")]
    NoSuchVersion {
        /// What was asked for.
        version: String,
    },
    /// A component that the distribution doesn't have.
    #[error("unknown component {component:?}")]
    NoSuchComponent {
        /// What was asked for.
        component: String,
    },
    /// `spec.kustomize.patches` can't be applied.
    #[error("kustomize build failed")]
    Patch(#[from] patches::PatchError),
}

/// The manifests of one build.
#[derive(Debug)]
pub struct Build {
    /// The release, such as `v2.9.4`, with the digest of what was built.
    pub revision: String,
    /// All objects, in no particular order.
    pub objects: Vec<Value>,
    /// `{name, repository, tag}` of each component's image.
    pub components: Vec<Value>,
}

/// Builds the manifests of `instance`.
///
/// # Errors
/// When its spec asks for what there isn't, or its patches don't fit.
pub fn build(instance: &Value) -> Result<Build, BuildError> {
    let wanted = text(instance, "/spec/distribution/version");
    let distribution =
        Distribution::find(wanted).ok_or_else(|| BuildError::NoSuchVersion { version: wanted.to_owned() })?;
    let settings = component::Settings::of(instance, distribution);
    let mut objects = base(&settings, flag_or(instance, "/spec/cluster/networkPolicy", true));
    let mut components = Vec::new();
    for name in component::listed(instance) {
        let tag = distribution.tag(&name).ok_or_else(|| BuildError::NoSuchComponent { component: name.clone() })?;
        components.push(json!({"name": name, "repository": format!("{}/{name}", settings.registry), "tag": tag}));
        objects.extend(definitions::of(&name, distribution.profile()));
        objects.extend(component::objects(&settings, &name, &tag));
    }
    if let Some(sync) = instance["spec"].get("sync").filter(|sync| sync.is_object()) {
        objects.extend(root(&settings, sync, distribution));
    }
    patches::apply(items(instance, "/spec/kustomize/patches"), &mut objects)?;
    for object in &mut objects {
        mark(object, instance, &settings);
    }
    let digest = crate::controllers::digest(&json!(objects).to_string());
    Ok(Build { revision: format!("v{}@sha256:{digest}", distribution.version()), objects, components })
}

/// The objects that no component owns.
fn base(settings: &component::Settings, policies: bool) -> Vec<Value> {
    let namespace = &settings.namespace;
    let role = |name: &str, rules: Value| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": format!("{name}-{namespace}")}, "rules": rules})
    };
    let binding = |name: &str, role: &str, accounts: &[&str]| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": format!("{name}-{namespace}")},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": accounts.iter().map(|name| json!({
                "kind": "ServiceAccount", "name": name, "namespace": namespace})).collect::<Vec<_>>()})
    };
    let flux_groups = json!([
        "source.toolkit.fluxcd.io",
        "kustomize.toolkit.fluxcd.io",
        "helm.toolkit.fluxcd.io",
        "notification.toolkit.fluxcd.io",
        "image.toolkit.fluxcd.io"
    ]);
    let mut objects = vec![
        // The operator never prunes the namespace it runs in.
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace,
            "labels": {"pod-security.kubernetes.io/warn": "restricted",
                "pod-security.kubernetes.io/warn-version": "latest"},
            "annotations": {"fluxcd.controlplane.io/prune": "disabled"}}}),
        json!({"apiVersion": "v1", "kind": "ResourceQuota",
            "metadata": {"name": format!("critical-pods-{namespace}"), "namespace": namespace},
            "spec": {"hard": {"pods": "1000"}, "scopeSelector": {"matchExpressions": [{"operator": "In",
                "scopeName": "PriorityClass", "values": ["system-node-critical", "system-cluster-critical"]}]}}}),
        role(
            "crd-controller",
            json!([{"apiGroups": flux_groups, "resources": ["*"], "verbs": ["*"]},
            {"apiGroups": [""], "resources": ["secrets", "configmaps", "serviceaccounts"],
                "verbs": ["get", "list", "watch"]},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]}]),
        ),
        role(
            "flux-edit",
            json!([{"apiGroups": flux_groups, "resources": ["*"],
            "verbs": ["create", "delete", "deletecollection", "patch", "update"]}]),
        ),
        role("flux-view", json!([{"apiGroups": flux_groups, "resources": ["*"], "verbs": ["get", "list", "watch"]}])),
        binding("cluster-reconciler", "cluster-admin", &["kustomize-controller", "helm-controller"]),
        binding(
            "crd-controller",
            &format!("crd-controller-{namespace}"),
            &[
                "kustomize-controller",
                "helm-controller",
                "source-controller",
                "notification-controller",
                "image-reflector-controller",
                "image-automation-controller",
            ],
        ),
    ];
    if policies {
        for (name, ingress, selector) in [
            ("allow-egress", json!([{"from": [{"podSelector": {}}]}]), json!({})),
            (
                "allow-scraping",
                json!([{"from": [{"namespaceSelector": {}}], "ports": [{"port": 8080, "protocol": "TCP"}]}]),
                json!({}),
            ),
            (
                "allow-webhooks",
                json!([{"from": [{"namespaceSelector": {}}]}]),
                json!({"matchLabels": {"app": "notification-controller"}}),
            ),
        ] {
            objects.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"name": name, "namespace": namespace},
                "spec": {"podSelector": selector, "ingress": ingress, "policyTypes": ["Ingress"]}}));
        }
    }
    objects
}

/// The source and the Kustomization of `spec.sync` (interval 10m, prune true).
fn root(settings: &component::Settings, sync: &Value, distribution: Distribution) -> [Value; 2] {
    let namespace = &settings.namespace;
    let name = some_text(sync, "/name").unwrap_or(namespace);
    let kind = some_text(sync, "/kind").unwrap_or("GitRepository");
    let version = if kind == "OCIRepository" && !distribution.profile().oci_is_stable() { "v1beta2" } else { "v1" };
    let reference = text(sync, "/ref");
    let mut spec = json!({"interval": some_text(sync, "/interval").unwrap_or("1m0s")});
    match kind {
        "OCIRepository" => spec["ref"] = json!({"tag": reference}),
        "Bucket" => spec["bucketName"] = json!(reference),
        _ => spec["ref"] = json!({"name": reference}),
    }
    let address = if kind == "Bucket" { "endpoint" } else { "url" };
    spec[address] = sync["url"].clone();
    if let Some(secret) = some_text(sync, "/pullSecret") {
        spec["secretRef"] = json!({"name": secret});
    }
    if let Some(provider) = some_text(sync, "/provider") {
        spec["provider"] = json!(provider);
    }
    let metadata = json!({"name": name, "namespace": namespace});
    [
        json!({"apiVersion": format!("source.toolkit.fluxcd.io/{version}"), "kind": kind, "metadata": metadata,
            "spec": spec}),
        json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": metadata,
            "spec": {"interval": "10m0s", "path": sync["path"], "prune": true,
                "sourceRef": {"kind": kind, "name": name}}}),
    ]
}

/// The labels and annotations that everything carries.
fn mark(object: &mut Value, instance: &Value, settings: &component::Settings) {
    let set = |object: &mut Value, field: &str, key: &str, value: &str| {
        object["metadata"][field][key] = json!(value);
    };
    set(object, "labels", "app.kubernetes.io/instance", &settings.namespace);
    set(object, "labels", "app.kubernetes.io/managed-by", "flux-operator");
    set(object, "labels", "app.kubernetes.io/part-of", "flux");
    set(object, "labels", "app.kubernetes.io/version", &settings.version);
    set(object, "labels", "fluxcd.controlplane.io/name", text(instance, "/metadata/name"));
    set(object, "labels", "fluxcd.controlplane.io/namespace", &settings.namespace);
    set(object, "annotations", "kustomize.toolkit.fluxcd.io/prune", "Disabled");
    set(object, "annotations", "kustomize.toolkit.fluxcd.io/ssa", "Ignore");
    for field in ["labels", "annotations"] {
        for (key, value) in entries(instance, &format!("/spec/commonMetadata/{field}")) {
            object["metadata"][field][key] = value.clone();
        }
    }
}

fn flag_or(object: &Value, pointer: &str, default: bool) -> bool {
    object.pointer(pointer).and_then(Value::as_bool).unwrap_or(default)
}
