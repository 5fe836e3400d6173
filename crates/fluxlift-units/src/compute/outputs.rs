//! What later units learn of the machines. All of it is known from the inputs.

use std::collections::BTreeMap;

use fluxlift_core::Value;
use fluxlift_engine::unit::{UnitError, Values};
use serde::Serialize;

use crate::compute::inputs::{Inputs, Role};

/// The unit's outputs.
///
/// # Errors
/// When the YAML can't be written.
pub fn outputs(inputs: &Inputs) -> Result<Values, UnitError> {
    let ips = inputs.nodes.iter().map(|(name, node)| (name.clone(), Value::from(node.ip.to_string())));
    let names: Vec<Value> = inputs.nodes.keys().map(|name| Value::from(name.as_str())).collect();
    let yaml = serde_saphyr::to_string(&Talenv::of(inputs))
        .map_err(|error| UnitError::caused_by("talenv_yaml cannot be written", error))?;
    Ok(BTreeMap::from([
        ("node_ips".to_owned(), Value::Map(ips.collect())),
        ("vm_names".to_owned(), Value::List(names)),
        ("k8s_network_config".to_owned(), network(inputs)),
        ("talenv_yaml".to_owned(), Value::from(yaml)),
    ]))
}

fn network(inputs: &Inputs) -> Value {
    let (ip, net) = (&inputs.ip_config, &inputs.network);
    let text = |value: Option<String>| value.map_or(Value::Null, Value::from);
    Value::map([
        ("network", Value::from(ip.network.to_string())),
        ("network_ipv6", text(ip.network_ipv6.map(|net| net.to_string()))),
        ("gateway", text(ip.gateway.map(|ip| ip.to_string()))),
        ("dns_servers", Value::from(ip.dns_servers.clone())),
        ("vip", text(net.vip.map(|ip| ip.to_string()))),
        ("pod_cidr", text(net.pod_cidr.clone())),
        ("service_cidr", text(net.service_cidr.clone())),
        ("mtu", net.mtu.map_or(Value::Null, |mtu| Value::from(i64::from(mtu)))),
    ])
}

/// Names and addresses for people and for other tools, with the keys that talhelper's environment files use.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Talenv<'a> {
    cluster_name: &'a str,
    talos_version: &'a str,
    kubernetes_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    nodes: Vec<TalenvNode<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TalenvNode<'a> {
    hostname: &'a str,
    ip_address: String,
    control_plane: bool,
}

impl<'a> Talenv<'a> {
    fn of(inputs: &'a Inputs) -> Self {
        let node = |(name, node): (&'a String, &crate::compute::inputs::Node)| TalenvNode {
            hostname: name,
            ip_address: node.ip.to_string(),
            control_plane: node.role == Role::ControlPlane,
        };
        Self {
            cluster_name: &inputs.cluster_name,
            talos_version: inputs.talos_version.as_str(),
            kubernetes_version: &inputs.kubernetes_version,
            endpoint: inputs.network.vip.map(|vip| format!("https://{vip}:6443")),
            nodes: inputs.nodes.iter().map(node).collect(),
        }
    }
}
