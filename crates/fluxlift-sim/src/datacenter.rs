//! A running world: behind a lock, moved on by a clock.

use std::sync::{Arc, Mutex, PoisonError};

use fluxlift_core::{Clock, Timestamp};
use fluxlift_gate::{Bell, Listener};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::World;

/// A running world. Clones share it.
///
/// All access goes through [`Datacenter::with`], which first moves the world on to the present. A driver task sleeps
/// until the agenda's next entry; who streams changes (a Kubernetes watch) waits on [`Datacenter::changed`].
#[derive(Clone)]
pub struct Datacenter {
    inner: Arc<Inner>,
}

struct Inner {
    world: Mutex<World>,
    clock: Arc<dyn Clock>,
    rescheduled: Notify,
    changes: Bell,
}

impl Datacenter {
    /// Takes `world` into operation. Its time follows `clock` as soon as [`Datacenter::run`] was called.
    pub fn new(world: World, clock: Arc<dyn Clock>) -> Self {
        Self {
            inner: Arc::new(Inner {
                world: Mutex::new(world),
                clock,
                rescheduled: Notify::new(),
                changes: Bell::default(),
            }),
        }
    }

    /// Starts the driver. Drop or abort the handle's task to stop the world.
    pub fn run(&self) -> JoinHandle<()> {
        let datacenter = self.clone();
        tokio::spawn(async move { datacenter.drive().await })
    }

    /// Does something with the world at the present moment, and lets it react.
    pub fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        self.change(|world, now| {
            world.advance_to(now);
            let result = act(world);
            world.settle();
            result
        })
    }

    /// Runs `act`, then tells the driver and the streams, but only of what really changed: who looks must not be woken
    /// by looking.
    fn change<R>(&self, act: impl FnOnce(&mut World, Timestamp) -> R) -> R {
        let mut world = self.inner.world.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, changes) = (world.agenda.next(), world.changes);
        let result = act(&mut world, self.inner.clock.now());
        let rescheduled = world.agenda.next() != next;
        let changed = world.changes != changes;
        drop(world);
        if rescheduled {
            self.inner.rescheduled.notify_one();
        }
        if changed {
            self.inner.changes.ring();
        }
        result
    }

    /// A copy of the world as it is at the present moment.
    pub fn snapshot(&self) -> World {
        self.with(|world| world.clone())
    }

    /// Follows [`World::changes`]: resolves each time something that is streamed has changed.
    pub fn changed(&self) -> Listener {
        self.inner.changes.listen()
    }

    /// The clock that the world follows.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.inner.clock)
    }

    #[expect(clippy::disallowed_methods, reason = "the simulated world is moved on by time itself")]
    async fn drive(&self) {
        loop {
            let next = {
                let world = self.inner.world.lock().unwrap_or_else(PoisonError::into_inner);
                world.agenda.next()
            };
            let due = async {
                match next {
                    Some(at) => {
                        let left = at.duration_since(self.inner.clock.now());
                        tokio::time::sleep(left.try_into().unwrap_or_default()).await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = due => self.change(|world, now| world.advance_to(now)),
                () = self.inner.rescheduled.notified() => {}
            }
        }
    }
}

impl std::fmt::Debug for Datacenter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Datacenter")
    }
}
