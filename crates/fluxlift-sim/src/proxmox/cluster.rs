//! The cluster: hosts, storages, guests and tasks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::proxmox::fault::Fault;
use crate::proxmox::guest::Guest;
use crate::proxmox::reply::Refusal;
use crate::proxmox::task::Task;

/// Where the API answers.
pub const HOST: &str = "127.101.0.2";
/// On which port.
pub const PORT: u16 = 8006;

/// A Proxmox cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its hosts, and whether each is online.
    pub hosts: BTreeMap<String, bool>,
    /// Its storages, all of them shared.
    pub storages: BTreeMap<String, Storage>,
    /// Its guests by number.
    pub guests: BTreeMap<u32, Guest>,
    /// Its tasks by name.
    pub tasks: BTreeMap<String, Task>,
    /// The last process number that was given to a task.
    pub last_pid: u32,
    /// For how long a task that was just dispatched is not listed yet: a race that real servers lose now and then.
    pub unlisted: SignedDuration,
    /// What goes wrong, in this order.
    pub faults: Vec<Fault>,
}

/// A storage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// What it may hold.
    pub content: BTreeSet<String>,
    /// Its volumes, and their size in MiB.
    pub volumes: BTreeMap<String, u64>,
    /// Its size in GiB.
    pub capacity_gib: u64,
}

impl Storage {
    /// Free space in MiB.
    pub fn free_mib(&self) -> u64 {
        (self.capacity_gib * 1024).saturating_sub(self.volumes.values().sum())
    }
}

impl Default for Cluster {
    /// Three hosts, `local` with the Talos images and `local-lvm` for disks.
    fn default() -> Self {
        let content = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let images = ["nocloud-amd64.raw", "nocloud-amd64.qcow2"].map(|name| format!("import/talos-v1.12.0-{name}"));
        let mut volumes: BTreeMap<String, u64> = images.into_iter().map(|image| (image, 10 * 1024)).collect();
        volumes.insert("iso/talos-v1.12.0-nocloud-amd64.iso".to_owned(), 300);
        let local = Storage { content: content(&["iso", "import", "vztmpl", "backup"]), volumes, capacity_gib: 500 };
        let lvm = Storage { content: content(&["images", "rootdir"]), volumes: BTreeMap::new(), capacity_gib: 4000 };
        Self {
            hosts: ["pve01", "pve02", "pve03"].map(|host| (host.to_owned(), true)).into(),
            storages: [("local".to_owned(), local), ("local-lvm".to_owned(), lvm)].into(),
            guests: BTreeMap::new(),
            tasks: BTreeMap::new(),
            last_pid: 0x0001_0000,
            unlisted: SignedDuration::ZERO,
            faults: Vec::new(),
        }
    }
}

impl Cluster {
    /// The storage `name`.
    ///
    /// # Errors
    /// 500 when there is none.
    pub fn storage(&self, name: &str) -> Result<&Storage, Refusal> {
        self.storages.get(name).ok_or_else(|| Refusal::died(format!("storage '{name}' does not exist")))
    }

    /// The size in MiB of the volume `storage:path`.
    pub fn volume(&self, volid: &str) -> Option<u64> {
        let (storage, path) = volid.split_once(':')?;
        self.storages.get(storage)?.volumes.get(path).copied()
    }

    /// Sets a volume's size, making it when it is new.
    pub fn allocate(&mut self, volid: &str, mib: u64) {
        if let Some((storage, path)) = volid.split_once(':')
            && let Some(storage) = self.storages.get_mut(storage)
        {
            storage.volumes.insert(path.to_owned(), mib);
        }
    }

    /// The machine `id` on `host`.
    ///
    /// # Errors
    /// 500 when there is none there, in the words that name its file.
    pub fn guest(&self, host: &str, id: u32) -> Result<&Guest, Refusal> {
        self.guests.get(&id).filter(|guest| guest.host == host).ok_or_else(|| missing(host, id))
    }

    /// As [`Cluster::guest`], to change it.
    ///
    /// # Errors
    /// As [`Cluster::guest`].
    pub fn guest_mut(&mut self, host: &str, id: u32) -> Result<&mut Guest, Refusal> {
        self.guests.get_mut(&id).filter(|guest| guest.host == host).ok_or_else(|| missing(host, id))
    }

    /// Removes a machine with its volumes.
    pub fn remove(&mut self, id: u32) {
        self.guests.remove(&id);
        let prefix = format!("vm-{id}-");
        for storage in self.storages.values_mut() {
            storage.volumes.retain(|path, _| !path.starts_with(&prefix));
        }
    }
}

fn missing(host: &str, id: u32) -> Refusal {
    Refusal::died(format!("Configuration file 'nodes/{host}/qemu-server/{id}.conf' does not exist"))
}
