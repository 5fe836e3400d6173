//! A machine from the outside: what changes at once, and what it boots.

use std::collections::BTreeMap;

use fluxlift_sim::proxmox::guest::Guest;

fn guest() -> Guest {
    Guest {
        host: "pve01".into(),
        config: BTreeMap::new(),
        pending: BTreeMap::new(),
        running: true,
        lock: None,
        image: None,
    }
}

#[test]
fn the_version_is_read_from_the_images_name() {
    let version_in = |image: &str| {
        let config = [("ipconfig0", "ip=127.101.0.11/24"), ("net0", "virtio=BC:24:11:00:65:0B,bridge=vmbr0")];
        let config = config.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let guest = Guest { config: config.into(), image: Some(image.to_owned()), ..guest() };
        guest.machine(101_011).map(|machine| machine.talos_version)
    };
    assert_eq!(version_in("import/talos-v1.12.0-nocloud-amd64.raw").as_deref(), Some("v1.12.0"));
    assert_eq!(version_in("import/talos-v1.13.0-nocloud-amd64.raw").as_deref(), Some("v1.13.0"));
    assert_eq!(version_in("iso/vmlinuz.iso").as_deref(), Some("v1.12.0"), "a name without one is taken for this one");
}

#[test]
fn memory_of_a_running_machine_waits_for_its_next_start_and_its_name_does_not() {
    let mut guest = guest();
    guest.change("memory", Some("4096".into()));
    guest.change("name", Some("a".into()));
    assert_eq!((guest.get("memory"), guest.get("name")), ("", "a"));
    guest.apply_pending();
    assert_eq!(guest.get("memory"), "4096");
}
