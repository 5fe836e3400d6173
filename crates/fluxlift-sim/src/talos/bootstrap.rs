//! Bootstrapping etcd, and handing out the kubeconfig.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use fluxlift_talos::proto::machine::{Bootstrap, BootstrapResponse};
use fluxlift_talos::proto::shared::Data;
use fluxlift_talos::yaml::Node;
use prost::Message;
use tonic::Code;

use super::answer::idle;
use super::dispatch::Call;
use super::fault::TalosFault;
use super::grpc::{Answer, Refusal};
use super::{certificates, etcd};
use crate::World;

/// How much of an archive goes into one piece of a stream.
const PIECE: usize = 1024;

/// Founds an etcd cluster. The order of the checks is Talos's own; none of them looks at another machine.
pub(super) fn bootstrap(world: &mut World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let machine = idle(world, vmid)?;
    let precondition = |why: &str| Err(Refusal::new(Code::FailedPrecondition, why));
    if !machine.cri {
        return precondition("bootstrap is not available yet: the container runtime is not running");
    }
    if !machine.is_control_plane() {
        return if machine.profile().bootstrap_on_a_worker_is_a_precondition() {
            precondition("bootstrap can only be performed on a control plane node")
        } else {
            Err(Refusal::new(Code::Unimplemented, "bootstrap can only be performed on a control plane node"))
        };
    }
    if !machine.time_synced {
        return precondition("time is not in sync yet");
    }
    let (address, taken) = (machine.spec.address, machine.disk.etcd.is_some());
    let forestalled = !taken && world.talos.strikes(&TalosFault::Forestalled { address });
    if forestalled {
        etcd::found(world, vmid);
    }
    if taken || forestalled {
        return Err(Refusal::new(Code::AlreadyExists, "etcd data directory is not empty"));
    }
    etcd::found(world, vmid);
    let message = Bootstrap { metadata: call.metadata.clone() };
    Ok(Answer::one(&BootstrapResponse { messages: vec![message] }))
}

/// An administrator's kubeconfig, as an archive that never ends.
pub(super) fn kubeconfig(world: &mut World, vmid: u32) -> Result<Answer, Refusal> {
    let config = idle(world, vmid)?.config();
    let refused = || Refusal::new(Code::Unimplemented, "kubeconfig is only available on control plane nodes");
    let config = config.ok_or_else(refused)?;
    let admin = certificates::administrator(world, &config).ok_or_else(refused)?;
    let cluster = config.text(&["cluster", "clusterName"]).unwrap_or("kubernetes").to_owned();
    let server = config.text(&["cluster", "controlPlane", "endpoint"]).unwrap_or_default().to_owned();
    let user = format!("admin@{cluster}");
    let entry = |name: &str, key: &str, value: Node| Node::list([Node::map().with("name", name).with(key, value)]);
    let ca = config.text(&["cluster", "ca", "crt"]).unwrap_or_default().to_owned();
    let file = Node::map()
        .with("apiVersion", "v1")
        .with("kind", "Config")
        .with(
            "clusters",
            entry(&cluster, "cluster", Node::of([("server", server), ("certificate-authority-data", ca)])),
        )
        .with(
            "users",
            entry(
                &user,
                "user",
                Node::of([
                    ("client-certificate-data", STANDARD.encode(&admin.crt)),
                    ("client-key-data", STANDARD.encode(admin.key.expose())),
                ]),
            ),
        )
        .with(
            "contexts",
            entry(
                &user,
                "context",
                Node::of([("cluster", cluster.as_str()), ("namespace", "default"), ("user", user.as_str())]),
            ),
        )
        .with("current-context", user.as_str());
    let archive = archive(&file.to_string()).map_err(|e| Refusal::new(Code::Internal, e.to_string()))?;
    let pieces = archive.chunks(PIECE).map(|piece| Data { metadata: None, bytes: piece.to_vec() }.encode_to_vec());
    Ok(Answer::Messages(pieces.collect()))
}

/// A compressed archive with one file, without the padding and the two empty blocks that should end it.
fn archive(text: &str) -> std::io::Result<Vec<u8>> {
    let mut header = tar::Header::new_gnu();
    header.set_path("kubeconfig")?;
    header.set_size(text.len() as u64);
    header.set_mode(0o600);
    header.set_cksum();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(header.as_bytes())?;
    gzip.write_all(text.as_bytes())?;
    gzip.finish()
}
