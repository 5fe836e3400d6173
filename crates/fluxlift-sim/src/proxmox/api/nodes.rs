//! Questions to one host.

use serde_json::json;

use crate::proxmox::api::Call;
use crate::proxmox::api::cluster::resource;
use crate::proxmox::reply::{Refusal, Reply};

impl Call<'_> {
    pub(crate) fn host_is_there(&self, host: &str) -> Result<(), Refusal> {
        match self.world.proxmox.hosts.get(host) {
            Some(true) => Ok(()),
            Some(false) => Err(Refusal::new(595, "No route to host")),
            None => Err(Refusal::died(format!("hostname lookup '{host}' failed - failed to get address info"))),
        }
    }

    pub(crate) fn machines(&self, host: &str) -> Reply {
        let guests = self.world.proxmox.guests.iter().filter(|(_, guest)| guest.host == host);
        Ok(guests.map(|(id, guest)| resource(*id, guest)).collect())
    }

    pub(crate) fn status(&self, host: &str, id: u32) -> Reply {
        let guest = self.world.proxmox.guest(host, id)?;
        let status = if guest.running { "running" } else { "stopped" };
        let mut status = json!({
            "vmid": id, "name": guest.get("name"), "status": status, "qmpstatus": status, "ha": { "managed": 0 },
            "cpus": guest.get("cores").parse::<u32>().unwrap_or(1),
        });
        if let Some(lock) = &guest.lock {
            status["lock"] = json!(lock);
        }
        Ok(status)
    }

    /// Talos without its extension runs no guest agent, and neither do these machines.
    pub(crate) fn agent(&self, host: &str, id: u32) -> Reply {
        let guest = self.world.proxmox.guest(host, id)?;
        Err(match (guest.running, guest.get("agent")) {
            (false, _) => Refusal::died(format!("VM {id} is not running")),
            (true, "" | "0" | "enabled=0") => Refusal::died("No QEMU guest agent configured"),
            (true, _) => Refusal::died("QEMU guest agent is not running"),
        })
    }
}
