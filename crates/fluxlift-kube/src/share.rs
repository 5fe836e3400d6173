//! One observation for many gates.

use std::sync::{Arc, Mutex, PoisonError};

use fluxlift_gate::{Bell, Listener, ObserveError};
use futures::{Stream, StreamExt as _, stream};
use tokio::task::JoinHandle;

use crate::observe::Observations;

/// An observation that many gates follow at once, for the price of one. It ends when this is dropped.
#[derive(Debug)]
pub struct Shared<T> {
    latest: Arc<Mutex<Option<Seen<T>>>>,
    bell: Bell,
    task: JoinHandle<()>,
}

/// What was seen last, in a form that can be handed to many.
#[derive(Debug, Clone)]
enum Seen<T> {
    Well(T),
    Badly { what: String, transient: bool },
}

impl<T: Clone + Send + Sync + 'static> Shared<T> {
    /// Follows `source` from now on. Needs a tokio runtime.
    pub fn new(source: Observations<T>) -> Self {
        let (latest, bell) = (Arc::new(Mutex::new(None)), Bell::default());
        let (slot, ring) = (Arc::clone(&latest), bell.clone());
        let task = tokio::spawn(async move {
            let mut source = source;
            while let Some(seen) = source.next().await {
                let seen = match seen {
                    Ok(snapshot) => Seen::Well(snapshot),
                    Err(error) => Seen::Badly { what: error.chain(), transient: error.transient },
                };
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
                ring.ring();
            }
        });
        Self { latest, bell, task }
    }

    /// The latest observation at once, then each that follows. What a slow reader misses it does not need.
    pub fn follow(&self) -> Observations<T> {
        let follower = Follower { latest: Arc::clone(&self.latest), bell: self.bell.listen(), first: true };
        Box::pin(stream::unfold(follower, |mut follower| async move {
            let seen = follower.next().await;
            Some((seen.into(), follower))
        }))
    }
}

/// One who follows.
struct Follower<T> {
    latest: Arc<Mutex<Option<Seen<T>>>>,
    bell: Listener,
    first: bool,
}

impl<T: Clone> Follower<T> {
    async fn next(&mut self) -> Seen<T> {
        loop {
            if !std::mem::take(&mut self.first) {
                self.bell.rung().await;
            }
            self.bell.catch_up();
            if let Some(seen) = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone() {
                return seen;
            }
        }
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<T> From<Seen<T>> for Result<T, ObserveError> {
    fn from(seen: Seen<T>) -> Self {
        match seen {
            Seen::Well(snapshot) => Ok(snapshot),
            Seen::Badly { what, transient: true } => Err(ObserveError::transient(what)),
            Seen::Badly { what, transient: false } => Err(ObserveError::terminal(what)),
        }
    }
}

/// Two observations side by side: the latest of each, once both were seen. One that can't be seen any more has to be seen
/// again first.
pub fn both<A, B>(
    first: impl Stream<Item = Result<A, ObserveError>> + Send + 'static,
    second: impl Stream<Item = Result<B, ObserveError>> + Send + 'static,
) -> Observations<(A, B)>
where
    A: Clone + Send + 'static,
    B: Clone + Send + 'static,
{
    enum Side<A, B> {
        First(Result<A, ObserveError>),
        Second(Result<B, ObserveError>),
    }
    let merged = stream::select(first.map(Side::First).boxed(), second.map(Side::Second).boxed());
    Box::pin(stream::unfold((merged, None, None), |(mut merged, mut a, mut b)| async move {
        loop {
            match merged.next().await? {
                Side::First(Ok(seen)) => a = Some(seen),
                Side::Second(Ok(seen)) => b = Some(seen),
                Side::First(Err(error)) => return Some((Err(error), (merged, None, b))),
                Side::Second(Err(error)) => return Some((Err(error), (merged, a, None))),
            }
            if let (Some(first), Some(second)) = (&a, &b) {
                return Some((Ok((first.clone(), second.clone())), (merged, a, b)));
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn every_follower_gets_the_latest_at_once() {
        let source: Observations<u32> = Box::pin(stream::iter([1, 2]).map(Ok).chain(stream::pending()));
        let shared = Shared::new(source);
        let mut early = shared.follow();
        while early.next().await.unwrap().unwrap() != 2 {}
        assert_eq!(shared.follow().next().await.unwrap().unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pair_waits_for_both_sides() {
        let a = stream::iter([Ok(1), Ok(2)]).chain(stream::pending());
        let b = stream::iter([Ok("x")]).chain(stream::pending());
        let mut pairs = both(a, b);
        let first = pairs.next().await.unwrap().unwrap();
        assert!(first == (1, "x") || first == (2, "x"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_side_of_a_pair_that_failed_has_to_be_seen_again() {
        let a = stream::iter([Ok(1), Err(ObserveError::transient("503"))]).chain(stream::pending());
        let b = stream::iter([Ok("x"), Ok("y"), Ok("z")]).chain(stream::pending());
        let mut pairs = both(a, b);
        while pairs.next().await.unwrap().is_ok() {}
        assert!(futures::FutureExt::now_or_never(pairs.next()).is_none());
    }
}
