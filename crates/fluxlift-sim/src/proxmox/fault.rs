//! What can go wrong at the API, as data.

use serde::{Deserialize, Serialize};

use crate::proxmox::cluster::Cluster;
use crate::proxmox::reply::Refusal;

/// Something that goes wrong, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The next such call does its work, and its answer gets lost with the connection.
    LostReply(Target),
    /// The next such call never arrives: the connection breaks first.
    LostRequest(Target),
    /// The next such call is refused.
    Refused {
        /// Which call.
        call: Target,
        /// The status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// The next task of this kind ends with this error instead of doing its work.
    TaskFails {
        /// The kind, such as `qmstart`.
        kind: String,
        /// The exit status.
        exit: String,
    },
}

/// Which call a fault is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The method.
    pub method: String,
    /// How its path ends, such as `/qemu` or `/status/start`.
    pub path_end: String,
}

impl Target {
    /// Calls of this method whose path ends so.
    pub fn new(method: &str, path_end: &str) -> Self {
        Self { method: method.to_owned(), path_end: path_end.to_owned() }
    }

    fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && path.ends_with(&self.path_end)
    }
}

/// What a fault does to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Strike {
    /// It never arrives.
    Unheard,
    /// Its answer is lost.
    Unanswered,
    /// It is refused.
    Refused(Refusal),
}

impl Cluster {
    /// What happens to this call, if anything; each fault strikes once.
    pub(crate) fn strike(&mut self, method: &str, path: &str) -> Option<Strike> {
        let strikes = |fault: &Fault| match fault {
            Fault::LostReply(call) | Fault::LostRequest(call) | Fault::Refused { call, .. } => call.is(method, path),
            Fault::TaskFails { .. } => false,
        };
        let at = self.faults.iter().position(strikes)?;
        Some(match self.faults.remove(at) {
            Fault::LostReply(_) => Strike::Unanswered,
            Fault::Refused { status, message, .. } => Strike::Refused(Refusal::new(status, message)),
            Fault::LostRequest(_) | Fault::TaskFails { .. } => Strike::Unheard,
        })
    }

    /// With what a task of this kind fails, if it does.
    pub(crate) fn task_failure(&mut self, kind: &str) -> Option<String> {
        let at =
            self.faults.iter().position(|fault| matches!(fault, Fault::TaskFails { kind: of, .. } if of == kind))?;
        match self.faults.remove(at) {
            Fault::TaskFails { exit, .. } => Some(exit),
            _ => None,
        }
    }
}
