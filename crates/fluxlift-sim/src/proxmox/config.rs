//! What the server makes of the parameters of a new machine: volumes, addresses, identifiers.

use std::collections::BTreeMap;

use fluxlift_core::Timestamp;
use sha2::{Digest, Sha256};

use crate::proxmox::cluster::Cluster;
use crate::proxmox::property::{Property, mib, size};
use crate::proxmox::reply::Refusal;

/// A machine's normalised configuration, with the image that it boots from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The configuration.
    pub config: BTreeMap<String, String>,
    /// The image.
    pub image: Option<String>,
    /// Volumes to allocate, with their size in MiB.
    pub volumes: Vec<(String, u64)>,
    /// What the task will fail with, where a check happens in the task only.
    pub failure: Option<String>,
}

/// Normalises the parameters of a new machine.
///
/// # Errors
/// 500 for a storage that does not exist or may not hold disks.
pub fn make(cluster: &Cluster, id: u32, wish: &BTreeMap<String, String>, now: Timestamp) -> Result<Made, Refusal> {
    let mut made = Made { config: BTreeMap::new(), image: None, volumes: Vec::new(), failure: None };
    let mut disks = 0;
    for (key, value) in wish {
        let plain = key.trim_end_matches(|c: char| c.is_ascii_digit());
        let value = match plain {
            "vmid" | "start" | "storage" => continue,
            "efidisk" | "tpmstate" | "scsi" | "sata" | "ide" | "virtio" => {
                drive(cluster, id, key, value, &mut disks, &mut made)?
            }
            "net" => card(id, key, value),
            "tags" => tags(value),
            _ => value.clone(),
        };
        made.config.insert(key.clone(), value);
    }
    let seed = format!("{id}/{now}");
    made.config.insert("smbios1".to_owned(), format!("uuid={}", uuid(&format!("{seed}/smbios"))));
    made.config.insert("vmgenid".to_owned(), uuid(&format!("{seed}/vmgenid")));
    made.config.insert("meta".to_owned(), format!("creation-qemu=9.2.0,ctime={}", now.as_second()));
    for (key, default) in [("memory", "512"), ("cores", "1"), ("sockets", "1")] {
        made.config.entry(key.to_owned()).or_insert_with(|| default.to_owned());
    }
    Ok(made)
}

/// Normalises one key of a machine that exists.
pub fn setting(id: u32, key: &str, value: &str) -> String {
    match key.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "net" => card(id, key, value),
        "tags" => tags(value),
        _ => value.to_owned(),
    }
}

fn drive(
    cluster: &Cluster,
    id: u32,
    key: &str,
    value: &str,
    disks: &mut u32,
    made: &mut Made,
) -> Result<String, Refusal> {
    let mut drive = Property::read(value);
    let head = drive.head.clone().unwrap_or_default();
    if head == "none" {
        return Ok(value.to_owned());
    }
    let (storage, rest) = head.split_once(':').ok_or_else(|| Refusal::parameter(key, "invalid format"))?;
    let there = cluster.storage(storage)?;
    if drive.keys.get("media").is_some_and(|media| media == "cdrom") && rest != "cloudinit" {
        if cluster.volume(&head).is_none() {
            return Err(Refusal::died(format!("volume '{head}' does not exist")));
        }
        made.image.get_or_insert(head);
        return Ok(value.to_owned());
    }
    if !there.content.contains("images") {
        return Err(Refusal::died(format!("storage '{storage}' does not support content-type 'images'")));
    }
    let (name, wanted) = if rest == "cloudinit" {
        drive.keys.insert("media".to_owned(), "cdrom".to_owned());
        (format!("vm-{id}-cloudinit"), 4)
    } else if let Ok(gib) = rest.parse::<u64>() {
        *disks += 1;
        (format!("vm-{id}-disk-{}", *disks - 1), gib * 1024)
    } else {
        return Ok(value.to_owned());
    };
    let wanted = match drive.keys.remove("import-from") {
        Some(source) => {
            let found = cluster.volume(&source);
            if found.is_none() {
                made.failure =
                    Some(format!("unable to create VM {id} - cannot import from '{source}' - volume does not exist"));
            }
            made.image = Some(source);
            found.unwrap_or_default()
        }
        None if key == "efidisk0" => 4,
        None => wanted,
    };
    if wanted > there.free_mib() {
        made.failure = Some(format!("unable to create VM {id} - no space left on storage '{storage}'"));
    }
    drive.head = Some(format!("{storage}:{name}"));
    drive.keys.insert("size".to_owned(), size(wanted));
    made.volumes.push((format!("{storage}:{name}"), wanted));
    Ok(drive.write(None))
}

/// A card gets an address when it was given none.
fn card(id: u32, key: &str, value: &str) -> String {
    let mut card = Property::read(value);
    let model = ["virtio", "e1000", "vmxnet3"]
        .into_iter()
        .find(|m| card.keys.contains_key(*m) || card.head.as_deref() == Some(*m));
    let model = model.unwrap_or("virtio");
    card.head = None;
    let mac = card.keys.remove("macaddr").or_else(|| card.keys.get(model).cloned()).filter(|mac| mac.contains(':'));
    let mac = mac.map_or_else(|| drawn(id, key), |mac| mac.to_uppercase());
    card.keys.insert(model.to_owned(), mac);
    card.write(Some(model))
}

fn drawn(id: u32, key: &str) -> String {
    let hash = Sha256::digest(format!("{id}/{key}"));
    format!("BC:24:11:{:02X}:{:02X}:{:02X}", hash[0], hash[1], hash[2])
}

fn tags(value: &str) -> String {
    let mut tags: Vec<String> = value.split([';', ',', ' ']).filter(|t| !t.is_empty()).map(str::to_lowercase).collect();
    tags.sort();
    tags.dedup();
    tags.join(";")
}

fn uuid(seed: &str) -> String {
    let hash = Sha256::digest(seed);
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// The size in MiB of the disk in this value.
pub fn disk_mib(value: &str) -> Option<u64> {
    mib(Property::read(value).keys.get("size")?)
}

/// The same disk with another size.
pub fn with_size(value: &str, mib: u64) -> String {
    let mut disk = Property::read(value);
    disk.keys.insert("size".to_owned(), size(mib));
    disk.write(None)
}
