//! One controller of the distribution: its account, its Deployment and its Services, with shards.

use serde_json::{Value, json};

use super::Distribution;
use crate::controllers::object::{items, some_text, text};

/// The components that a FluxInstance gets when it lists none.
const DEFAULT: [&str; 4] = ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"];

/// What all components of an instance share.
#[derive(Debug)]
pub struct Settings {
    pub(super) namespace: String,
    pub(super) registry: String,
    pub(super) version: String,
    domain: String,
    pull_secret: Option<String>,
    shard_key: String,
    shards: Vec<String>,
}

impl Settings {
    pub(super) fn of(instance: &Value, distribution: Distribution) -> Self {
        Self {
            namespace: text(instance, "/metadata/namespace").to_owned(),
            registry: some_text(instance, "/spec/distribution/registry").unwrap_or("ghcr.io/fluxcd").to_owned(),
            version: format!("v{}", distribution.version()),
            domain: some_text(instance, "/spec/cluster/domain").unwrap_or("cluster.local").to_owned(),
            pull_secret: some_text(instance, "/spec/distribution/imagePullSecret").map(str::to_owned),
            shard_key: some_text(instance, "/spec/sharding/key").unwrap_or("sharding.fluxcd.io/key").to_owned(),
            shards: items(instance, "/spec/sharding/shards").filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }

    /// What a controller is to watch: with shards, the main one takes the objects without the key
    /// (notification-controller is not sharded).
    fn selector(&self, component: &str, shard: Option<&str>) -> Option<String> {
        let sharded = !self.shards.is_empty() && component != "notification-controller";
        sharded.then(|| shard.map_or_else(|| format!("!{}", self.shard_key), |s| format!("{}={s}", self.shard_key)))
    }
}

/// The components that `instance` lists, or the default ones.
pub fn listed(instance: &Value) -> Vec<String> {
    let listed: Vec<String> =
        items(instance, "/spec/components").filter_map(Value::as_str).map(str::to_owned).collect();
    if listed.is_empty() { DEFAULT.map(str::to_owned).to_vec() } else { listed }
}

/// The objects of one component, its shards included.
pub fn objects(settings: &Settings, component: &str, tag: &str) -> Vec<Value> {
    let namespace = &settings.namespace;
    let metadata = |name: &str| json!({"name": name, "namespace": namespace, "labels": labels(component)});
    let mut objects = vec![json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(component)})];
    let shards: &[String] = if component == "notification-controller" { &[] } else { &settings.shards };
    for shard in std::iter::once(None).chain(shards.iter().map(|shard| Some(shard.as_str()))) {
        let name = shard.map_or_else(|| component.to_owned(), |shard| format!("{component}-{shard}"));
        objects.push(deployment(settings, component, &name, tag, shard));
        if component == "source-controller" {
            objects.push(service(metadata(&name), &name, "http"));
        }
    }
    if component == "notification-controller" {
        objects.push(service(metadata(component), component, "http"));
        objects.push(service(metadata("webhook-receiver"), component, "http-webhook"));
    }
    objects
}

fn labels(component: &str) -> Value {
    json!({"app.kubernetes.io/component": component, "control-plane": "controller"})
}

fn service(metadata: Value, app: &str, port: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"type": "ClusterIP",
        "selector": {"app": app}, "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": port}]}})
}

fn deployment(settings: &Settings, component: &str, name: &str, tag: &str, shard: Option<&str>) -> Value {
    let mut args = Vec::new();
    if component != "notification-controller" {
        args.push(format!(
            "--events-addr=http://notification-controller.{}.svc.{}./",
            settings.namespace, settings.domain
        ));
    }
    args.extend(
        ["--watch-all-namespaces=true", "--log-level=info", "--log-encoding=json", "--enable-leader-election"]
            .map(str::to_owned),
    );
    let readiness = if component == "source-controller" {
        // Only source-controller's readiness implies leadership: its file server starts with it.
        args.push("--storage-path=/data".to_owned());
        args.push(format!("--storage-adv-addr={name}.$(RUNTIME_NAMESPACE).svc.{}.", settings.domain));
        json!({"httpGet": {"path": "/", "port": "http"}})
    } else {
        json!({"httpGet": {"path": "/readyz", "port": "healthz"}})
    };
    if let Some(selector) = settings.selector(component, shard) {
        args.push(format!("--watch-label-selector={selector}"));
    }
    let strategy =
        if component == "source-controller" { json!({"type": "Recreate"}) } else { json!({"type": "RollingUpdate"}) };
    let mut pod = json!({
        "serviceAccountName": component,
        "priorityClassName": "system-cluster-critical",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "terminationGracePeriodSeconds": if component == "helm-controller" { 600 } else { 60 },
        "securityContext": {"fsGroup": 1337},
        "containers": [{
            "name": "manager",
            "image": format!("{}/{component}:{tag}", settings.registry),
            "imagePullPolicy": "IfNotPresent",
            "args": args,
            "env": [{"name": "RUNTIME_NAMESPACE", "valueFrom": {"fieldRef": {"apiVersion": "v1",
                "fieldPath": "metadata.namespace"}}}],
            "ports": [
                {"name": "http", "containerPort": 9090, "protocol": "TCP"},
                {"name": "http-webhook", "containerPort": 9292, "protocol": "TCP"},
                {"name": "http-prom", "containerPort": 8080, "protocol": "TCP"},
                {"name": "healthz", "containerPort": 9440, "protocol": "TCP"},
            ],
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": "healthz"}},
            "readinessProbe": readiness,
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "64Mi"}},
            "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
                "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}},
        }],
    });
    if let Some(secret) = &settings.pull_secret {
        pod["imagePullSecrets"] = json!([{"name": secret}]);
    }
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": settings.namespace, "labels": labels(component)},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "strategy": strategy,
            "template": {"metadata": {"labels": {"app": name, "app.kubernetes.io/component": component,
                "app.kubernetes.io/instance": settings.namespace, "app.kubernetes.io/part-of": "flux"},
                "annotations": {"prometheus.io/port": "8080", "prometheus.io/scrape": "true"}},
                "spec": pod}}})
}
