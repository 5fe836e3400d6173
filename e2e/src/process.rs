//! Programs that never outlive the lab.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::LabError;
use crate::ground::Isolation;

/// Gives a program its host name, its folder of secrets and its names of hosts. Then the program is tied to the lab's
/// life: in this order, because the kernel unties what changes its credentials.
const INSIDE: &str = r#"
hostname "$1" 2> /dev/null || printf %s "$1" > /proc/sys/kernel/hostname
mount --bind "$2" "$(readlink -f /var/run)"
mount --bind "$3" /etc/hosts
shift 3
exec setpriv --pdeathsig KILL -- "$@"
"#;

/// The view of the machine that a program in a Pod has.
#[derive(Debug, Clone)]
pub struct Inside {
    /// How it is set apart.
    pub isolation: Isolation,
    /// Its host name.
    pub hostname: String,
    /// What it sees as `/var/run`.
    pub run: PathBuf,
    /// What it sees as `/etc/hosts`.
    pub hosts: PathBuf,
}

/// What to start.
#[derive(Debug, Clone)]
pub struct Launch {
    /// What it is called in messages.
    pub name: String,
    /// The binary.
    pub binary: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment, besides `PATH`.
    pub environment: BTreeMap<String, String>,
    /// Where it logs to, after what is there.
    pub log: PathBuf,
    /// Its view of the machine; `None` is the machine's own.
    pub inside: Option<Inside>,
}

/// A running program. Dropping it ends it, and so does the end of this process, whatever ended that.
#[derive(Debug)]
pub struct Program {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Launch {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self) -> Result<Program, LabError> {
        let failed = || LabError::io(format!("{} cannot be started", self.name));
        let log = File::options().create(true).append(true).open(&self.log).map_err(failed())?;
        let errors = log.try_clone().map_err(failed())?;
        let child = self
            .command()
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .kill_on_drop(true)
            .process_group(0)
            .spawn()
            .map_err(failed())?;
        Ok(Program { name: self.name.clone(), log: self.log.clone(), child })
    }

    fn command(&self) -> Command {
        let mut command = match &self.inside {
            None => {
                let mut command = Command::new("setpriv");
                command.args(["--pdeathsig", "KILL", "--"]);
                command
            }
            Some(inside) => {
                let mut command = Command::new("unshare");
                command.args(inside.isolation.arguments()).args(["--", "sh", "-ec", INSIDE, "sh", &inside.hostname]);
                command.arg(&inside.run).arg(&inside.hosts);
                command
            }
        };
        command.arg(&self.binary).args(&self.arguments);
        command
    }
}

impl Program {
    /// Its process, while it runs.
    pub fn pid(&self) -> Option<Pid> {
        self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()))
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends a signal. One that has ended cannot be signalled, and need not be.
    pub fn signal(&self, signal: Signal) {
        signal_process(self.pid(), signal);
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> Option<ExitStatus> {
        self.child.wait().await.ok()
    }

    /// Asks it to end, and after `grace` no longer asks.
    pub async fn stop(&mut self, grace: Duration) {
        self.signal(Signal::TERM);
        // A frozen program does not hear the first signal.
        self.signal(Signal::CONT);
        if tokio::time::timeout(grace, self.child.wait()).await.is_err() {
            self.kill().await;
        }
    }

    /// Ends it at once.
    pub async fn kill(&mut self) {
        // One that has ended already is as wished.
        let _ = self.child.kill().await;
    }

    /// An error if it has ended.
    ///
    /// # Errors
    /// When it has.
    pub fn must_run(&mut self) -> Result<(), LabError> {
        match self.child.try_wait() {
            Ok(Some(status)) => Err(LabError::Ended {
                name: self.name.clone(),
                status: status.to_string(),
                log: self.log.clone(),
                tail: tail(&self.log, 2000),
            }),
            _ => Ok(()),
        }
    }
}

/// Sends a signal to a process that may be gone.
pub(crate) fn signal_process(pid: Option<Pid>, signal: Signal) {
    if let Some(pid) = pid {
        // It may have ended meanwhile: then there is nothing to signal.
        let _ = kill_process(pid, signal);
    }
}

/// The last bytes of a log, from the start of a line.
pub fn tail(path: &Path, bytes: u64) -> String {
    let mut text = Vec::new();
    if let Ok(mut file) = File::open(path) {
        let length = file.metadata().map_or(0, |meta| meta.len());
        // What cannot be read is not shown.
        let _ = file.seek(SeekFrom::Start(length.saturating_sub(bytes)));
        let _ = file.read_to_end(&mut text);
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    if text.len() as u64 >= bytes {
        text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or(text)
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_ended_says_so_with_the_end_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let launch = Launch {
            name: "shell".to_owned(),
            binary: "sh".into(),
            arguments: vec!["-c".into(), "echo the reason; exit 3".into()],
            environment: BTreeMap::new(),
            log: folder.path().join("log"),
            inside: None,
        };
        let mut program = match launch.start() {
            Ok(program) => program,
            // A machine that lacks what ties a program to the lab starts none.
            Err(error) => return assert!(error.to_string().contains("shell cannot be started"), "{error}"),
        };
        program.ended().await;
        let error = program.must_run().unwrap_err().to_string();
        assert!(error.contains("shell ended (exit status: 3)") && error.contains("the reason"), "{error}");
    }
}
