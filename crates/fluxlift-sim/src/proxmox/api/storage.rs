//! Storages and their volumes.

use serde_json::{Value, json};

use crate::proxmox::api::Call;
use crate::proxmox::cluster::Storage;
use crate::proxmox::reply::{Refusal, Reply};
use crate::proxmox::task::Work;

impl Call<'_> {
    pub(crate) fn storages(&self) -> Reply {
        let entry = |(name, storage): (&String, &Storage)| {
            let mut entry = status(storage);
            entry["storage"] = json!(name);
            entry
        };
        Ok(self.world.proxmox.storages.iter().map(entry).collect())
    }

    pub(crate) fn storage_status(&self, name: &str) -> Reply {
        let storage = self.world.proxmox.storages.get(name).map(status);
        storage.ok_or_else(|| Refusal::parameter("storage", "No such storage."))
    }

    pub(crate) fn content(&self, name: &str) -> Reply {
        let storage = self.world.proxmox.storage(name)?;
        let wanted = self.parameters.get("content").map(String::as_str);
        let entry = |(path, mib): (&String, &u64)| {
            let content = path.split_once('/').map_or("images", |(content, _)| content);
            let format = path.rsplit_once('.').map_or("raw", |(_, extension)| extension);
            let volume =
                json!({ "volid": format!("{name}:{path}"), "content": content, "format": format, "size": mib << 20 });
            wanted.is_none_or(|wanted| wanted == content).then_some(volume)
        };
        Ok(storage.volumes.iter().filter_map(entry).collect())
    }

    pub(crate) fn download(&mut self, host: &str, storage: &str) -> Reply {
        let content = self.required("content")?;
        let (file, url) = (self.required("filename")?, self.required("url")?);
        if !self.world.proxmox.storage(storage)?.content.contains(content) {
            return Err(Refusal::died(format!("storage '{storage}' is not configured for content-type '{content}'")));
        }
        let volid = format!("{storage}:{content}/{file}");
        if self.world.proxmox.volume(&volid).is_some() {
            return Err(Refusal::died(format!("refusing to override existing file '{file}'")));
        }
        let failure = refused(url, file, self.parameters.get("compression").map(String::as_str));
        let work = Work::Download { volid, failure };
        let file = file.to_owned();
        Ok(json!(self.world.dispatch(host, "download", file, self.caller.name(), work)))
    }
}

fn status(storage: &Storage) -> Value {
    let content: Vec<&str> = storage.content.iter().map(String::as_str).collect();
    let total = storage.capacity_gib << 30;
    let free = storage.free_mib() << 20;
    json!({
        "active": 1, "enabled": 1, "shared": 1, "type": "dir", "content": content.join(","),
        "total": total, "avail": free, "used": total - free,
    })
}

/// Why a download fails: the server can decompress gz, lzo and zst, not xz.
fn refused(url: &str, file: &str, compression: Option<&str>) -> Option<String> {
    match compression {
        Some(known @ ("gz" | "lzo" | "zst")) if url.ends_with(known) => None,
        Some(other) => Some(format!("compression '{other}' does not fit '{url}'")),
        None if !url.starts_with("http") => Some(format!("download failed: bad url '{url}'")),
        None if file.ends_with(".xz") => Some(format!("file '{file}' has an unsupported extension")),
        None => None,
    }
}
