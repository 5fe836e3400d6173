use fluxlift_talos::MachineConfig;
use fluxlift_talos::config::{ClusterSpec, ConfigError, Contract, Interface, NodeSpec, Patch, Role, generate};

use crate::{bundle, testdata};

pub(crate) fn cluster(version: &str) -> ClusterSpec {
    ClusterSpec {
        name: "sol".to_owned(),
        endpoint: "https://127.101.0.10:6443".to_owned(),
        contract: Contract::of(&version.parse().unwrap()).unwrap(),
        kubernetes: "1.34.1".parse().unwrap(),
        pod_subnets: vec!["10.244.0.0/16".parse().unwrap()],
        service_subnets: vec!["10.96.0.0/12".parse().unwrap()],
        dns_domain: "cluster.local".to_owned(),
        patches: vec![],
        control_plane_patches: vec![],
        worker_patches: vec![],
    }
}

pub(crate) fn node(version: &str, role: Role) -> NodeSpec {
    NodeSpec {
        name: "solcp01".parse().unwrap(),
        role,
        install_disk: "/dev/sda".to_owned(),
        installer_image: format!("ghcr.io/siderolabs/installer:v{version}.0"),
        kernel_args: vec![],
        interface: None,
        patches: vec![],
    }
}

/// The configuration without what changes nothing in its meaning, secrets shortened: for people to read.
fn readable(config: &MachineConfig) -> String {
    let text = config.to_yaml().expose().clone();
    text.lines().map(|l| if l.len() > 90 { format!("{}…\n", &l[..50]) } else { format!("{l}\n") }).collect()
}

#[test]
fn a_generated_configuration_is_what_talos_itself_generates() {
    for version in ["1.11", "1.12"] {
        for role in [Role::ControlPlane, Role::Worker] {
            let ours = generate(&cluster(version), &node(version, role), &bundle()).unwrap();
            let theirs = MachineConfig::parse(&testdata(&format!("golden/{version}-{}.yaml", role.word()))).unwrap();
            assert!(ours == theirs, "{version} {}:\n{}", role.word(), readable(&ours));
        }
    }
}

#[test]
fn talos_1_13_gets_a_document_for_kubespan_and_no_empty_network() {
    let config = generate(&cluster("1.13"), &node("1.13", Role::Worker), &bundle()).unwrap();
    insta::assert_snapshot!(readable(&config));
}

#[test]
fn a_control_plane_with_addresses_and_a_vip_reads_well() {
    let mut node = node("1.12", Role::ControlPlane);
    node.interface = Some(Interface {
        mac: Some("BC:24:11:10:10:11".to_owned()),
        addresses: vec!["127.101.0.11/24".parse().unwrap()],
        gateway: Some("127.101.0.1".parse().unwrap()),
        mtu: Some(1500),
        vip: Some("127.101.0.10".parse().unwrap()),
    });
    node.kernel_args = vec!["talos.platform=nocloud".to_owned()];
    let config = generate(&cluster("1.12"), &node, &bundle()).unwrap();
    insta::assert_snapshot!(readable(&config));
}

#[test]
fn the_same_inputs_give_the_same_text() {
    let make = || generate(&cluster("1.12"), &node("1.12", Role::ControlPlane), &bundle()).unwrap();
    assert_eq!(make().to_yaml(), make().to_yaml());
    assert_eq!(make().digest(), make().digest());
}

#[test]
fn versions_outside_the_known_contracts_are_refused() {
    let version = "1.10.3".parse().unwrap();
    assert_eq!(Contract::of(&version).unwrap_err(), ConfigError::Version { version });
    let refused = generate(&cluster("1.14"), &node("1.14", Role::Worker), &bundle()).unwrap_err();
    assert_eq!(refused.to_string(), "machine configurations for Talos 1.14 are not supported yet");
}

#[test]
fn a_host_name_in_two_places_is_refused_before_a_machine_sees_it() {
    let mut cluster = cluster("1.12");
    let patch = "machine: {network: {hostname: other}}";
    cluster.patches.push(Patch::parse("cluster patch 1", patch).unwrap());
    let error = generate(&cluster, &node("1.12", Role::Worker), &bundle()).unwrap_err();
    assert!(matches!(error, ConfigError::Contradiction { .. }), "{error}");
}

#[test]
fn patches_apply_from_the_cluster_to_the_role_to_the_node() {
    let patch = |value: &str| Patch::parse(value, &format!("machine: {{sysctls: {{who: {value}}}}}")).unwrap();
    let mut cluster = cluster("1.12");
    cluster.patches.push(patch("cluster"));
    let who = |cluster: &ClusterSpec, node: &NodeSpec| {
        let config = generate(cluster, node, &bundle()).unwrap();
        config.text(&["machine", "sysctls", "who"]).unwrap().to_owned()
    };
    let mut node = node("1.12", Role::Worker);
    assert_eq!(who(&cluster, &node), "cluster");
    cluster.control_plane_patches.push(patch("control-plane"));
    assert_eq!(who(&cluster, &node), "cluster");
    cluster.worker_patches.push(patch("worker"));
    assert_eq!(who(&cluster, &node), "worker");
    node.patches.push(patch("node"));
    assert_eq!(who(&cluster, &node), "node");
}
