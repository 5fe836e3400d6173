//! Hooks as child processes.

use std::io::{self, BufRead, BufReader, PipeReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use async_trait::async_trait;
use fluxlift_core::{Emitter, EventKind};

use super::{Hook, HookError, HookRunner, program};

/// Runs each hook as a child process in a process group of its own, with exactly its environment.
///
/// A hook is never interrupted by the first Ctrl-C; when its unit is dropped, its group is killed.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemHooks {
    alone: bool,
}

impl SystemHooks {
    /// Runs each hook while nothing else happens, so that a run on virtual time has the same order of events every
    /// time.
    pub const fn alone() -> Self {
        Self { alone: true }
    }

    /// Does blocking work: beside everything else, or alone.
    async fn block<T: Send + 'static>(self, work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
        if self.alone {
            return work();
        }
        // It also keeps a paused clock from running on while the child works in real time.
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
    }
}

#[async_trait]
impl HookRunner for SystemHooks {
    async fn run(&self, hook: &Hook, events: &Emitter) -> Result<(), HookError> {
        let name = || hook.name.clone();
        let lost = |source| HookError::Lost { name: name(), source };
        let program = || hook.execute.first().map_or_else(|| "nothing".to_owned(), |program| program.expose().clone());
        let not_started = |source| HookError::NotStarted { name: name(), program: program(), source };
        let (group, lines) = start(hook).map_err(not_started)?;
        let (events, hook_name, silent) = (events.clone(), hook.name.clone(), hook.silent);
        let read = move || {
            for line in BufReader::new(lines).split(b'\n') {
                let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
                if !silent && !line.is_empty() {
                    events.emit(EventKind::HookLine { hook: hook_name.clone(), line });
                }
            }
            Ok(())
        };
        self.block(read).await.map_err(lost)?;
        let status = self.block(move || group.wait()).await.map_err(lost)?;
        if status.success() { Ok(()) } else { Err(HookError::Failed { name: name(), status: status.to_string() }) }
    }
}

fn start(hook: &Hook) -> io::Result<(Group, PipeReader)> {
    let (program, arguments) =
        hook.execute.split_first().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no program"))?;
    let (lines, out) = io::pipe()?;
    let path = hook.env.get("PATH").map(|path| path.expose().as_str());
    let child = Command::new(program::find(program.expose(), path))
        .args(arguments.iter().map(|argument| argument.expose()))
        .current_dir(&hook.dir)
        .env_clear()
        .envs(hook.env.iter().map(|(name, value)| (name, value.expose())))
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out)
        .process_group(0)
        .spawn()?;
    Ok((Group(Some(child)), lines))
}

/// A child that leads its own process group; dropped before its end, the whole group is killed.
struct Group(Option<Child>);

impl Group {
    fn wait(mut self) -> io::Result<ExitStatus> {
        match self.0.as_mut() {
            Some(child) => {
                let status = child.wait();
                self.0 = None;
                status
            }
            None => Err(io::Error::other("it was waited for already")),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else { return };
        if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            // It may have ended meanwhile; then there is nothing to kill.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.wait();
    }
}
