//! The simulated Proxmox, seen by our own client.

mod auth;
mod guest;
mod schema;

use std::sync::Arc;

use fluxlift_core::{Deadline, Secret, Timestamp};
use fluxlift_gate::{GateContext, TokioClock};
use fluxlift_proxmox::vm::{Disk, IpConfig, MacAddress, Media, Nic, VmSpec, differences};
use fluxlift_proxmox::{Credentials, Download, Proxmox, ProxmoxError, TaskGate, Trust, Upid};
use fluxlift_sim::proxmox::auth::{PASSWORD, TOKEN, TOKEN_ID};
use fluxlift_sim::proxmox::certificate;
use fluxlift_sim::{Datacenter, Net, Options, World};
use jiff::SignedDuration;

struct Lab {
    datacenter: Datacenter,
    cx: GateContext,
}

impl Lab {
    fn new() -> Self {
        let clock = Arc::new(TokioClock::starting_at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()));
        let datacenter =
            Datacenter::new(World::new(Options::default(), "2026-01-01T00:00:00Z".parse().unwrap()), clock.clone());
        datacenter.run();
        Self { datacenter, cx: GateContext::quiet(clock) }
    }

    fn client(&self, credentials: Credentials) -> Proxmox {
        let trust = Trust::Authorities(certificate::AUTHORITY.to_owned());
        let dial = Arc::new(Net::new(self.datacenter.clone()));
        Proxmox::new("https://127.101.0.2:8006", credentials, &trust, dial, Arc::clone(&self.cx.clock)).unwrap()
    }

    fn token(&self) -> Proxmox {
        self.client(Credentials::from_token(&format!("{TOKEN_ID}={TOKEN}")).unwrap())
    }

    async fn done(&self, proxmox: &Proxmox, what: &'static str, upid: Upid) -> Result<String, ProxmoxError> {
        let gate = TaskGate::new(what, upid).or_already(&["already running"]);
        proxmox.finish(&self.cx, &gate, Deadline::minutes(5)).await.map(|exit| exit.to_string())
    }
}

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
        disk: Disk { storage: "local-lvm".into(), gib: 40 },
        media: Media::Import("local:import/talos-v1.12.0-nocloud-amd64.qcow2".parse().unwrap()),
        nics: vec![Nic { mac: MacAddress::proxmox([0, 101, 11]), bridge: "vmbr0".into(), vlan: None, mtu: None }],
        storage: "local-lvm".into(),
        ip_configs: vec![IpConfig {
            ip: Some("127.101.0.11/24".into()),
            gw: Some("127.101.0.1".into()),
            ..IpConfig::default()
        }],
        nameservers: vec!["127.101.0.1".into()],
        pci: vec![],
        usb: vec![],
        tags: ["fluxlift", "sol"].into_iter().collect(),
        on_boot: true,
        agent: true,
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_lives_from_its_creation_to_its_destruction() {
    let lab = Lab::new();
    lab.datacenter.with(|world| world.proxmox.unlisted = SignedDuration::from_millis(1500));
    let proxmox = lab.token();
    let spec = spec();
    let upid = proxmox.create_vm(&spec).await.unwrap();
    let locked = proxmox.start_vm("pve01", spec.id).await.unwrap_err();
    assert_eq!(locked.message(), Some("VM is locked (create)"));
    assert_eq!(lab.done(&proxmox, "create", upid).await.unwrap(), "OK");
    let have = proxmox.vm_config("pve01", spec.id).await.unwrap().unwrap();
    assert!(spec.signature().is_of(&spec.tags, &have));
    let left: Vec<String> = differences(&spec, &have).iter().map(ToString::to_string).collect();
    assert_eq!(left, ["scsi0: 10 GiB on local-lvm -> 40 GiB on local-lvm"]);
    let upid = proxmox.grow_disk("pve01", spec.id, 40).await.unwrap();
    lab.done(&proxmox, "grow", upid).await.unwrap();
    let have = proxmox.vm_config("pve01", spec.id).await.unwrap().unwrap();
    assert_eq!(differences(&spec, &have), []);

    let upid = proxmox.start_vm("pve01", spec.id).await.unwrap();
    assert_eq!(lab.done(&proxmox, "start", upid).await.unwrap(), "OK");
    assert_eq!(proxmox.guests().await.unwrap()[0].status, "running");
    let machine = lab.datacenter.with(|world| world.machines[&101_011].clone());
    assert_eq!((machine.address.to_string().as_str(), machine.talos_version.as_str()), ("127.101.0.11", "v1.12.0"));
    let upid = proxmox.start_vm("pve01", spec.id).await.unwrap();
    assert_eq!(lab.done(&proxmox, "start", upid).await.unwrap(), "VM 101011 already running");

    let running = proxmox.destroy_vm("pve01", spec.id).await.unwrap_err();
    assert_eq!(running.message(), Some("VM 101011 is running - destroy failed"));
    let upid = proxmox.stop_vm("pve01", spec.id).await.unwrap();
    lab.done(&proxmox, "stop", upid).await.unwrap();
    assert!(lab.datacenter.with(|world| world.machines.is_empty()));
    let upid = proxmox.destroy_vm("pve01", spec.id).await.unwrap();
    lab.done(&proxmox, "destroy", upid).await.unwrap();
    assert_eq!(proxmox.vm_config("pve01", spec.id).await.unwrap(), None);
    assert!(lab.datacenter.with(|world| world.proxmox.storages["local-lvm"].volumes.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_taken_is_a_500_that_names_its_host() {
    let lab = Lab::new();
    let proxmox = lab.token();
    let upid = proxmox.create_vm(&spec()).await.unwrap();
    lab.done(&proxmox, "create", upid).await.unwrap();
    let other = VmSpec { host: "pve02".into(), ..spec() };
    let error = proxmox.create_vm(&other).await.unwrap_err();
    assert!(error.is_duplicate());
    assert!(error.to_string().contains("already exists on node 'pve01'"), "{error}");
    assert_eq!(proxmox.guests().await.unwrap()[0].describe(), r#"vm 101011 "solcp01" on pve01"#);
    let free: serde_json::Value = proxmox.get(&["cluster", "nextid"], &[]).await.unwrap();
    assert_eq!(free, "100");
}

#[tokio::test(start_paused = true)]
async fn a_failed_creation_fails_in_its_task_and_leaves_nothing() {
    let lab = Lab::new();
    let proxmox = lab.token();
    let missing = VmSpec { media: Media::Import("local:import/none.raw".parse().unwrap()), ..spec() };
    let upid = proxmox.create_vm(&missing).await.unwrap();
    let error = lab.done(&proxmox, "create", upid.clone()).await.unwrap_err();
    assert!(error.to_string().contains("cannot import from 'local:import/none.raw'"), "{error}");
    assert!(proxmox.task_log(&upid, 10).await.unwrap()[0].starts_with("TASK ERROR"));
    assert_eq!(proxmox.guests().await.unwrap(), []);
    let nowhere = VmSpec { storage: "nfs".into(), ..spec() };
    let error = proxmox.create_vm(&nowhere).await.unwrap_err();
    assert_eq!(error.message(), Some("storage 'nfs' does not exist"));
}

#[tokio::test(start_paused = true)]
async fn a_change_to_a_running_machine_may_wait_and_a_stale_digest_is_refused() {
    let lab = Lab::new();
    let proxmox = lab.token();
    let upid = proxmox.create_vm(&spec()).await.unwrap();
    lab.done(&proxmox, "create", upid).await.unwrap();
    let upid = proxmox.start_vm("pve01", 101_011).await.unwrap();
    lab.done(&proxmox, "start", upid).await.unwrap();
    let before = proxmox.vm_config("pve01", 101_011).await.unwrap().unwrap();
    let settings = [("memory".to_owned(), "16384".to_owned()), ("tags".to_owned(), "sol;fluxlift;big".to_owned())];
    proxmox.set_config("pve01", 101_011, &settings, before.digest.as_deref()).await.unwrap();
    assert_eq!(proxmox.pending("pve01", 101_011).await.unwrap(), ["memory"]);
    let stale = proxmox.set_config("pve01", 101_011, &settings, before.digest.as_deref()).await.unwrap_err();
    assert!(stale.is_stale_digest(), "{stale}");
    let shrink = proxmox.grow_disk("pve01", 101_011, 1).await.unwrap();
    let error = lab.done(&proxmox, "shrink", shrink).await.unwrap_err();
    assert!(error.to_string().contains("shrinking disks is not supported"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_password_works_as_well_and_a_wrong_one_is_named() {
    let lab = Lab::new();
    let good = lab.client(Credentials::from_password("root@pam", Secret::new(PASSWORD.to_owned())));
    let upid = good.create_vm(&spec()).await.unwrap();
    assert!(upid.as_str().ends_with(":root@pam:"));
    let bad = lab.client(Credentials::from_password("root@pam", Secret::new("guess".to_owned())));
    assert_eq!(
        bad.version().await.unwrap_err().to_string(),
        "Proxmox refused to log root@pam in: authentication failure"
    );
    let stranger = lab.client(Credentials::from_token("root@pam!other=x").unwrap());
    assert!(matches!(stranger.version().await.unwrap_err(), ProxmoxError::UnknownToken { .. }));
}

#[tokio::test(start_paused = true)]
async fn an_image_is_fetched_once_and_xz_is_refused() {
    let lab = Lab::new();
    let proxmox = lab.token();
    let image = |name: &str| Download {
        url: format!("https://factory.talos.dev/image/x/v1.13.0/{name}"),
        volume: format!("local:import/{name}").parse().unwrap(),
        sha256: None,
        decompress: None,
    };
    let raw = image("talos-v1.13.0-nocloud-amd64.raw");
    assert!(!proxmox.has_volume("pve02", &raw.volume).await.unwrap());
    let upid = proxmox.download("pve02", &raw).await.unwrap();
    assert_eq!(lab.done(&proxmox, "download", upid).await.unwrap(), "OK");
    assert!(proxmox.has_volume("pve02", &raw.volume).await.unwrap());
    assert!(proxmox.download("pve02", &raw).await.unwrap_err().to_string().contains("refusing to override"));
    let upid = proxmox.download("pve02", &image("nocloud-amd64.raw.xz")).await.unwrap();
    assert!(lab.done(&proxmox, "download", upid).await.unwrap_err().to_string().contains("unsupported"));
    assert!(proxmox.storage("pve01", "local").await.unwrap().holds("import"));
    assert!(proxmox.storage("pve01", "none").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_world_that_was_saved_in_the_middle_of_a_task_finishes_it() {
    let lab = Lab::new();
    let proxmox = lab.token();
    proxmox.create_vm(&spec()).await.unwrap();
    let saved = serde_json::to_string(&lab.datacenter.snapshot()).unwrap();
    let mut world: World = serde_json::from_str(&saved).unwrap();
    assert_eq!(world.proxmox.guests[&101_011].lock.as_deref(), Some("create"));
    let later = world.now + std::time::Duration::from_secs(60);
    world.advance_to(later);
    assert_eq!(world.proxmox.guests[&101_011].lock, None);
}
