//! Switching a machine on and off.

use serde_json::json;

use crate::proxmox::api::Call;
use crate::proxmox::reply::{Refusal, Reply};
use crate::proxmox::task::Work;

impl Call<'_> {
    pub(crate) fn power(&mut self, host: &str, id: u32, act: &str) -> Reply {
        self.unlocked(host, id)?;
        // That it runs already, or is off already, comes out in the task only.
        let (kind, work) = match act {
            "start" => ("qmstart", Work::Start { vm: id }),
            "stop" => ("qmstop", Work::Stop { vm: id }),
            "shutdown" => ("qmshutdown", Work::Stop { vm: id }),
            _ => {
                return Err(Refusal::new(
                    501,
                    format!("Method 'POST /nodes/{host}/qemu/{id}/status/{act}' not implemented"),
                ));
            }
        };
        Ok(json!(self.world.dispatch(host, kind, id, self.caller.name(), work)))
    }
}
