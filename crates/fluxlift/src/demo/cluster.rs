//! A simulated cluster that exists already, and has no Flux: what `bootstrap` can be tried on.

use std::net::SocketAddr;
use std::path::Path;

use fluxlift_core::{ErrorKind, Secret, Timestamp};
use fluxlift_sim::controllers::nodes;
use fluxlift_sim::kube::{self, Caller, Part, Patch};
use fluxlift_sim::{Options, World};
use serde_json::{Value as Json, json};

use super::{bootstrapped, world};
use crate::bootstrap::FLUX_VERSION;
use crate::ui::Failure;

/// Where its API answers.
pub const API: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(127, 101, 0, 10)), 6443);
/// The name of its kubeconfig in the folder of its world.
const KUBECONFIG: &str = "kubeconfig";

/// A world with a cluster of three nodes and a network, and its administrator's kubeconfig. The operator's chart and the
/// content of the reference tree are published beside it.
///
/// # Errors
/// When its certificates or its network can't be made.
pub fn cluster(options: Options, now: Timestamp) -> Result<(World, String), Failure> {
    let (mut world, kubeconfig) = control_plane(options, now)?;
    join_nodes(&mut world);
    install_network(&mut world)?;
    Ok((world, kubeconfig))
}

/// The same without nodes and without a network for Pods.
///
/// # Errors
/// When its certificates can't be made.
pub fn control_plane(options: Options, now: Timestamp) -> Result<(World, String), Failure> {
    let mut world = world(options, FLUX_VERSION, now);
    let kubeconfig = kube::standalone(&mut world, API)
        .map_err(|error| Failure::because("the simulated cluster cannot be made", &error))?;
    Ok((world, kubeconfig))
}

/// Lets three nodes join, a control plane and two workers. They are Ready once there is a network.
pub fn join_nodes(world: &mut World) {
    for (number, roles) in (1..=3_u8).zip([&["control-plane"][..], &[], &[]]) {
        nodes::join(world, &format!("node-{number}"), [127, 101, 0, 10 + number].into(), roles);
    }
}

/// Installs what gives Pods a network.
///
/// # Errors
/// When the API refuses it.
pub fn install_network(world: &mut World) -> Result<(), Failure> {
    apply(world, "demo", network())
}

/// Makes such a cluster in `dir`, to be served from there, with its kubeconfig beside it; `with_flux` as `flux bootstrap`
/// leaves one.
///
/// # Errors
/// When there is a world in `dir` already, or it can't be written.
pub fn make_cluster(dir: &Path, with_flux: bool, seed: u64, now: Timestamp) -> Result<std::path::PathBuf, Failure> {
    let path = dir.join(KUBECONFIG);
    if path.exists() {
        let message = format!("{} exists already", path.display());
        return Err(Failure::new(ErrorKind::Failed, message).with_hint("name another folder, or serve it as it is"));
    }
    let options = Options { seed, ..Options::default() };
    let (world, kubeconfig) = match with_flux {
        true => bootstrapped(options, FLUX_VERSION, now)?,
        false => cluster(options, now)?,
    };
    world.save(dir)?;
    fluxlift_kube::write_kubeconfig(&path, &Secret::new(kubeconfig))
        .map_err(|error| Failure::because(format!("{} cannot be written", path.display()), &error))?;
    Ok(path)
}

/// Applies `config` under the name of `manager`.
pub(super) fn apply(world: &mut World, manager: &'static str, config: Json) -> Result<(), Failure> {
    let failed = |why: String| Failure::new(ErrorKind::Failed, format!("the simulated cluster cannot be made: {why}"));
    let key = world.kube.api.key_of(&config).ok_or_else(|| failed("its kind is not served".to_owned()))?;
    let caller = Caller::controller(manager, world.now);
    let patch = Patch::Apply { config, force: true };
    world.kube.api.patch(&caller, &key, &patch, Part::Object).map_err(|error| failed(format!("{error:?}")))?;
    Ok(())
}

/// Nodes are not Ready before something gives their Pods a network.
fn network() -> Json {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "cilium", "namespace": "kube-system"},
        "spec": {"selector": {"matchLabels": {"k8s-app": "cilium"}}, "template": {
            "metadata": {"labels": {"k8s-app": "cilium"}},
            "spec": {"hostNetwork": true, "tolerations": [{"operator": "Exists"}],
                "volumes": [{"name": "cni", "hostPath": {"path": "/opt/cni/bin"}}],
                "containers": [{"name": "agent", "image": "quay.io/cilium/cilium:v1.18.3"}]}}}})
}
