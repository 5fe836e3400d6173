//! What parameters the calls on a machine take.

use std::collections::BTreeMap;

use crate::proxmox::auth::Caller;
use crate::proxmox::property::Property;
use crate::proxmox::reply::Refusal;

/// Keys of a machine's configuration.
const KEYS: [&str; 31] = [
    "agent",
    "args",
    "affinity",
    "balloon",
    "bios",
    "boot",
    "cipassword",
    "ciuser",
    "cores",
    "cpu",
    "description",
    "efidisk0",
    "hookscript",
    "hotplug",
    "kvm",
    "machine",
    "memory",
    "name",
    "nameserver",
    "numa",
    "onboot",
    "ostype",
    "protection",
    "scsihw",
    "searchdomain",
    "sockets",
    "sshkeys",
    "startup",
    "tags",
    "tpmstate0",
    "vga",
];
/// Keys with a number behind them.
const NUMBERED: [&str; 10] = ["net", "ipconfig", "scsi", "sata", "ide", "virtio", "hostpci", "usb", "serial", "numa"];
/// What only the user itself may set, whatever its tokens may do.
const ROOT_ONLY: [&str; 3] = ["args", "affinity", "hookscript"];

/// Checks a machine's keys; `extra` are parameters of the call itself.
///
/// # Errors
/// 400 that names each wrong parameter, 403 for what only `root@pam` may set.
pub fn check(caller: Caller, parameters: &BTreeMap<String, String>, extra: &[&str]) -> Result<(), Refusal> {
    let mut errors = BTreeMap::new();
    for (key, value) in parameters {
        if extra.contains(&key.as_str()) {
            continue;
        }
        if !is_key(key) {
            let error = "property is not defined in schema and the schema does not allow additional properties";
            errors.insert(key.clone(), error.to_owned());
        } else if let Some(error) = wrong(key, value) {
            errors.insert(key.clone(), error);
        }
    }
    if !errors.is_empty() {
        return Err(Refusal::parameters(errors));
    }
    if caller == Caller::Root {
        return Ok(());
    }
    parameters
        .iter()
        .find_map(|(key, value)| root_only(key, value))
        .map_or(Ok(()), |message| Err(Refusal::new(403, message)))
}

fn is_key(key: &str) -> bool {
    let plain = key.trim_end_matches(|c: char| c.is_ascii_digit());
    KEYS.contains(&key) || (plain.len() < key.len() && NUMBERED.contains(&plain))
}

fn wrong(key: &str, value: &str) -> Option<String> {
    let number = |least: u64| match value.parse::<u64>() {
        Ok(n) if n >= least => None,
        Ok(_) => Some(format!("value must have a minimum value of {least}")),
        Err(_) => Some(format!("type check ('integer') failed - got '{value}'")),
    };
    match key {
        "cores" | "sockets" => number(1),
        "memory" => number(16),
        "onboot" | "kvm" | "protection" if !matches!(value, "0" | "1") => {
            Some(format!("type check ('boolean') failed - got '{value}'"))
        }
        "name" if !is_dns_name(value) => Some("value does not look like a valid DNS name".to_owned()),
        "bios" if !matches!(value, "seabios" | "ovmf") => {
            Some(format!("value '{value}' does not have a value in the enumeration 'seabios, ovmf'"))
        }
        _ if key.starts_with("net") => card(value),
        _ => None,
    }
}

fn card(value: &str) -> Option<String> {
    let card = Property::read(value);
    let model =
        card.keys.keys().chain(&card.head).any(|key| matches!(key.as_str(), "virtio" | "e1000" | "vmxnet3" | "model"));
    (!model).then(|| "invalid format - format error\nmodel: property is missing and it is not optional".to_owned())
}

fn root_only(key: &str, value: &str) -> Option<String> {
    let raw = |plain: &str| key.starts_with(plain) && !Property::read(value).keys.contains_key("mapping");
    if ROOT_ONLY.contains(&key) {
        return Some(format!("only root can set '{key}' config"));
    }
    if raw("hostpci") || (raw("usb") && Property::read(value).head.as_deref() != Some("spice")) {
        return Some(format!("only root can set '{key}' config for non-mapped devices"));
    }
    let import = Property::read(value).keys.get("import-from").cloned();
    import.filter(|source| source.starts_with('/')).map(|_| "only root can set 'import-from' to a path".to_owned())
}

fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.split('.').all(label)
}
