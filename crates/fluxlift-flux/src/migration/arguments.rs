//! What a controller's Deployment says that no release of Flux says by itself.

use fluxlift_kube::Object;
use serde_json::{Value, json};

/// The arguments that every controller has, or that follow from other settings; a text that ends in `=` fits any value.
const USUAL: [&str; 9] = [
    "--events-addr=",
    "--watch-all-namespaces=true",
    "--watch-all-namespaces",
    "--log-level=info",
    "--log-encoding=json",
    "--enable-leader-election",
    "--enable-leader-election=true",
    "--storage-path=",
    "--storage-adv-addr=",
];

/// The arguments of `deployment` that are not the usual ones.
pub(super) fn unusual(deployment: &Object) -> Vec<&str> {
    let all = deployment.items("/spec/template/spec/containers/0/args").iter().filter_map(Value::as_str);
    all.filter(|argument| {
        !USUAL.iter().any(|usual| *argument == *usual || usual.ends_with('=') && argument.starts_with(usual))
    })
    .collect()
}

/// A patch that adds `arguments` at the end, where they win over those before them.
pub(super) fn patch(deployment: &str, arguments: &[&str]) -> Value {
    let path = "/spec/template/spec/containers/0/args/-";
    let operations: Vec<Value> =
        arguments.iter().map(|value| json!({"op": "add", "path": path, "value": value})).collect();
    json!({"target": {"kind": "Deployment", "name": deployment}, "patch": Value::from(operations).to_string()})
}

/// The cluster's domain, as the controllers spell it in the address for events.
pub(super) fn domain(deployment: &Object) -> Option<&str> {
    let mut arguments = deployment.items("/spec/template/spec/containers/0/args").iter().filter_map(Value::as_str);
    let address = arguments.find_map(|argument| argument.strip_prefix("--events-addr="))?;
    let (_, domain) = address.split_once(".svc.")?;
    Some(domain.trim_end_matches('/').trim_end_matches('.'))
}
