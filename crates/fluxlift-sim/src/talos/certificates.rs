//! The certificates that machines make for themselves.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Secret;
use fluxlift_talos::MachineConfig;
use fluxlift_talos::client::Fingerprint;
use fluxlift_talos::pki::{self, Issue, Issuer, Pair, PkiError, PrivateKey, Usage};
use fluxlift_talos::yaml::Node;

use super::machine::ServerIdentity;
use crate::World;
use crate::kube::ClusterPki;

/// How long certificates live. Talos renews its own ones daily; here they simply last.
const YEAR: Duration = Duration::from_secs(8_760 * 3600);

/// A certificate of an authority that nobody will ever see again, and its fingerprint.
pub(super) fn throwaway(world: &mut World, vmid: u32) -> Option<(ServerIdentity, Fingerprint)> {
    let address = world.talos.machines.get(&vmid)?.spec.address;
    let now = world.now;
    let make = |world: &mut World| -> Result<Pair, PkiError> {
        let key = PrivateKey::ed25519(&mut world.random);
        let authority = pki::authority(&key, Some("talos"), now, &mut world.random)?;
        let wanted = server(Some("maintenance-service.talos.dev"), vec![address], vec![], now, YEAR);
        Issuer::new(&authority, "throwaway authority")?.issue(&wanted, &mut world.random)
    };
    let pair = make(world).ok()?;
    let der = pki::certificate_der(&pair.crt, "server certificate").ok()?;
    let fingerprint = Fingerprint(fluxlift_net::tls::public_key_sha256(&der)?);
    Some((ServerIdentity { crt: pair.crt, key: pair.key.expose().clone(), client_ca: None }, fingerprint))
}

/// A certificate of the cluster's own authority. A worker has no key of it: the trustd of a control plane that is up signs
/// for it, and without one there is none.
pub(super) fn machine(world: &mut World, vmid: u32) -> Option<ServerIdentity> {
    let (address, name, config) = {
        let machine = world.talos.machines.get(&vmid)?;
        (machine.spec.address, machine.hostname(), machine.config()?)
    };
    let ca = text(&config, &["machine", "ca", "crt"])?;
    let own = text(&config, &["machine", "ca", "key"]).filter(|key| !key.is_empty());
    let key = own.or_else(|| signing_key(world, &ca))?;
    let wanted = server(Some(&name), vec![address], vec![name.clone()], world.now, YEAR);
    let authority = Pair { crt: ca.clone(), key: Secret::new(key) };
    let issuer = Issuer::new(&authority, "Talos authority").ok()?;
    let pair = issuer.issue(&wanted, &mut world.random).ok()?;
    Some(ServerIdentity { crt: pair.crt, key: pair.key.expose().clone(), client_ca: Some(ca) })
}

/// The key of the authority `ca`, from any control plane that is up.
fn signing_key(world: &World, ca: &str) -> Option<String> {
    let up = world.talos.machines.values().filter(|m| m.answers() && !m.in_maintenance());
    up.filter_map(super::Machine::config).find_map(|config| {
        let same = text(&config, &["machine", "ca", "crt"]).as_deref() == Some(ca);
        if same { text(&config, &["machine", "ca", "key"]).filter(|key| !key.is_empty()) } else { None }
    })
}

/// The certificates of a cluster's Kubernetes API: one for all its control planes and the shared address.
pub(super) fn kubernetes(world: &mut World, config: &MachineConfig) -> Option<ClusterPki> {
    let authority = kubernetes_authority(config)?;
    let cluster = config.text(&["cluster", "id"])?.to_owned();
    let mut addresses: Vec<Ipv4Addr> = vec![Ipv4Addr::LOCALHOST, Ipv4Addr::new(10, 96, 0, 1)];
    let mut names: Vec<String> =
        ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(str::to_owned).into();
    for machine in world.talos.machines.values().filter(|m| m.is_control_plane()) {
        if machine.config().is_some_and(|c| c.text(&["cluster", "id"]) == Some(&cluster)) {
            addresses.push(machine.spec.address);
            names.push(machine.hostname());
        }
    }
    let extra = config.main().and_then(|m| m.at(&["cluster", "apiServer", "certSANs"])).and_then(Node::as_list);
    let extra = extra.unwrap_or_default().iter().filter_map(|n| n.as_str().map(str::to_owned));
    for name in extra.chain(super::kubernetes::endpoint_host(config)) {
        match name.parse() {
            Ok(address) => addresses.push(address),
            Err(_) => names.push(name),
        }
    }
    let wanted = server(Some("kube-apiserver"), addresses, names, world.now, YEAR);
    let pair = Issuer::new(&authority, "Kubernetes authority").ok()?.issue(&wanted, &mut world.random).ok()?;
    Some(ClusterPki {
        ca_pem: authority.crt.clone(),
        server_cert_pem: pair.crt,
        server_key_pem: pair.key.expose().clone(),
    })
}

/// An administrator's certificate for Kubernetes.
pub(super) fn administrator(world: &mut World, config: &MachineConfig) -> Option<Pair> {
    let authority = kubernetes_authority(config)?;
    let wanted = Issue {
        common_name: Some("admin".to_owned()),
        organisation: Some("system:masters".to_owned()),
        usage: Usage::Client,
        addresses: vec![],
        names: vec![],
        not_before: world.now,
        lifetime: YEAR,
    };
    Issuer::new(&authority, "Kubernetes authority").ok()?.issue(&wanted, &mut world.random).ok()
}

fn kubernetes_authority(config: &MachineConfig) -> Option<Pair> {
    let crt = text(config, &["cluster", "ca", "crt"])?;
    let key = text(config, &["cluster", "ca", "key"]).filter(|key| !key.is_empty())?;
    Some(Pair { crt, key: Secret::new(key) })
}

/// PEM at `path` of a configuration.
pub(super) fn text(config: &MachineConfig, path: &[&str]) -> Option<String> {
    let bytes = STANDARD.decode(config.text(path)?).ok()?;
    String::from_utf8(bytes).ok()
}

fn server(
    common_name: Option<&str>,
    addresses: Vec<Ipv4Addr>,
    names: Vec<String>,
    not_before: fluxlift_core::Timestamp,
    lifetime: Duration,
) -> Issue {
    Issue {
        common_name: common_name.map(str::to_owned),
        organisation: None,
        usage: Usage::Server,
        addresses: addresses.into_iter().map(IpAddr::V4).collect(),
        names,
        not_before,
        lifetime,
    }
}
