//! Tasks: what a host works on for a while.

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::World;
use crate::agenda::Wake;
use crate::machine::Power;
use crate::proxmox::config::{disk_mib, with_size};

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its host.
    pub host: String,
    /// What it does, such as `qmcreate`.
    pub kind: String,
    /// To what.
    pub id: String,
    /// For whom.
    pub user: String,
    /// Its process.
    pub pid: u32,
    /// When it began.
    pub started: Timestamp,
    /// How it ended; `None` while it runs.
    pub exit: Option<String>,
    /// What it printed.
    pub log: Vec<String>,
    /// What it does when its time is over.
    pub work: Work,
}

/// What a task does when its time is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Finishes a new machine, or fails.
    Create {
        /// The machine.
        vm: u32,
        /// What it fails with.
        failure: Option<String>,
    },
    /// Switches a machine on.
    Start {
        /// The machine.
        vm: u32,
    },
    /// Cuts a machine's power.
    Stop {
        /// The machine.
        vm: u32,
    },
    /// Destroys a machine.
    Destroy {
        /// The machine.
        vm: u32,
    },
    /// Sets a disk's size.
    Resize {
        /// The machine.
        vm: u32,
        /// The disk's key.
        disk: String,
        /// Its new size in MiB.
        mib: u64,
    },
    /// Sets keys of a machine.
    Configure {
        /// The machine.
        vm: u32,
        /// The keys; `None` deletes.
        changes: Vec<(String, Option<String>)>,
    },
    /// Fetches an image.
    Download {
        /// The volume that it becomes.
        volid: String,
        /// What it fails with.
        failure: Option<String>,
    },
}

impl Work {
    /// How long it takes.
    const fn takes(&self) -> SignedDuration {
        SignedDuration::from_secs(match self {
            Self::Create { .. } => 8,
            Self::Download { .. } => 25,
            Self::Start { .. } | Self::Destroy { .. } => 2,
            Self::Stop { .. } | Self::Resize { .. } | Self::Configure { .. } => 1,
        })
    }
}

/// A task's time is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskEnd {
    /// The task's name.
    pub upid: String,
}

impl World {
    /// Starts a task and gives its name.
    pub(crate) fn dispatch(&mut self, host: &str, kind: &str, id: impl ToString, user: &str, work: Work) -> String {
        let cluster = &mut self.proxmox;
        cluster.last_pid += 1;
        let (pid, started, id) = (cluster.last_pid, self.now, id.to_string());
        let upid = format!("UPID:{host}:{pid:08X}:{:08X}:{:08X}:{kind}:{id}:{user}:", pid * 7, started.as_second());
        self.agenda.after(started, work.takes() / self.options.haste, Wake::Proxmox(TaskEnd { upid: upid.clone() }));
        let task = Task {
            host: host.to_owned(),
            kind: kind.to_owned(),
            id,
            user: user.to_owned(),
            pid,
            started,
            exit: None,
            log: vec![],
            work,
        };
        cluster.tasks.insert(upid.clone(), task);
        upid
    }

    /// Whether the host lists the task by now.
    pub(crate) fn is_listed(&self, task: &Task) -> bool {
        self.now.duration_since(task.started) >= self.proxmox.unlisted
    }

    /// Ends a task whose time is over.
    pub(crate) fn end_task(&mut self, end: &TaskEnd) {
        let Some(task) = self.proxmox.tasks.get(&end.upid) else { return };
        let (kind, work) = (task.kind.clone(), task.work.clone());
        let done = match self.proxmox.task_failure(&kind) {
            Some(exit) => self.fail(&work, exit),
            None => self.work(&work),
        };
        let exit = done.err().unwrap_or_else(|| "OK".to_owned());
        if let Some(task) = self.proxmox.tasks.get_mut(&end.upid) {
            task.log.push(if exit == "OK" { "TASK OK".to_owned() } else { format!("TASK ERROR: {exit}") });
            task.exit = Some(exit);
        }
        self.changes += 1;
    }

    /// Ends a task with this error; what it left half done is undone, as the server does.
    fn fail(&mut self, work: &Work, exit: String) -> Result<(), String> {
        match work {
            Work::Create { vm, .. } => self.proxmox.remove(*vm),
            Work::Destroy { vm } => self.guest(*vm)?.lock = None,
            _ => {}
        }
        Err(exit)
    }

    fn work(&mut self, work: &Work) -> Result<(), String> {
        match work {
            Work::Create { vm, failure: Some(failure) } => {
                self.proxmox.remove(*vm);
                Err(failure.clone())
            }
            Work::Create { vm, failure: None } => {
                self.guest(*vm)?.lock = None;
                Ok(())
            }
            Work::Start { vm } => self.start(*vm),
            Work::Stop { vm } => {
                let guest = self.guest(*vm)?;
                guest.apply_pending();
                if std::mem::take(&mut guest.running) {
                    self.power(Power::Off { vmid: *vm });
                }
                Ok(())
            }
            Work::Destroy { vm } => {
                self.guest(*vm)?;
                self.proxmox.remove(*vm);
                self.power(Power::Destroyed { vmid: *vm });
                Ok(())
            }
            Work::Resize { vm, disk, mib } => self.resize(*vm, disk, *mib),
            Work::Configure { vm, changes } => {
                let guest = self.guest(*vm)?;
                changes.iter().for_each(|(key, value)| guest.change(key, value.clone()));
                Ok(())
            }
            Work::Download { failure: Some(failure), .. } => Err(failure.clone()),
            Work::Download { volid, failure: None } => {
                self.proxmox.allocate(volid, 10 * 1024);
                Ok(())
            }
        }
    }

    fn guest(&mut self, vm: u32) -> Result<&mut crate::proxmox::guest::Guest, String> {
        self.proxmox.guests.get_mut(&vm).ok_or_else(|| format!("VM {vm} does not exist"))
    }

    fn start(&mut self, vm: u32) -> Result<(), String> {
        let guest = self.guest(vm)?;
        if guest.running {
            return Err(format!("VM {vm} already running"));
        }
        guest.apply_pending();
        guest.running = true;
        if let Some(machine) = guest.machine(vm) {
            self.power(Power::On(machine));
        }
        Ok(())
    }

    fn resize(&mut self, vm: u32, disk: &str, mib: u64) -> Result<(), String> {
        let guest = self.guest(vm)?;
        let value = guest.config.get(disk).ok_or_else(|| format!("disk '{disk}' does not exist"))?.clone();
        let now = disk_mib(&value).unwrap_or_default();
        if mib < now {
            return Err("shrinking disks is not supported".to_owned());
        }
        guest.config.insert(disk.to_owned(), with_size(&value, mib));
        let volid = value.split(',').next().unwrap_or_default().to_owned();
        self.proxmox.allocate(&volid, mib);
        Ok(())
    }
}
