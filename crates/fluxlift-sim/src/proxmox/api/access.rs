//! Who may do what.

use serde_json::json;

use crate::proxmox::api::Call;
use crate::proxmox::reply::Reply;

impl Call<'_> {
    pub(crate) fn version(&self) -> Reply {
        Ok(json!({ "version": "9.0.11", "release": "9.0", "repoid": "3bf5476b8a4699e2" }))
    }

    pub(crate) fn permissions(&self) -> Reply {
        let all = [
            "VM.Allocate",
            "VM.Audit",
            "VM.Config.Disk",
            "VM.Config.Network",
            "VM.PowerMgmt",
            "Datastore.AllocateSpace",
        ];
        let all: serde_json::Map<String, serde_json::Value> =
            all.map(|name| (name.to_owned(), json!(1))).into_iter().collect();
        Ok(json!({ "/": all }))
    }
}
