//! The defaults of built-in kinds.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::kube::{GroupResource, Kind, meta};

/// Fills in what a built-in kind leaves open.
pub fn default(kind: &Kind, object: &mut Value) {
    match &kind.gr {
        gr if *gr == GroupResource::DEPLOYMENTS => deployment(object),
        gr if *gr == GroupResource::REPLICA_SETS => {
            set(spec(object), "replicas", json!(1));
            template(object);
        }
        gr if *gr == GroupResource::STATEFUL_SETS => {
            let spec = spec(object);
            set(spec, "replicas", json!(1));
            set(spec, "podManagementPolicy", json!("OrderedReady"));
            set(spec, "revisionHistoryLimit", json!(10));
            set(spec, "updateStrategy", json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}));
            template(object);
        }
        gr if *gr == GroupResource::DAEMON_SETS => {
            let spec = spec(object);
            set(spec, "revisionHistoryLimit", json!(10));
            let rolling = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}});
            set(spec, "updateStrategy", rolling);
            template(object);
        }
        gr if *gr == GroupResource::JOBS => {
            let spec = spec(object);
            set(spec, "backoffLimit", json!(6));
            set(spec, "completions", json!(1));
            set(spec, "parallelism", json!(1));
            set(spec, "suspend", json!(false));
            template(object);
        }
        gr if *gr == GroupResource::PODS => pod_spec(spec(object)),
        gr if *gr == GroupResource::SERVICES => service(object),
        gr if *gr == GroupResource::SECRETS => secret(object),
        gr if *gr == GroupResource::EVENTS => {
            let event = meta::map_mut(object);
            event.entry("eventTime").or_insert(Value::Null);
            set(event, "reportingComponent", json!(""));
            set(event, "reportingInstance", json!(""));
        }
        gr if *gr == GroupResource::CUSTOM_RESOURCE_DEFINITIONS => definition(object),
        gr if *gr == GroupResource::NETWORK_POLICIES => {
            let spec = spec(object);
            let egress = spec.contains_key("egress");
            set(spec, "policyTypes", if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) });
        }
        gr if *gr == GroupResource::ROLE_BINDINGS || *gr == GroupResource::CLUSTER_ROLE_BINDINGS => binding(object),
        _ => {}
    }
}

fn spec(object: &mut Value) -> &mut Map<String, Value> {
    meta::child_mut(object, "spec")
}

fn set(map: &mut Map<String, Value>, name: &str, value: Value) {
    let slot = map.entry(name).or_insert(Value::Null);
    if slot.is_null() {
        *slot = value;
    }
}

fn deployment(object: &mut Value) {
    let spec = spec(object);
    set(spec, "replicas", json!(1));
    set(spec, "revisionHistoryLimit", json!(10));
    set(spec, "progressDeadlineSeconds", json!(600));
    set(spec, "strategy", json!({}));
    let strategy = meta::map_mut(spec.entry("strategy").or_insert(Value::Null));
    set(strategy, "type", json!("RollingUpdate"));
    if strategy["type"] == "RollingUpdate" {
        set(strategy, "rollingUpdate", json!({}));
        let rolling = meta::map_mut(strategy.entry("rollingUpdate").or_insert(Value::Null));
        set(rolling, "maxSurge", json!("25%"));
        set(rolling, "maxUnavailable", json!("25%"));
    }
    template(object);
}

fn template(object: &mut Value) {
    let template = meta::map_mut(spec(object).entry("template").or_insert(Value::Null));
    if let Some(spec) = template.get_mut("spec").and_then(Value::as_object_mut) {
        pod_spec(spec);
    }
}

fn pod_spec(spec: &mut Map<String, Value>) {
    set(spec, "restartPolicy", json!("Always"));
    set(spec, "dnsPolicy", json!("ClusterFirst"));
    set(spec, "schedulerName", json!("default-scheduler"));
    set(spec, "terminationGracePeriodSeconds", json!(30));
    set(spec, "securityContext", json!({}));
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        set(spec, "serviceAccount", account);
    }
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                self::container(container);
            }
        }
    }
    for volume in spec.get_mut("volumes").and_then(Value::as_array_mut).into_iter().flatten() {
        for kind in ["secret", "configMap", "projected"] {
            if let Some(source) = volume.get_mut(kind).and_then(Value::as_object_mut) {
                set(source, "defaultMode", json!(420));
            }
        }
    }
}

fn container(container: &mut Map<String, Value>) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let tag = image.rsplit('/').next().unwrap_or_default();
    let floating = !image.contains('@') && (!tag.contains(':') || tag.ends_with(":latest"));
    set(container, "imagePullPolicy", json!(if floating { "Always" } else { "IfNotPresent" }));
    set(container, "resources", json!({}));
    set(container, "terminationMessagePath", json!("/dev/termination-log"));
    set(container, "terminationMessagePolicy", json!("File"));
    for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            set(port, "protocol", json!("TCP"));
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe).and_then(Value::as_object_mut) {
            for (name, value) in
                [("failureThreshold", 3), ("periodSeconds", 10), ("successThreshold", 1), ("timeoutSeconds", 1)]
            {
                set(probe, name, json!(value));
            }
            if let Some(get) = probe.get_mut("httpGet").and_then(Value::as_object_mut) {
                set(get, "scheme", json!("HTTP"));
            }
        }
    }
    for env in container.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(field) = env.pointer_mut("/valueFrom/fieldRef").and_then(Value::as_object_mut) {
            set(field, "apiVersion", json!("v1"));
        }
    }
}

fn service(object: &mut Value) {
    let spec = spec(object);
    set(spec, "type", json!("ClusterIP"));
    set(spec, "sessionAffinity", json!("None"));
    set(spec, "internalTrafficPolicy", json!("Cluster"));
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            set(port, "protocol", json!("TCP"));
            let same = port.get("port").cloned().unwrap_or_default();
            set(port, "targetPort", same);
        }
    }
}

fn secret(object: &mut Value) {
    let Some(map) = object.as_object_mut() else { return };
    set(map, "type", json!("Opaque"));
    let Some(Value::Object(plain)) = map.remove("stringData") else { return };
    let data = meta::map_mut(map.entry("data").or_insert(Value::Null));
    for (name, value) in plain {
        data.insert(name, json!(BASE64_STANDARD.encode(value.as_str().unwrap_or_default())));
    }
}

fn definition(object: &mut Value) {
    let spec = spec(object);
    set(spec, "conversion", json!({"strategy": "None"}));
    if let Some(names) = spec.get_mut("names").and_then(Value::as_object_mut) {
        let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        set(names, "singular", json!(kind.to_lowercase()));
        set(names, "listKind", json!(format!("{kind}List")));
    }
}

fn binding(object: &mut Value) {
    if let Some(role) = object.get_mut("roleRef").and_then(Value::as_object_mut) {
        set(role, "apiGroup", json!("rbac.authorization.k8s.io"));
    }
    for subject in object.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(subject) = subject.as_object_mut()
            && subject.get("kind").is_some_and(|k| k != "ServiceAccount")
        {
            set(subject, "apiGroup", json!("rbac.authorization.k8s.io"));
        }
    }
}
