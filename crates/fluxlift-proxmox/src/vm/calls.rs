//! The calls on one machine. What takes time gives a task.

use serde::Deserialize;
use serde_json::Value;

use crate::vm::{VmConfig, VmSpec};
use crate::{Proxmox, ProxmoxError, Upid};

impl Proxmox {
    /// Creates the machine, switched off.
    ///
    /// Not repeatable: a number that is taken is refused ([`ProxmoxError::is_duplicate`]), and the owner may be us.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_vm(&self, spec: &VmSpec) -> Result<Upid, ProxmoxError> {
        self.post(&["nodes", &spec.host, "qemu"], &spec.parameters()).await
    }

    /// The machine's configuration, pending changes included; `None` when it does not exist on `host`.
    ///
    /// # Errors
    /// When the server refuses to say.
    pub async fn vm_config(&self, host: &str, id: u32) -> Result<Option<VmConfig>, ProxmoxError> {
        let id = id.to_string();
        match self.get(&["nodes", host, "qemu", &id, "config"], &[]).await {
            Ok(config) => Ok(Some(config)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The keys whose new values wait for the machine's next start.
    ///
    /// # Errors
    /// When the server refuses to say.
    pub async fn pending(&self, host: &str, id: u32) -> Result<Vec<String>, ProxmoxError> {
        #[derive(Deserialize)]
        struct Item {
            key: String,
            pending: Option<Value>,
            delete: Option<Value>,
        }
        let id = id.to_string();
        let items: Vec<Item> = self.get(&["nodes", host, "qemu", &id, "pending"], &[]).await?;
        Ok(items.into_iter().filter(|i| i.pending.is_some() || i.delete.is_some()).map(|i| i.key).collect())
    }

    /// Sets configuration keys, refused when the configuration is not the one with `digest` any more.
    ///
    /// # Errors
    /// When the server refuses; see [`ProxmoxError::is_stale_digest`].
    pub async fn set_config(
        &self,
        host: &str,
        id: u32,
        settings: &[(String, String)],
        digest: Option<&str>,
    ) -> Result<(), ProxmoxError> {
        let mut form = settings.to_vec();
        if let Some(digest) = digest {
            form.push(("digest".to_owned(), digest.to_owned()));
        }
        let _: Value = self.put(&["nodes", host, "qemu", &id.to_string(), "config"], &form).await?;
        Ok(())
    }

    /// Grows the disk `scsi0` to `gib`. An equal size is no change; a smaller one ends the task with an error.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn grow_disk(&self, host: &str, id: u32, gib: u64) -> Result<Upid, ProxmoxError> {
        let form = [("disk".to_owned(), "scsi0".to_owned()), ("size".to_owned(), format!("{gib}G"))];
        self.put(&["nodes", host, "qemu", &id.to_string(), "resize"], &form).await
    }

    /// Starts the machine. One that runs already ends the task with `already running`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn start_vm(&self, host: &str, id: u32) -> Result<Upid, ProxmoxError> {
        self.power(host, id, "start").await
    }

    /// Cuts the machine's power. One that is off already ends the task well.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn stop_vm(&self, host: &str, id: u32) -> Result<Upid, ProxmoxError> {
        self.power(host, id, "stop").await
    }

    /// Destroys the machine, which must be off, with the disks of its configuration and its traces in jobs and firewall.
    ///
    /// Other volumes that carry its number stay: nobody knows who made them.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn destroy_vm(&self, host: &str, id: u32) -> Result<Upid, ProxmoxError> {
        // Said, because the server's default changed between versions. With 1 it would take every volume that carries the
        // number on every storage that it sees: also those that somebody attached, restored or left there by hand.
        let query = [("purge", "1"), ("destroy-unreferenced-disks", "0")];
        self.delete(&["nodes", host, "qemu", &id.to_string()], &query).await
    }

    async fn power(&self, host: &str, id: u32, act: &str) -> Result<Upid, ProxmoxError> {
        self.post(&["nodes", host, "qemu", &id.to_string(), "status", act], &[]).await
    }
}
