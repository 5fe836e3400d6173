//! The outputs.

use std::collections::BTreeMap;
use std::net::IpAddr;

use fluxlift_core::Value;
use fluxlift_engine::unit::{UnitError, Values};
use fluxlift_talos::config::generate;
use fluxlift_talos::secrets::SecretsError;
use fluxlift_talos::{SecretsBundle, TalosConfig};

use super::{Inputs, patches};
use crate::talos_access::ClientConfiguration;

/// The unit's outputs, and the digest of each machine's configuration by name.
///
/// # Errors
/// When the inputs do not fit or a configuration cannot be generated.
pub fn outputs(inputs: &Inputs) -> Result<(Values, BTreeMap<String, String>), UnitError> {
    let secrets: SecretsBundle =
        inputs.machine_secrets.to_string().parse().map_err(|e: SecretsError| UnitError::from(e))?;
    let cluster = patches::cluster(inputs)?;
    let nodes = patches::nodes(inputs)?;
    let (mut configs, mut digests) = (BTreeMap::new(), BTreeMap::new());
    for node in &nodes {
        let config = generate(&cluster, node, &secrets)?;
        digests.insert(node.name.to_string(), config.digest());
        configs.insert(node.name.to_string(), Value::from(config.to_yaml().expose().as_str()).sensitive());
    }
    let control_planes: Vec<String> = inputs
        .all_node_ips
        .iter()
        .filter(|(name, _)| inputs.control_plane_names.contains(name))
        .map(|(_, ip)| ip.to_string())
        .collect();
    let talosconfig = TalosConfig {
        context: inputs.cluster_name.clone(),
        endpoints: control_planes.clone(),
        nodes: vec![],
        identity: inputs.client_configuration.identity()?,
    };
    let names: Vec<Value> = inputs.all_node_ips.keys().map(|name| Value::from(name.as_str())).collect();
    let ips =
        inputs.all_node_ips.iter().map(|(name, ip): (&String, &IpAddr)| (name.clone(), Value::from(ip.to_string())));
    let outputs = [
        ("talosconfig", Value::from(talosconfig.to_yaml().expose().as_str()).sensitive()),
        ("machine_configs", Value::Map(configs)),
        ("cluster_endpoint", Value::from(inputs.cluster_endpoint.as_str())),
        ("control_plane_ips", Value::from(control_planes)),
        ("all_node_ips", Value::Map(ips.collect())),
        ("all_node_names", Value::List(names)),
        ("client_configuration", ClientConfiguration::output(&talosconfig.identity)),
        ("secrets_yaml", Value::from(secrets.to_yaml().expose().as_str()).sensitive()),
    ];
    Ok((outputs.map(|(name, value)| (name.to_owned(), value)).into(), digests))
}
