//! Tasks: whatever takes time on a Proxmox host, and the gate that proves its end.

use std::fmt;
use std::time::Duration;

use fluxlift_core::{Deadline, Evidence, Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_gate::{GateContext, ObserveError, every};
use serde::Deserialize;

use crate::{Proxmox, ProxmoxError, Upid};

/// How often a running task is looked at.
const POLL: Duration = Duration::from_secs(1);
/// How much of a failed task's log is read. An import logs a line for each per cent.
const LOG: usize = 5000;
/// How many of its last lines are told.
const TOLD: usize = 3;
/// For how long a task that was just dispatched may be unknown to its own host.
const DISPATCH: Duration = Duration::from_secs(30);

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// `OK`.
    Ok,
    /// `WARNINGS: n`: it did its work and logged warnings.
    Warnings(u32),
    /// Anything else: the error's text.
    Failed(String),
}

impl Exit {
    /// Reads an `exitstatus`.
    pub fn parse(status: &str) -> Self {
        match status.trim() {
            "OK" => Self::Ok,
            other => match other.strip_prefix("WARNINGS:").map(|n| n.trim().parse()) {
                Some(Ok(n)) => Self::Warnings(n),
                _ => Self::Failed(other.to_owned()),
            },
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("OK"),
            Self::Warnings(n) => write!(f, "WARNINGS: {n}"),
            Self::Failed(text) => f.write_str(text),
        }
    }
}

/// A task as its host reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    /// The host does not list it (yet).
    Unlisted,
    /// It runs.
    Running,
    /// It ended.
    Stopped {
        /// How.
        exit: Exit,
        /// The last lines that it printed, where it failed and they can be read.
        log: Vec<String>,
    },
}

/// Proven when the task ended well, or with an error that means that the wish was already fulfilled.
#[derive(Debug, Clone)]
pub struct TaskGate {
    what: String,
    upid: Upid,
    fulfilled: &'static [&'static str],
}

impl TaskGate {
    /// The gate of the task `upid`, which does `what` (such as `create vm 101011`).
    pub fn new(what: impl Into<String>, upid: Upid) -> Self {
        Self { what: what.into(), upid, fulfilled: &[] }
    }

    /// The same, taking an error that contains one of `texts` for a wish that was fulfilled before (`already running`).
    #[must_use]
    pub const fn or_already(mut self, texts: &'static [&'static str]) -> Self {
        self.fulfilled = texts;
        self
    }

    /// Whether the task did not do what was wished.
    fn has_failed(&self, exit: &Exit) -> bool {
        matches!(exit, Exit::Failed(text) if !self.fulfilled.iter().any(|fulfilled| text.contains(fulfilled)))
    }
}

impl Gate for TaskGate {
    type Snapshot = TaskState;

    fn name(&self) -> GateName {
        GateName::new(format!("task: {}", self.what))
    }

    fn judge(&self, seen: &Observation<'_, TaskState>) -> Verdict {
        let kind = self.upid.kind();
        let evidence = |exit: &Exit| {
            Verdict::proven(Evidence::new(format!("task/{kind}/{}", self.upid.id()), format!("exitstatus={exit}")))
        };
        match seen.snapshot {
            TaskState::Running => Verdict::pending(format!("{kind} is running on {}", self.upid.node())),
            TaskState::Unlisted if seen.unchanged_for < DISPATCH => {
                Verdict::pending(format!("{} does not list the task yet", self.upid.node()))
            }
            TaskState::Unlisted => Verdict::stuck(
                format!("{} has not listed {} for {}s", self.upid.node(), self.upid, DISPATCH.as_secs()),
                Remedy::person(format!("look at the task list of {}", self.upid.node())),
            ),
            TaskState::Stopped { exit, log } if self.has_failed(exit) => {
                let end = if log.is_empty() { String::new() } else { format!("; its log ends: {}", log.join(" | ")) };
                Verdict::stuck(
                    format!("{kind} ended with: {exit}{end}"),
                    Remedy::person(format!(
                        "mend the cause and run it again; the whole log is on {} (`pvenode task log {}`)",
                        self.upid.node(),
                        self.upid
                    )),
                )
            }
            TaskState::Stopped { exit, .. } => evidence(exit),
        }
    }
}

impl Proxmox {
    /// How the task stands.
    ///
    /// # Errors
    /// When the server refuses to say.
    pub async fn task(&self, upid: &Upid) -> Result<TaskState, ProxmoxError> {
        #[derive(Deserialize)]
        struct Status {
            status: String,
            exitstatus: Option<String>,
        }
        let asked = self.get::<Status>(&["nodes", upid.node(), "tasks", upid.as_str(), "status"], &[]).await;
        match asked {
            Ok(Status { status, exitstatus }) if status == "stopped" => {
                let exit = Exit::parse(exitstatus.as_deref().unwrap_or("the task left no exit status"));
                Ok(TaskState::Stopped { exit, log: Vec::new() })
            }
            Ok(_) => Ok(TaskState::Running),
            Err(error) if error.is_no_such_task() => Ok(TaskState::Unlisted),
            Err(error) => Err(error),
        }
    }

    /// The lines that the task printed, at most `limit`.
    ///
    /// # Errors
    /// When the server refuses to say.
    pub async fn task_log(&self, upid: &Upid, limit: usize) -> Result<Vec<String>, ProxmoxError> {
        #[derive(Deserialize)]
        struct Line {
            t: String,
        }
        let limit = limit.to_string();
        let path = ["nodes", upid.node(), "tasks", upid.as_str(), "log"];
        let lines: Vec<Line> = self.get(&path, &[("start", "0"), ("limit", &limit)]).await?;
        Ok(lines.into_iter().map(|line| line.t).collect())
    }

    /// The last lines that the task printed, without the one that repeats how it ended.
    async fn last_lines(&self, upid: &Upid) -> Vec<String> {
        // They only explain: without them the failure is told all the same.
        let mut lines = self.task_log(upid, LOG).await.unwrap_or_default();
        lines.retain(|line| !line.trim().is_empty() && !line.starts_with("TASK ERROR") && line != "no content");
        lines.split_off(lines.len().saturating_sub(TOLD))
    }

    /// Waits for the end of the task, and gives how it ended.
    ///
    /// # Errors
    /// When it ends badly, not in time, or can't be observed.
    pub async fn finish(&self, cx: &GateContext, gate: &TaskGate, deadline: Deadline) -> Result<Exit, ProxmoxError> {
        let (proxmox, upid) = (self.hasty(), &gate.upid);
        let observed = every(POLL, || async {
            let mut seen = proxmox.task(upid).await.map_err(observe_error)?;
            if let TaskState::Stopped { exit, log } = &mut seen
                && gate.has_failed(exit)
            {
                *log = proxmox.last_lines(upid).await;
            }
            Ok(seen)
        });
        match cx.prove(gate, deadline, observed).await? {
            TaskState::Stopped { exit, .. } => Ok(exit),
            TaskState::Running | TaskState::Unlisted => Ok(Exit::Ok),
        }
    }
}

/// A failed look, as the gate driver wants it.
pub(crate) fn observe_error(error: ProxmoxError) -> ObserveError {
    let transient = error.is_transient();
    let what = error.to_string();
    let look = if transient { ObserveError::transient(what) } else { ObserveError::terminal(what) };
    match error {
        ProxmoxError::Unreachable { source, .. } => look.caused_by(source),
        ProxmoxError::Malformed { source, .. } => look.caused_by(source),
        _ => look,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> TaskGate {
        let upid = "UPID:pve01:0001A2B3:0C3D4E5F:6720AB01:qmstart:101011:root@pam:".parse().unwrap();
        TaskGate::new("start vm 101011", upid).or_already(&["already running"])
    }

    fn stopped(exit: &str) -> TaskState {
        TaskState::Stopped { exit: Exit::parse(exit), log: Vec::new() }
    }

    fn judge(state: &TaskState, seconds: u64) -> Verdict {
        gate().judge(&Observation { snapshot: state, unchanged_for: Duration::from_secs(seconds) })
    }

    #[test]
    fn a_task_is_proven_by_its_exit_status_only() {
        assert_eq!(judge(&TaskState::Running, 500).word(), "pending");
        assert!(judge(&stopped("OK"), 0).is_proven());
        assert!(judge(&stopped("WARNINGS: 2"), 0).is_proven());
        assert_eq!(judge(&stopped("storage is full"), 0).word(), "stuck");
    }

    #[test]
    fn a_machine_that_runs_already_fulfils_the_wish_to_start_it() {
        assert!(judge(&stopped("VM 101011 already running"), 0).is_proven());
    }

    #[test]
    fn a_task_may_be_unlisted_for_a_moment_but_not_for_ever() {
        assert_eq!(judge(&TaskState::Unlisted, 3).word(), "pending");
        assert_eq!(judge(&TaskState::Unlisted, 30).word(), "stuck");
    }
}
