//! How a machine differs from what it should be, in meaning.

use std::fmt;

use crate::vm::{Media, PropertyString, Tags, VmConfig, VmSpec};

/// One thing that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The key, such as `memory` or `net0`.
    pub key: String,
    /// What it is.
    pub have: String,
    /// What it should be.
    pub want: String,
    /// What mends it.
    pub mend: Mend,
}

/// What mends a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Setting the key. On a running machine it may stay pending until its next start.
    Set,
    /// Growing the disk to so many GiB.
    Grow(u64),
    /// Nothing that may be done to a machine that lives; says why.
    Never(&'static str),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.key, if self.have.is_empty() { "unset" } else { &self.have }, self.want)?;
        if let Mend::Never(why) = self.mend {
            write!(f, " ({why})")?;
        }
        Ok(())
    }
}

/// What differs between the wish and the readback, in the order of the parameters.
///
/// Left out on purpose: what only mattered when the machine was made (image, EFI variables, cloud-init drive), and
/// whatever others added beside what we asked for (their tags, a card's firewall flag).
pub fn differences(want: &VmSpec, have: &VmConfig) -> Vec<Difference> {
    let mut found = Vec::new();
    for (key, value) in want.settings() {
        let seen = have.get(&key).unwrap_or_default();
        if !same(&key, &value, seen, have) {
            let value = if key == "tags" { with_foreign_tags(want, have) } else { value };
            found.push(Difference { key, have: seen.to_owned(), want: value, mend: Mend::Set });
        }
    }
    found.extend(disk(want, have));
    found
}

fn same(key: &str, want: &str, have: &str, config: &VmConfig) -> bool {
    match key {
        "tags" => Tags::parse(want).0.is_subset(&config.tags().0),
        "agent" => config.agent() == want.ends_with('1'),
        "onboot" => config.flag("onboot", false) == (want == "1"),
        "sockets" => have.is_empty() || want == have,
        // The server may pin the version it was made with: `pc-q35-9.2+pve1`.
        "machine" => have == want || have.starts_with(&format!("pc-{want}")),
        "bios" => want == if have.is_empty() { "seabios" } else { have },
        "cpu" => PropertyString::parse(have).head.as_deref() == Some(want),
        "nameserver" => want.split_whitespace().eq(have.split([' ', ',', ';']).filter(|s| !s.is_empty())),
        // Once installed, the CD drive may be gone from the order: the disk must merely come first.
        "boot" => have.trim_start_matches("order=").split(';').next() == Some("scsi0"),
        "memory" => want == PropertyString::parse(have).get("current").unwrap_or(have),
        _ if key.starts_with("net") => card(want, have),
        _ if key.starts_with("ipconfig") => PropertyString::parse(want) == PropertyString::parse(have),
        _ if key.starts_with("hostpci") || key.starts_with("usb") => holds(want, have),
        _ => want == have,
    }
}

/// Whether the card is the one that is wanted; a firewall flag, a rate or a queue count that others set may stay.
fn card(want: &str, have: &str) -> bool {
    let (want, have) = (PropertyString::parse(want), PropertyString::parse(have));
    let fits = |key: &str| match (want.get(key), have.get(key)) {
        (Some(w), Some(h)) => w.eq_ignore_ascii_case(h),
        (w, h) => w == h,
    };
    ["virtio", "bridge", "tag", "mtu"].into_iter().all(fits)
}

/// Whether everything that is wanted is there.
fn holds(want: &str, have: &str) -> bool {
    let (want, have) = (PropertyString::parse(want), PropertyString::parse(have));
    let default = |key: &str| if key == "rombar" { "1" } else { "0" };
    want.head == have.head
        && want.properties.iter().all(|(key, value)| have.get(key).unwrap_or_else(|| default(key)) == value)
}

fn with_foreign_tags(want: &VmSpec, have: &VmConfig) -> String {
    Tags(want.tags.0.union(&have.tags().0).cloned().collect()).to_string()
}

fn disk(want: &VmSpec, have: &VmConfig) -> Option<Difference> {
    let wanted = format!("{} GiB on {}", want.disk.gib, want.disk.storage);
    let difference = |have: String, mend| Difference { key: "scsi0".to_owned(), have, want: wanted.clone(), mend };
    let Some(disk) = have.property("scsi0") else {
        return Some(difference(String::new(), Mend::Never("the machine has no disk; destroy it and apply again")));
    };
    let storage = disk.head.as_deref().and_then(|head| head.split_once(':')).map_or("", |(storage, _)| storage);
    let size = disk.gib("size");
    let seen = size.map_or_else(|| storage.to_owned(), |gib| format!("{gib} GiB on {storage}"));
    if storage != want.disk.storage {
        return Some(difference(seen, Mend::Never("move the disk by hand; it holds the node's data")));
    }
    #[expect(clippy::cast_precision_loss, reason = "disks are smaller than 2^53 GiB")]
    let wanted_size = want.disk.gib as f64;
    match size {
        // An image that was imported a moment ago may not show its size yet.
        None => matches!(want.media, Media::Import(_)).then(|| difference(seen, Mend::Grow(want.disk.gib))),
        Some(gib) if gib < wanted_size => Some(difference(seen, Mend::Grow(want.disk.gib))),
        Some(gib) if gib > wanted_size => Some(difference(seen, Mend::Never("a disk is never shrunk"))),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::{Disk, IpConfig, MacAddress, Nic};

    fn spec() -> VmSpec {
        VmSpec {
            id: 101_011,
            name: "solcp01".into(),
            host: "pve01".into(),
            cores: 4,
            memory_mib: 8192,
            cpu: "host".into(),
            machine: "q35".into(),
            bios: "ovmf".into(),
            disk: Disk { storage: "rbd".into(), gib: 40 },
            media: Media::Import("cephfs:import/talos.raw".parse().unwrap()),
            nics: vec![Nic {
                mac: MacAddress::proxmox([1, 2, 0xab]),
                bridge: "vnet101".into(),
                vlan: None,
                mtu: Some(1450),
            }],
            storage: "rbd".into(),
            ip_configs: vec![IpConfig {
                ip: Some("10.101.0.11/24".into()),
                gw: Some("10.101.0.1".into()),
                ..IpConfig::default()
            }],
            nameservers: vec!["10.101.0.1".into()],
            pci: vec![],
            usb: vec![],
            tags: ["fluxlift", "sol"].into_iter().collect(),
            on_boot: true,
            agent: true,
        }
    }

    /// What the server gives back for [`spec`], normalised the way it does.
    fn readback() -> VmConfig {
        serde_json::from_value(serde_json::json!({
            "name": "solcp01", "machine": "pc-q35-9.2+pve1", "bios": "ovmf", "ostype": "l26",
            "scsihw": "virtio-scsi-single", "sockets": 1, "cores": 4, "cpu": "host", "memory": "8192", "onboot": 1,
            "agent": "enabled=1", "boot": "order=scsi0", "tags": "prod;sol;fluxlift",
            "net0": "virtio=bc:24:11:01:02:AB,bridge=vnet101,firewall=1,mtu=1450",
            "ipconfig0": "gw=10.101.0.1,ip=10.101.0.11/24", "nameserver": "10.101.0.1",
            "scsi0": "rbd:vm-101011-disk-1,discard=on,iothread=1,size=40G",
            "smbios1": "uuid=2f6c", "vmgenid": "9a1b", "digest": "d1",
        }))
        .unwrap()
    }

    #[test]
    fn what_the_server_normalises_is_no_difference() {
        assert_eq!(differences(&spec(), &readback()), vec![]);
        assert!(spec().signature().is_of(&spec().tags, &readback()));
    }

    #[test]
    fn every_setting_that_differs_is_named_with_what_mends_it() {
        let mut have = readback();
        have.values.insert("memory".into(), "4096".into());
        have.values.insert("tags".into(), "prod".into());
        have.values.insert("net0".into(), "virtio=BC:24:11:01:02:AC,bridge=vnet101,mtu=1450".into());
        have.values.insert("scsi0".into(), "rbd:vm-101011-disk-1,size=8G".into());
        let lines: Vec<String> = differences(&spec(), &have).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        memory: 4096 -> 8192
        tags: prod -> fluxlift;prod;sol
        net0: virtio=BC:24:11:01:02:AC,bridge=vnet101,mtu=1450 -> bridge=vnet101,mtu=1450,virtio=BC:24:11:01:02:AB
        scsi0: 8 GiB on rbd -> 40 GiB on rbd
        ");
        assert!(!spec().signature().is_of(&spec().tags, &have));
    }

    #[test]
    fn a_larger_disk_is_never_shrunk_and_another_storage_is_left_to_a_person() {
        let mut have = readback();
        have.values.insert("scsi0".into(), "rbd:vm-101011-disk-1,size=80G".into());
        assert!(matches!(differences(&spec(), &have)[0].mend, Mend::Never("a disk is never shrunk")));
        have.values.insert("scsi0".into(), "local:vm-101011-disk-1,size=40G".into());
        assert!(matches!(differences(&spec(), &have)[0].mend, Mend::Never(_)));
    }

    #[test]
    fn the_parameters_of_a_new_machine_read_as_expected() {
        let lines: Vec<String> = spec().parameters().iter().map(|(k, v)| format!("{k}={v}")).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
