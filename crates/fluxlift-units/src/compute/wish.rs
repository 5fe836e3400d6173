//! From the inputs to the machines that should be.

use fluxlift_proxmox::vm::{Disk, IpConfig, MacAddress, Media, Nic, PciDevice, Tags, UsbDevice, VmSpec};
use sha2::{Digest, Sha256};

use crate::compute::ComputeError;
use crate::compute::inputs::{Inputs, Node, PciInput};

/// The tag of every machine that fluxlift made.
const MARK: &str = "fluxlift";

/// The tags by which a machine of this cluster is recognised.
pub fn mark(inputs: &Inputs) -> Tags {
    [MARK.to_owned(), tag(&inputs.cluster_name)].into_iter().collect()
}

/// The machines that should be, in the order of their numbers.
///
/// # Errors
/// When two share a number or an address, or a field is not usable.
pub fn machines(inputs: &Inputs) -> Result<Vec<VmSpec>, ComputeError> {
    let mut specs =
        inputs.nodes.iter().map(|(name, node)| machine(inputs, name, node)).collect::<Result<Vec<_>, _>>()?;
    specs.sort_by_key(|spec| spec.id);
    for pair in specs.windows(2) {
        let [one, two] = pair else { continue };
        if one.id == two.id {
            let what = format!("{} and {} have the same vm_id {}", one.name, two.name, one.id);
            return Err(ComputeError::input("nodes", what));
        }
    }
    let mut addresses: Vec<_> = inputs.nodes.iter().map(|(name, node)| (node.ip, name)).collect();
    addresses.sort();
    for pair in addresses.windows(2) {
        if pair[0].0 == pair[1].0 {
            let what = format!("{} and {} have the same address {}", pair[0].1, pair[1].1, pair[0].0);
            return Err(ComputeError::input("nodes", what));
        }
    }
    Ok(specs)
}

fn machine(inputs: &Inputs, name: &str, node: &Node) -> Result<VmSpec, ComputeError> {
    let field = |field: &str| format!("nodes.{name}.{field}");
    if fluxlift_core::NodeName::new(name).is_err() || name.len() > 63 {
        return Err(ComputeError::input("nodes", format!("{name:?} is not a host name")));
    }
    if !inputs.ip_config.network.contains(&node.ip) {
        let what = format!("{} lies outside of {}", node.ip, inputs.ip_config.network);
        return Err(ComputeError::input(field("ip"), what));
    }
    if !(100..=999_999_999).contains(&node.vm_id) {
        return Err(ComputeError::input(field("vm_id"), "Proxmox takes numbers from 100 to 999999999"));
    }
    let storage = inputs.proxmox.datastore_id.clone();
    let mac = node.mac_address.unwrap_or_else(|| derived_mac(inputs.cluster_id, node.vm_id));
    let settings = &inputs.network;
    let nic = Nic { mac, bridge: settings.bridge.clone(), vlan: settings.vlan, mtu: settings.mtu };
    let own = mark(inputs).0.into_iter();
    Ok(VmSpec {
        id: node.vm_id,
        name: name.to_owned(),
        host: node.proxmox_node.clone(),
        cores: node.cpu_cores,
        memory_mib: node.memory_mb,
        cpu: inputs.vm_defaults.cpu_type.clone(),
        machine: inputs.vm_defaults.machine.clone(),
        bios: inputs.vm_defaults.bios.clone(),
        disk: Disk { storage: storage.clone(), gib: node.disk_gb },
        media: media(inputs)?,
        nics: vec![nic],
        storage,
        ip_configs: vec![ip_config(inputs, node)],
        nameservers: inputs.ip_config.dns_servers.clone(),
        pci: node.pci.iter().map(|pci| pci_device(name, pci)).collect::<Result<_, _>>()?,
        usb: node.usb.iter().map(|usb| UsbDevice { mapping: usb.mapping.clone(), usb3: usb.usb3 }).collect(),
        tags: own.chain(inputs.vm_defaults.tags.iter().map(|t| tag(t))).collect(),
        on_boot: true,
        agent: inputs.vm_defaults.agent,
    })
}

fn media(inputs: &Inputs) -> Result<Media, ComputeError> {
    let bad = |what: String| ComputeError::input("talos_image_file_id", what);
    let volume: fluxlift_proxmox::VolumeId =
        inputs.talos_image_file_id.parse().map_err(|e: fluxlift_proxmox::storage::VolumeIdError| bad(e.to_string()))?;
    match volume.content() {
        Some("import") => Ok(Media::Import(volume)),
        Some("iso") => Ok(Media::Cdrom(volume)),
        _ => Err(bad(format!("{volume} is neither an import image nor an iso image"))),
    }
}

fn ip_config(inputs: &Inputs, node: &Node) -> IpConfig {
    let net = &inputs.ip_config;
    let ip6 = node.ipv6.zip(net.network_ipv6).map(|(ip, net)| format!("{ip}/{}", net.prefix_len()));
    IpConfig {
        ip: Some(format!("{}/{}", node.ip, net.network.prefix_len())),
        gw: net.gateway.map(|ip| ip.to_string()),
        gw6: ip6.as_ref().and(net.gateway_ipv6).map(|ip| ip.to_string()),
        ip6,
    }
}

fn pci_device(name: &str, pci: &PciInput) -> Result<PciDevice, ComputeError> {
    let (device, mapped) = match (&pci.mapping, &pci.address) {
        (Some(mapping), _) => (mapping.clone(), true),
        (None, Some(address)) => (address.clone(), false),
        (None, None) => {
            return Err(ComputeError::input(format!("nodes.{name}.pci"), "neither mapping nor address is given"));
        }
    };
    Ok(PciDevice { device, mapped, pcie: pci.pcie, rombar: pci.rombar, x_vga: pci.x_vga })
}

/// An address that the same machine gets every time.
fn derived_mac(cluster: u32, vm: u32) -> MacAddress {
    let hash = Sha256::digest(format!("fluxlift/{cluster}/{vm}/net0"));
    MacAddress::proxmox([hash[0], hash[1], hash[2]])
}

/// A word as Proxmox takes it for a tag.
fn tag(word: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_+.".contains(c);
    word.to_lowercase().chars().map(|c| if fits(c) { c } else { '-' }).collect()
}
