//! What must be seen of a machine before the unit goes on.

use std::time::Duration;

use fluxlift_core::{Evidence, Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_gate::{ObserveError, every};
use fluxlift_proxmox::{Proxmox, ProxmoxError};
use futures::Stream;

/// How often a machine is looked at.
const POLL: Duration = Duration::from_secs(2);
/// A lock that does not move for so long was left behind by something that died.
const LOCKED_TOO_LONG: Duration = Duration::from_secs(10 * 60);

/// What is seen of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `running`, `stopped`, `unknown`, or empty when the machine does not exist.
    pub status: String,
    /// What holds it.
    pub lock: Option<String>,
}

/// Proven when nothing holds the machine any more: the task that made it has ended.
#[derive(Debug)]
pub struct Unlocked(pub u32);

impl Gate for Unlocked {
    type Snapshot = Seen;

    fn name(&self) -> GateName {
        GateName::new(format!("vm/{} is not locked", self.0))
    }

    fn judge(&self, seen: &Observation<'_, Seen>) -> Verdict {
        match (&seen.snapshot.lock, seen.snapshot.status.as_str()) {
            (_, "") => {
                Verdict::stuck("the machine is gone: the task that made it failed", Remedy::person("run it again"))
            }
            (None, _) => Verdict::proven(Evidence::new(format!("vm/{}", self.0), "lock=none")),
            (Some(lock), _) if seen.unchanged_for < LOCKED_TOO_LONG => {
                Verdict::pending(format!("it is locked ({lock})"))
            }
            (Some(lock), _) => Verdict::stuck(
                format!("it has been locked ({lock}) for {} minutes", LOCKED_TOO_LONG.as_secs() / 60),
                Remedy::person(format!("see that no task works on it, then `qm unlock {}` on its host", self.0)),
            ),
        }
    }
}

/// Proven when the machine runs.
#[derive(Debug)]
pub struct Runs {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
}

impl Gate for Runs {
    type Snapshot = Seen;

    fn name(&self) -> GateName {
        GateName::new(format!("vm/{} {} runs", self.id, self.name))
    }

    fn judge(&self, seen: &Observation<'_, Seen>) -> Verdict {
        match seen.snapshot.status.as_str() {
            "running" => Verdict::proven(Evidence::new(format!("vm/{}", self.id), "status=running")),
            "" => Verdict::pending("it does not exist"),
            other => Verdict::pending(format!("status={other}")),
        }
    }
}

/// Proven when nothing is left of the machine.
#[derive(Debug)]
pub struct Gone(pub u32);

impl Gate for Gone {
    type Snapshot = Seen;

    fn name(&self) -> GateName {
        GateName::new(format!("vm/{} is gone", self.0))
    }

    fn judge(&self, seen: &Observation<'_, Seen>) -> Verdict {
        match seen.snapshot.status.as_str() {
            "" => Verdict::proven(Evidence::new(format!("vm/{}", self.0), "not in the cluster's resources")),
            other => Verdict::pending(format!("status={other}")),
        }
    }
}

/// Looks at the machine again and again.
pub fn watch(proxmox: &Proxmox, id: u32) -> impl Stream<Item = Result<Seen, ObserveError>> + Send + use<> {
    let proxmox = proxmox.hasty();
    every(POLL, move || {
        let proxmox = proxmox.clone();
        async move { look(&proxmox, id).await.map_err(blind) }
    })
}

async fn look(proxmox: &Proxmox, id: u32) -> Result<Seen, ProxmoxError> {
    let guests = proxmox.guests().await?;
    let Some(guest) = guests.into_iter().find(|guest| guest.vmid == id) else {
        return Ok(Seen { status: String::new(), lock: None });
    };
    let status = if guest.status.is_empty() { "unknown".to_owned() } else { guest.status };
    Ok(Seen { status, lock: guest.lock })
}

fn blind(error: ProxmoxError) -> ObserveError {
    let what = error.to_string();
    let look = if error.is_transient() { ObserveError::transient(what) } else { ObserveError::terminal(what) };
    look.caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(gate: &dyn Gate<Snapshot = Seen>, status: &str, lock: Option<&str>, seconds: u64) -> String {
        let snapshot = Seen { status: status.to_owned(), lock: lock.map(str::to_owned) };
        let seen = Observation { snapshot: &snapshot, unchanged_for: Duration::from_secs(seconds) };
        gate.judge(&seen).word().to_owned()
    }

    #[test]
    fn a_machine_that_does_not_exist_neither_runs_nor_is_unlocked() {
        let runs = Runs { id: 1, name: "a".into() };
        assert_eq!(judge(&runs, "", None, 0), "pending");
        assert_eq!(judge(&runs, "unknown", None, 0), "pending");
        assert_eq!(judge(&runs, "running", None, 0), "proven");
        assert_eq!(judge(&Unlocked(1), "", None, 0), "stuck");
        assert_eq!(judge(&Gone(1), "unknown", None, 0), "pending");
        assert_eq!(judge(&Gone(1), "", None, 0), "proven");
    }

    #[test]
    fn a_lock_that_nothing_removes_is_left_to_a_person() {
        assert_eq!(judge(&Unlocked(1), "stopped", Some("create"), 30), "pending");
        assert_eq!(judge(&Unlocked(1), "stopped", Some("create"), 600), "stuck");
        assert_eq!(judge(&Unlocked(1), "stopped", None, 0), "proven");
    }
}
