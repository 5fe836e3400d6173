//! How tasks stand.

use serde_json::json;

use crate::proxmox::api::Call;
use crate::proxmox::reply::{Refusal, Reply};
use crate::proxmox::task::Task;

impl Call<'_> {
    pub(crate) fn task_status(&self, upid: &str) -> Reply {
        let task = self.task(upid)?;
        let mut status = json!({
            "upid": upid, "node": task.host, "pid": task.pid, "pstart": task.pid * 7, "starttime": task.started.as_second(),
            "type": task.kind, "id": task.id, "user": task.user, "status": "running",
        });
        if let Some(exit) = &task.exit {
            status["status"] = json!("stopped");
            status["exitstatus"] = json!(exit);
        }
        Ok(status)
    }

    pub(crate) fn task_log(&self, upid: &str) -> Reply {
        let number = |name, default| self.parameters.get(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        let (start, limit): (usize, usize) = (number("start", 0), number("limit", 50));
        let lines = self.task(upid)?.log.iter().enumerate().skip(start).take(limit);
        Ok(lines.map(|(n, line)| json!({ "n": n + 1, "t": line })).collect())
    }

    fn task(&self, upid: &str) -> Result<&Task, Refusal> {
        let task = self.world.proxmox.tasks.get(upid).filter(|task| self.world.is_listed(task));
        task.ok_or_else(|| Refusal::parameter("upid", "no such task"))
    }
}
