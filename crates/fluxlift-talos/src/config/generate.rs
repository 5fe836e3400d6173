//! Generating a configuration: what `talosctl gen config` gives for the same inputs, then the patches.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Secret;

use super::{ClusterSpec, ConfigError, MachineConfig, NodeSpec, Patch, Role, network};
use crate::pki::Pair;
use crate::secrets::SecretsBundle;
use crate::yaml::Node;

/// The configuration of `node` in `cluster`. The same inputs always give the same text.
///
/// # Errors
/// When the contract is not supported, a patch does not fit, or the result contradicts itself.
pub fn generate(cluster: &ClusterSpec, node: &NodeSpec, secrets: &SecretsBundle) -> Result<MachineConfig, ConfigError> {
    cluster.contract.generable()?;
    let mut config = MachineConfig::new(base(cluster, node, secrets));
    let mut own = network::name(node, cluster.contract);
    own.extend(node.interface.as_ref().map(network::interface));
    config = config.patched(&Patch::of("the node's own settings", own)?)?;
    let of_role = match node.role {
        Role::ControlPlane => &cluster.control_plane_patches,
        Role::Worker => &cluster.worker_patches,
    };
    for patch in cluster.patches.iter().chain(of_role).chain(&node.patches) {
        config = config.patched(patch)?;
    }
    config.check()?;
    Ok(config)
}

fn base(cluster: &ClusterSpec, node: &NodeSpec, secrets: &SecretsBundle) -> Vec<Node> {
    let main = Node::map()
        .with("version", "v1alpha1")
        .with("debug", false)
        .with("persist", true)
        .with("machine", machine(cluster, node, secrets))
        .with(
            "cluster",
            match node.role {
                Role::ControlPlane => control_plane(cluster, secrets),
                Role::Worker => worker(cluster, secrets),
            },
        );
    let document = |kind: &str, key: &str, value: Node| {
        Node::map().with("apiVersion", "v1alpha1").with("kind", kind).with(key, value)
    };
    let mut documents = vec![main];
    if cluster.contract.has_network_documents() {
        documents.push(document("HostnameConfig", "auto", Node::from("stable")));
    }
    if cluster.contract.has_kubespan_document() {
        documents.push(document("KubeSpanConfig", "enabled", Node::from(false)));
    }
    documents
}

fn machine(cluster: &ClusterSpec, node: &NodeSpec, secrets: &SecretsBundle) -> Node {
    let contract = cluster.contract;
    let mut machine = Node::map()
        .with("type", node.role.word())
        .with("token", text(&secrets.trustd_token))
        .with("ca", authority(&secrets.certs.os, node.role))
        .with("certSANs", Node::list::<Node>([]))
        .with(
            "kubelet",
            Node::of([
                ("image", Node::from(image("ghcr.io/siderolabs/kubelet", cluster))),
                ("defaultRuntimeSeccompProfileEnabled", Node::from(true)),
                ("disableManifestsDirectory", Node::from(true)),
            ]),
        );
    if !contract.has_kubespan_document() {
        machine.set("network", Node::map());
    }
    machine.set("install", install(cluster, node));
    let mut features = Node::map();
    if contract.spells_features_out() {
        for feature in ["rbac", "stableHostname", "apidCheckExtKeyUsage"] {
            features.set(feature, true);
        }
    }
    features.set("diskQuotaSupport", true);
    features.set("kubePrism", Node::of([("enabled", Node::from(true)), ("port", Node::from(7445))]));
    features.set("hostDNS", Node::of([("enabled", true), ("forwardKubeDNSToHost", true)]));
    machine.set("features", features);
    if node.role == Role::ControlPlane {
        machine.set("nodeLabels", Node::of([("node.kubernetes.io/exclude-from-external-load-balancers", "")]));
    }
    machine
}

fn install(cluster: &ClusterSpec, node: &NodeSpec) -> Node {
    let mut install = Node::of([
        ("disk", Node::from(node.install_disk.as_str())),
        ("image", Node::from(node.installer_image.as_str())),
        ("wipe", Node::from(false)),
    ]);
    if !node.kernel_args.is_empty() {
        install.set("extraKernelArgs", Node::list(node.kernel_args.iter().map(String::as_str)));
    }
    if cluster.contract.has_network_documents() {
        // Talos refuses extra arguments beside the command line of the unified kernel image.
        install.set("grubUseUKICmdline", node.kernel_args.is_empty());
    }
    install
}

/// What both roles know of the cluster.
fn shared(cluster: &ClusterSpec, secrets: &SecretsBundle) -> Node {
    let subnets = |nets: &[ipnet::IpNet]| Node::list(nets.iter().map(ToString::to_string));
    Node::map()
        .with("id", secrets.cluster_id.as_str())
        .with("secret", text(&secrets.cluster_secret))
        .with("controlPlane", Node::of([("endpoint", cluster.endpoint.as_str())]))
        .with("clusterName", cluster.name.as_str())
        .with(
            "network",
            Node::of([
                ("dnsDomain", Node::from(cluster.dns_domain.as_str())),
                ("podSubnets", subnets(&cluster.pod_subnets)),
                ("serviceSubnets", subnets(&cluster.service_subnets)),
            ]),
        )
        .with("token", text(&secrets.bootstrap_token))
}

fn discovery() -> Node {
    let registries = Node::of([("kubernetes", Node::of([("disabled", true)])), ("service", Node::map())]);
    Node::of([("enabled", Node::from(true)), ("registries", registries)])
}

fn worker(cluster: &ClusterSpec, secrets: &SecretsBundle) -> Node {
    shared(cluster, secrets).with("ca", authority(&secrets.certs.k8s, Role::Worker)).with("discovery", discovery())
}

fn control_plane(cluster: &ClusterSpec, secrets: &SecretsBundle) -> Node {
    let component = |name: &str| Node::of([("image", image(&format!("registry.k8s.io/{name}"), cluster))]);
    shared(cluster, secrets)
        .with("secretboxEncryptionSecret", text(&secrets.secretbox_encryption_secret))
        .with("ca", authority(&secrets.certs.k8s, Role::ControlPlane))
        .with("aggregatorCA", authority(&secrets.certs.k8s_aggregator, Role::ControlPlane))
        .with("serviceAccount", Node::of([("key", STANDARD.encode(secrets.certs.k8s_service_account.expose()))]))
        .with("apiServer", api_server(cluster, component("kube-apiserver")))
        .with("controllerManager", component("kube-controller-manager"))
        .with("proxy", component("kube-proxy"))
        .with("scheduler", component("kube-scheduler"))
        .with("discovery", discovery())
        .with("etcd", Node::of([("ca", authority(&secrets.certs.etcd, Role::ControlPlane))]))
}

fn api_server(cluster: &ClusterSpec, mut server: Node) -> Node {
    if cluster.contract.spells_features_out() {
        server.set("certSANs", Node::list(host_of(&cluster.endpoint)));
        server.set("disablePodSecurityPolicy", true);
    }
    let none = || Node::list::<Node>([]);
    let exemptions = Node::map()
        .with("namespaces", Node::list(["kube-system"]))
        .with("runtimeClasses", none())
        .with("usernames", none());
    let levels = Node::of([
        ("audit", "restricted"),
        ("audit-version", "latest"),
        ("enforce", "baseline"),
        ("enforce-version", "latest"),
        ("warn", "restricted"),
        ("warn-version", "latest"),
    ]);
    let security = Node::map()
        .with("apiVersion", "pod-security.admission.config.k8s.io/v1alpha1")
        .with("defaults", levels)
        .with("exemptions", exemptions)
        .with("kind", "PodSecurityConfiguration");
    let plugin = Node::of([("name", Node::from("PodSecurity")), ("configuration", security)]);
    server.set("admissionControl", Node::list([plugin]));
    let audit = Node::map()
        .with("apiVersion", "audit.k8s.io/v1")
        .with("kind", "Policy")
        .with("rules", Node::list([Node::of([("level", "Metadata")])]));
    server.with("auditPolicy", audit)
}

/// A certificate, with its key where the role may have it.
fn authority(pair: &Pair, role: Role) -> Node {
    let key = match role {
        Role::ControlPlane => STANDARD.encode(pair.key.expose()),
        Role::Worker => String::new(),
    };
    Node::of([("crt", STANDARD.encode(&pair.crt)), ("key", key)])
}

fn image(name: &str, cluster: &ClusterSpec) -> String {
    format!("{name}:v{}", cluster.kubernetes.bare())
}

fn text(secret: &Secret<String>) -> Node {
    Node::from(secret.expose().as_str())
}

/// The host of an address such as `https://127.101.0.10:6443`.
fn host_of(endpoint: &str) -> Option<String> {
    let uri: http::Uri = endpoint.parse().ok()?;
    uri.host().map(|host| host.trim_matches(['[', ']']).to_owned())
}
