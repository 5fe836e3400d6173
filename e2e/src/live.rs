//! etcd's history as it is made, with the time at which each revision was told.
//!
//! The watch has a thread of its own: nothing that the lab does on its one thread delays what is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use tokio_util::sync::{CancellationToken, DropGuard};

use crate::LabError;
use crate::etcd_watch::EtcdWatch;
use crate::history::Happening;

/// What happened, and when this process was told.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// What.
    pub happening: Happening,
}

/// A watch that goes on until it is dropped.
#[derive(Debug)]
pub struct Live {
    told: Arc<Mutex<Told>>,
    _thread: JoinHandle<()>,
    _stop: DropGuard,
}

#[derive(Debug, Default)]
struct Told {
    seen: Vec<Seen>,
    broken: Option<String>,
}

impl Live {
    /// Watches from the first revision on.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(etcd: SocketAddr) -> Result<Self, LabError> {
        let told = Arc::new(Mutex::new(Told::default()));
        let stop = CancellationToken::new();
        let (theirs, stopped) = (Arc::clone(&told), stop.clone());
        let thread = std::thread::Builder::new()
            .name("etcd watch".to_owned())
            .spawn(move || {
                let ended = follow(etcd, &theirs, stopped);
                lock(&theirs).broken = ended.err().map(|error| error.chain());
            })
            .map_err(LabError::io("start a thread"))?;
        Ok(Self { told, _thread: thread, _stop: stop.drop_guard() })
    }

    /// What was told after the first `known`.
    ///
    /// # Errors
    /// When the watch broke.
    pub fn since(&self, known: usize) -> Result<Vec<Seen>, LabError> {
        let told = lock(&self.told);
        match &told.broken {
            Some(broken) => Err(LabError::Unexpected(broken.clone())),
            None => Ok(told.seen.get(known..).unwrap_or_default().to_vec()),
        }
    }
}

fn follow(etcd: SocketAddr, told: &Mutex<Told>, stop: CancellationToken) -> Result<(), LabError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(LabError::io("start a runtime"))?.block_on(async {
        let watched = async {
            let mut watch = EtcdWatch::open(etcd).await?;
            loop {
                let happening = watch.next().await?;
                lock(told).seen.push(Seen { at: Instant::now(), happening });
            }
        };
        stop.run_until_cancelled(watched).await.unwrap_or(Ok(()))
    })
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}
