//! What a machine should be.

use crate::VolumeId;
use crate::vm::{MacAddress, PropertyString, Tags};

/// A machine as the tree wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VmSpec {
    /// Its number, unique in the cluster.
    pub id: u32,
    /// Its name: a DNS label.
    pub name: String,
    /// The host that it is made on.
    pub host: String,
    /// Cores of its one socket.
    pub cores: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The CPU type, such as `host`.
    pub cpu: String,
    /// The machine type, such as `q35`.
    pub machine: String,
    /// The firmware: `ovmf` or `seabios`.
    pub bios: String,
    /// The disk that it boots from once it is installed.
    pub disk: Disk,
    /// What it boots from the first time.
    pub media: Media,
    /// Its network cards: `net0`, `net1`, …
    pub nics: Vec<Nic>,
    /// The storage of its EFI variables and its cloud-init drive.
    pub storage: String,
    /// The static addresses of its cards: `ipconfig0`, `ipconfig1`, …
    pub ip_configs: Vec<IpConfig>,
    /// DNS servers for cloud-init.
    pub nameservers: Vec<String>,
    /// PCI devices passed through.
    pub pci: Vec<PciDevice>,
    /// USB devices passed through.
    pub usb: Vec<UsbDevice>,
    /// Tags; those that others added are left alone.
    pub tags: Tags,
    /// Whether the host starts it when it boots.
    pub on_boot: bool,
    /// Whether a guest agent is expected. Nothing here ever waits for one.
    pub agent: bool,
}

/// The disk `scsi0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// Its storage.
    pub storage: String,
    /// Its size in GiB. It is grown to it, never shrunk.
    pub gib: u64,
}

/// Where the operating system comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    /// A disk image (`content=import`) that the disk is made from.
    Import(VolumeId),
    /// An ISO image in the CD drive `ide0`, booted while the disk is empty.
    Cdrom(VolumeId),
}

impl Media {
    /// The image's volume.
    pub const fn volume(&self) -> &VolumeId {
        match self {
            Self::Import(volume) | Self::Cdrom(volume) => volume,
        }
    }
}

/// A network card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nic {
    /// Its address. Pinned, so that readback can't differ and the guest can pick it.
    pub mac: MacAddress,
    /// The bridge or SDN network.
    pub bridge: String,
    /// The VLAN tag on the bridge.
    pub vlan: Option<u16>,
    /// The MTU, where it is not the bridge's.
    pub mtu: Option<u16>,
}

impl Nic {
    /// The card as a property string.
    pub fn property(&self) -> PropertyString {
        PropertyString::default()
            .with("virtio", self.mac)
            .with("bridge", &self.bridge)
            .with_some("tag", self.vlan)
            .with_some("mtu", self.mtu)
    }
}

/// The static addresses of one card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IpConfig {
    /// IPv4 with prefix length, such as `10.101.0.11/24`.
    pub ip: Option<String>,
    /// IPv4 gateway.
    pub gw: Option<String>,
    /// IPv6 with prefix length.
    pub ip6: Option<String>,
    /// IPv6 gateway.
    pub gw6: Option<String>,
}

impl IpConfig {
    /// The addresses as a property string.
    pub fn property(&self) -> PropertyString {
        PropertyString::default()
            .with_some("ip", self.ip.as_ref())
            .with_some("gw", self.gw.as_ref())
            .with_some("ip6", self.ip6.as_ref())
            .with_some("gw6", self.gw6.as_ref())
    }
}

/// A PCI device passed through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PciDevice {
    /// A resource mapping's name, or a raw address (`0000:00:02.1`), which only `root@pam` itself may give.
    pub device: String,
    /// Whether `device` is a mapping.
    pub mapped: bool,
    /// As PCI Express.
    pub pcie: bool,
    /// Whether its ROM is shown to the guest.
    pub rombar: bool,
    /// Whether it is the primary graphics card.
    pub x_vga: bool,
}

impl PciDevice {
    /// The device as a property string.
    pub fn property(&self) -> PropertyString {
        let device = if self.mapped {
            PropertyString::default().with("mapping", &self.device)
        } else {
            PropertyString::headed(&self.device)
        };
        let device = device.with("pcie", u8::from(self.pcie)).with("rombar", u8::from(self.rombar));
        if self.x_vga { device.with("x-vga", 1) } else { device }
    }
}

/// A USB device passed through by its mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbDevice {
    /// The resource mapping's name.
    pub mapping: String,
    /// As USB 3.
    pub usb3: bool,
}

impl UsbDevice {
    /// The device as a property string.
    pub fn property(&self) -> PropertyString {
        PropertyString::default().with("mapping", &self.mapping).with("usb3", u8::from(self.usb3))
    }
}
