//! Questions to the whole cluster.

use serde_json::{Value, json};

use crate::proxmox::api::Call;
use crate::proxmox::api::call::number;
use crate::proxmox::guest::Guest;
use crate::proxmox::reply::{Refusal, Reply};

impl Call<'_> {
    pub(crate) fn next_id(&self) -> Reply {
        let guests = &self.world.proxmox.guests;
        if let Some(wanted) = self.parameters.get("vmid") {
            let id = number(wanted)?;
            return match guests.contains_key(&id) {
                true => Err(Refusal::parameter("vmid", format!("VM {id} already exists"))),
                false => Ok(json!(id.to_string())),
            };
        }
        let free = (100..).find(|id| !guests.contains_key(id));
        Ok(json!(free.map(|id: u32| id.to_string())))
    }

    pub(crate) fn resources(&self) -> Reply {
        match self.parameters.get("type").map(String::as_str) {
            None | Some("vm") => {}
            Some("node") => return self.hosts(),
            Some(_) => return Ok(json!([])),
        }
        Ok(self.world.proxmox.guests.iter().map(|(id, guest)| resource(*id, guest)).collect())
    }

    pub(crate) fn hosts(&self) -> Reply {
        let host = |(name, online): (&String, &bool)| {
            json!({
                "id": format!("node/{name}"), "type": "node", "node": name,
                "status": if *online { "online" } else { "offline" },
                "maxcpu": 32, "maxmem": 128_u64 << 30,
            })
        };
        Ok(self.world.proxmox.hosts.iter().map(host).collect())
    }
}

/// A machine in a list.
pub(crate) fn resource(id: u32, guest: &Guest) -> Value {
    let mut entry = json!({
        "id": format!("qemu/{id}"), "type": "qemu", "vmid": id, "node": guest.host, "template": 0,
        "status": if guest.running { "running" } else { "stopped" },
        "maxcpu": guest.get("cores").parse::<u32>().unwrap_or(1),
        "maxmem": guest.get("memory").parse::<u64>().unwrap_or(512) << 20,
    });
    for key in ["name", "tags"] {
        if let Some(value) = guest.config.get(key) {
            entry[key] = json!(value);
        }
    }
    if let Some(lock) = &guest.lock {
        entry["lock"] = json!(lock);
    }
    entry
}
