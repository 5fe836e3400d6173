//! A simulated datacenter on loopback addresses, for the real program to be run against.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;

use fluxlift_core::Timestamp;
use fluxlift_gate::TokioClock;
use fluxlift_sim::{Datacenter, World};

/// The right to serve, or to rely on nobody serving: the addresses are those of the reference tree, and every test on
/// this machine wants the same ones. Other processes of the same user wait for it as well.
#[derive(Debug)]
pub(crate) struct Turn(File);

impl Turn {
    /// Waits for it.
    pub(crate) fn take() -> Self {
        let user = std::env::var("USER").unwrap_or_default();
        let path = std::env::temp_dir().join(format!("fluxlift-loopback-{user}.lock"));
        let file = File::options().create(true).append(true).open(path).unwrap();
        file.lock().unwrap();
        Self(file)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Closing alone would leave it locked while a child that is just being started still has a copy.
        let _ = self.0.unlock();
    }
}

/// A datacenter that serves on loopback, on the clock on the wall, in a thread of its own until it is stopped.
pub(crate) struct Served {
    datacenter: Datacenter,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    turn: Option<Turn>,
}

impl Served {
    /// Serves `world` as soon as it is its turn.
    pub(crate) fn start(world: World) -> Self {
        let turn = Turn::take();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (ready, serves) = channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let clock = Arc::new(TokioClock::starting_at(now().max(world.now)));
                let datacenter = Datacenter::new(world, clock);
                let listeners = fluxlift_sim::serve::on_loopback(&datacenter).await.map_err(|error| error.to_string());
                let driver = datacenter.run();
                ready.send(listeners.as_ref().map(|_| datacenter).map_err(Clone::clone)).unwrap();
                let _ = stopped.await;
                drop(listeners);
                driver.abort();
            });
        });
        let datacenter = serves.recv().unwrap().unwrap();
        Self { datacenter, stop: Some(stop), thread: Some(thread), turn: Some(turn) }
    }

    /// Does something with the world at the present moment.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        self.datacenter.with(act)
    }

    /// Stops serving. As long as what it gives is kept nobody else serves in its place.
    pub(crate) fn gone(mut self) -> Turn {
        let turn = self.turn.take();
        drop(self);
        turn.unwrap()
    }

    /// Stops serving, and gives the world as it is then.
    pub(crate) fn stop(self) -> World {
        self.datacenter.snapshot()
    }
}

impl Drop for Served {
    /// The addresses are free before anybody else's turn begins.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so, and its listeners are gone too.
            let _ = thread.join();
        }
    }
}

/// The real time: certificates are checked against it.
#[expect(clippy::disallowed_methods, reason = "certificates are checked against the real time")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
