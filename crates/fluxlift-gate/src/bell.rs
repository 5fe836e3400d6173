//! Telling many that something has changed, in an order that is the same in every run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// Wakes all who listen, in the order in which they began to wait.
///
/// tokio's own `watch` channel wakes its receivers in a random order, and the same seed must give the same run.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    rings: AtomicU64,
    waiting: Notify,
}

impl Bell {
    /// Wakes all who wait now, and lets those who listen later hear of it too.
    pub fn ring(&self) {
        self.0.rings.fetch_add(1, Ordering::SeqCst);
        self.0.waiting.notify_waiters();
    }

    /// Listens from now on.
    pub fn listen(&self) -> Listener {
        Listener { heard: self.0.rings.load(Ordering::SeqCst), bell: self.clone() }
    }
}

/// One who listens to a [`Bell`].
#[derive(Debug, Clone)]
pub struct Listener {
    bell: Bell,
    heard: u64,
}

impl Listener {
    /// Forgets the rings so far: what they were about is being looked at now.
    pub fn catch_up(&mut self) {
        self.heard = self.bell.0.rings.load(Ordering::SeqCst);
    }

    /// Waits for a ring since the last one that was heard; returns at once when there was one meanwhile.
    pub async fn rung(&mut self) {
        loop {
            let bell = Arc::clone(&self.bell.0);
            let waiting = bell.waiting.notified();
            let rings = bell.rings.load(Ordering::SeqCst);
            if std::mem::replace(&mut self.heard, rings) != rings {
                return;
            }
            waiting.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_ring_between_two_waits_is_not_missed() {
        let bell = Bell::default();
        let mut listener = bell.listen();
        bell.ring();
        listener.rung().await;
        let again = tokio::time::timeout(std::time::Duration::from_secs(1), listener.rung()).await;
        assert!(again.is_err(), "one ring was heard twice");
    }

    #[tokio::test(start_paused = true)]
    async fn listeners_wake_in_the_order_in_which_they_began_to_wait() {
        let bell = Bell::default();
        let order: Arc<Mutex<Vec<usize>>> = Arc::default();
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..32 {
            let (mut listener, order) = (bell.listen(), Arc::clone(&order));
            tasks.spawn(async move {
                listener.rung().await;
                order.lock().unwrap().push(n);
            });
        }
        tokio::task::yield_now().await;
        bell.ring();
        tasks.join_all().await;
        assert_eq!(*order.lock().unwrap(), (0..32).collect::<Vec<_>>());
    }
}
