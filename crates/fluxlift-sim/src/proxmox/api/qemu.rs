//! Making, changing and destroying a machine.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::proxmox::api::Call;
use crate::proxmox::api::call::number;
use crate::proxmox::guest::Guest;
use crate::proxmox::property::mib;
use crate::proxmox::reply::{Refusal, Reply};
use crate::proxmox::task::Work;
use crate::proxmox::{config, schema};

/// Keys that the server gives back as numbers.
const NUMBERS: [&str; 4] = ["cores", "sockets", "onboot", "numa"];

impl Call<'_> {
    pub(crate) fn create(&mut self, host: &str) -> Reply {
        let id = number(self.required("vmid")?)?;
        schema::check(self.caller, &self.parameters, &["vmid", "start", "storage", "pool", "unique", "force"])?;
        if let Some(owner) = self.world.proxmox.guests.get(&id) {
            let owner = &owner.host;
            return Err(Refusal::died(format!("unable to create VM {id} - VM {id} already exists on node '{owner}'")));
        }
        let made = config::make(&self.world.proxmox, id, &self.parameters, self.world.now)?;
        for (volid, size) in &made.volumes {
            self.world.proxmox.allocate(volid, *size);
        }
        let guest = Guest {
            host: host.to_owned(),
            config: made.config,
            pending: BTreeMap::new(),
            running: false,
            lock: Some("create".to_owned()),
            image: made.image,
        };
        self.world.proxmox.guests.insert(id, guest);
        let work = Work::Create { vm: id, failure: made.failure };
        Ok(json!(self.world.dispatch(host, "qmcreate", id, self.caller.name(), work)))
    }

    pub(crate) fn destroy(&mut self, host: &str, id: u32) -> Reply {
        let guest = self.unlocked(host, id)?;
        if guest.get("protection") == "1" {
            return Err(Refusal::died(format!("can't remove VM {id} - protection mode enabled")));
        }
        if guest.running {
            return Err(Refusal::died(format!("VM {id} is running - destroy failed")));
        }
        guest.lock = Some("destroyed".to_owned());
        Ok(json!(self.world.dispatch(host, "qmdestroy", id, self.caller.name(), Work::Destroy { vm: id })))
    }

    pub(crate) fn config(&self, host: &str, id: u32) -> Reply {
        let guest = self.world.proxmox.guest(host, id)?;
        // What is pending shows as if it were there already, unless `current` is asked for.
        let mut seen = guest.clone();
        if self.parameters.get("current").is_none_or(|flag| flag == "0") {
            seen.apply_pending();
        }
        let value = |(key, text): (&String, &String)| {
            let number = text.parse::<i64>().ok().filter(|_| NUMBERS.contains(&key.as_str()));
            (key.clone(), number.map_or_else(|| json!(text), |n| json!(n)))
        };
        let mut config: Map<String, Value> = seen.config.iter().map(value).collect();
        config.insert("digest".to_owned(), json!(guest.digest()));
        if let Some(lock) = &guest.lock {
            config.insert("lock".to_owned(), json!(lock));
        }
        Ok(Value::Object(config))
    }

    pub(crate) fn configure(&mut self, host: &str, id: u32) -> Reply {
        let changes = self.changes(host, id)?;
        let guest = self.world.proxmox.guest_mut(host, id)?;
        changes.into_iter().for_each(|(key, value)| guest.change(&key, value));
        Ok(Value::Null)
    }

    pub(crate) fn configure_later(&mut self, host: &str, id: u32) -> Reply {
        let work = Work::Configure { vm: id, changes: self.changes(host, id)? };
        Ok(json!(self.world.dispatch(host, "qmconfig", id, self.caller.name(), work)))
    }

    fn changes(&mut self, host: &str, id: u32) -> Result<Vec<(String, Option<String>)>, Refusal> {
        schema::check(self.caller, &self.parameters, &["delete", "digest", "revert", "force", "background_delay"])?;
        let digest = self.parameters.remove("digest");
        let deleted = self.parameters.remove("delete").unwrap_or_default();
        let guest = self.unlocked(host, id)?;
        if digest.is_some_and(|digest| digest != guest.digest()) {
            return Err(Refusal::died("checksum mismatch (file change by other user?)"));
        }
        let set = self.parameters.iter().map(|(key, value)| (key.clone(), Some(config::setting(id, key, value))));
        let gone = deleted.split([',', ';', ' ']).filter(|key| !key.is_empty()).map(|key| (key.to_owned(), None));
        Ok(set.chain(gone).collect())
    }

    pub(crate) fn pending(&self, host: &str, id: u32) -> Reply {
        let guest = self.world.proxmox.guest(host, id)?;
        let mut items: BTreeMap<&String, Value> =
            guest.config.iter().map(|(key, value)| (key, json!({ "key": key, "value": value }))).collect();
        for (key, change) in &guest.pending {
            let item = items.entry(key).or_insert_with(|| json!({ "key": key }));
            match change {
                Some(value) => item["pending"] = json!(value),
                None => item["delete"] = json!(1),
            }
        }
        Ok(items.into_values().collect())
    }

    pub(crate) fn resize(&mut self, host: &str, id: u32) -> Reply {
        let (disk, size) = (self.required("disk")?.to_owned(), self.required("size")?.to_owned());
        let guest = self.unlocked(host, id)?;
        let Some(value) = guest.config.get(&disk) else {
            return Err(Refusal::died(format!("disk '{disk}' does not exist")));
        };
        let grown = size.strip_prefix('+').map(|more| (more, config::disk_mib(value).unwrap_or_default()));
        let (text, base) = grown.unwrap_or((&size, 0));
        let wanted = mib(text).ok_or_else(|| Refusal::parameter("size", "value does not match the regex pattern"))?;
        let work = Work::Resize { vm: id, disk, mib: base + wanted };
        Ok(json!(self.world.dispatch(host, "resize", id, self.caller.name(), work)))
    }

    /// The machine, if nothing holds it.
    pub(crate) fn unlocked(&mut self, host: &str, id: u32) -> Result<&mut Guest, Refusal> {
        let guest = self.world.proxmox.guest_mut(host, id)?;
        match &guest.lock {
            Some(lock) => Err(Refusal::died(format!("VM is locked ({lock})"))),
            None => Ok(guest),
        }
    }
}
