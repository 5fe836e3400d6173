//! The observer: a process of its own that writes down, from its first revision on, all that etcd tells.
//!
//! It knows nothing of fluxlift, nor of what is being tried. What it has written down stays, whatever etcd forgets.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::LabError;
use crate::etcd_watch::{self, EtcdWatch};
use crate::history::{Happening, History};
use crate::patience::{Seen, until};
use crate::process::{Launch, Program};

/// How far behind it may be.
const LIMIT: Duration = Duration::from_secs(60);

/// An observer that runs.
#[derive(Debug)]
pub struct Observer {
    etcd: SocketAddr,
    record: PathBuf,
    read: Mutex<Read>,
    program: Mutex<Program>,
}

/// What was read of its record, and up to where.
#[derive(Debug, Default)]
struct Read {
    bytes: u64,
    happenings: Vec<Happening>,
}

impl Observer {
    /// Starts `binary`, the program `observe`, with its record in `folder`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(binary: &Path, etcd: SocketAddr, folder: &Path) -> Result<Self, LabError> {
        let record = folder.join("history.jsonl");
        File::create(&record).map_err(LabError::io("make the observer's record"))?;
        let launch = Launch {
            name: "observe".to_owned(),
            binary: binary.to_owned(),
            arguments: vec![etcd.to_string(), record.display().to_string()],
            environment: BTreeMap::new(),
            log: folder.join("observe.log"),
            inside: None,
        };
        let program = Mutex::new(launch.start()?);
        Ok(Self { etcd, record, read: Mutex::default(), program })
    }

    /// All that happened until now.
    ///
    /// # Errors
    /// When the observer has ended, or does not come to etcd's latest revision.
    pub async fn history(&self) -> Result<History, LabError> {
        let latest = etcd_watch::latest(self.etcd).await?;
        until(&format!("the observer at revision {latest}"), LIMIT, async || match self.read() {
            Ok(history) if history.latest() >= latest => Seen::There(history),
            Ok(history) => Seen::NotYet(format!("revision {}", history.latest())),
            Err(error) => Seen::NotYet(error.chain()),
        })
        .await
    }

    fn read(&self) -> Result<History, LabError> {
        lock(&self.program).must_run()?;
        let mut read = lock(&self.read);
        let mut file = File::open(&self.record).map_err(reading)?;
        file.seek(SeekFrom::Start(read.bytes)).map_err(reading)?;
        let mut more = Vec::new();
        file.read_to_end(&mut more).map_err(reading)?;
        // The line that is being written is read next time.
        let whole = more.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        for line in more[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let happening = serde_json::from_slice(line).map_err(|error| reading(error.into()))?;
            read.happenings.push(happening);
        }
        read.bytes += whole as u64;
        Ok(History::new(read.happenings.clone()))
    }
}

/// Writes all that etcd tells to `record`, a line for each revision of each object, until etcd ends.
///
/// # Errors
/// When etcd ends or does not answer as it should, and when nothing can be written.
pub async fn observe(etcd: SocketAddr, mut record: impl Write) -> Result<(), LabError> {
    let writing = LabError::io;
    let mut watch = EtcdWatch::open(etcd).await?;
    loop {
        let mut line = serde_json::to_vec(&watch.next().await?).map_err(|error| writing("write down")(error.into()))?;
        line.push(b'\n');
        record.write_all(&line).map_err(writing("write down what happened"))?;
    }
}

fn reading(source: std::io::Error) -> LabError {
    LabError::io("read the observer's record")(source)
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
