//! The only place that asks the system for anything: variables, time, randomness, who runs this.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use fluxlift_config::Environment;
use fluxlift_core::{Clock, ErrorKind, Timestamp};
use fluxlift_engine::lock::Owner;
use fluxlift_gate::TokioClock;
use rand::RngCore;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::ui::Failure;

/// The system as it was when the command started.
#[derive(Debug, Clone)]
pub struct System {
    /// Variables and home folder.
    pub env: Environment,
    /// The time.
    pub now: Timestamp,
    /// A fresh seed, for runs that were given none.
    pub seed: u64,
    /// The working folder of the process.
    pub dir: PathBuf,
    host: String,
}

impl System {
    /// Looks at the system.
    ///
    /// # Errors
    /// When there is no working folder.
    #[expect(clippy::disallowed_methods, reason = "the command line is where the time comes in")]
    pub fn look() -> Result<Self, Failure> {
        let dir = std::env::current_dir()
            .map_err(|error| Failure::because("the working folder of this process is gone", &error))?;
        // A variable that is not text can't be used by a tree either.
        let vars: BTreeMap<String, String> =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect();
        let home = vars.get("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let seed = rand::rngs::OsRng.next_u64();
        Ok(Self { env: Environment { vars, home }, now: Timestamp::now(), seed, dir, host })
    }

    /// The real clock. Needs a runtime whose time is not paused.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(TokioClock::starting_at(self.now))
    }

    /// Who runs `command`, for the lock.
    pub fn owner(&self, command: impl Into<String>) -> Owner {
        let user = self.env.get("USER").or_else(|| self.env.get("LOGNAME")).unwrap_or("somebody").to_owned();
        Owner { pid: std::process::id(), host: self.host.clone(), user, command: command.into(), since: self.now }
    }

    /// Whether the process of `owner` is alive; `None` when it is on another machine.
    pub fn is_alive(&self, owner: &Owner) -> Option<bool> {
        let here = owner.host == self.host;
        let pid = i32::try_from(owner.pid).ok().and_then(Pid::from_raw);
        // Somebody else's process is alive too.
        let alive = |pid| !matches!(test_kill_process(pid), Err(Errno::SRCH));
        here.then(|| pid.is_some_and(alive))
    }

    /// A folder for something that nobody has to keep; it does not exist yet.
    pub fn scratch(&self, name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("{name}-{}", std::process::id()))
    }

    /// The folder for state that belongs to no tree.
    ///
    /// # Errors
    /// When there is neither `XDG_STATE_HOME` nor a home folder.
    pub fn state_folder(&self) -> Result<PathBuf, Failure> {
        let named = self.env.get("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = named.or_else(|| self.env.home.as_ref().map(|home| home.join(".local/state")));
        folder.map(|folder| folder.join("fluxlift")).ok_or_else(|| {
            Failure::new(ErrorKind::Failed, "there is no folder for state: neither XDG_STATE_HOME nor HOME is set")
        })
    }
}
