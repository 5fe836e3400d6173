//! Observations of a cluster, as streams for the gate driver.

use std::pin::Pin;

use fluxlift_gate::ObserveError;
use futures::{Stream, StreamExt as _, stream};

use crate::watcher::Watcher;
use crate::{Cluster, Collection, Object, ObjectRef, Query};

/// A stream of observations.
pub type Observations<T> = Pin<Box<dyn Stream<Item = Result<T, ObserveError>> + Send>>;

impl Cluster {
    /// What `query` selects, at once and each time that it changes.
    ///
    /// # Guarantees
    /// The stream does not end. It paces its own requests, lists again after a 410 or a break, looks every ten seconds
    /// whether the watch still tells the truth, and fails for good when another cluster answers at the address.
    pub fn observe(&self, query: Query) -> Observations<Collection> {
        let watcher = Watcher::new(self.clone(), query);
        Box::pin(stream::unfold(watcher, |mut watcher| async move {
            let seen = watcher.next().await;
            Some((seen, watcher))
        }))
    }

    /// One object, at once and each time that it changes; `None` while there is none.
    pub fn observe_one(&self, target: ObjectRef) -> Observations<Option<Object>> {
        Box::pin(self.observe(target.into()).map(|seen| seen.map(|objects| objects.only().cloned())))
    }

    /// Several queries together: the latest collection of each, in order, once every one of them was seen. One that can't
    /// be seen any more has to be seen again first.
    pub fn observe_all(&self, queries: impl IntoIterator<Item = Query>) -> Observations<Vec<Collection>> {
        together(queries.into_iter().map(|query| self.observe(query)).collect())
    }
}

/// The latest of each source, in order.
fn together<T: Clone + Send + 'static>(sources: Vec<Observations<T>>) -> Observations<Vec<T>> {
    let latest: Vec<Option<T>> = vec![None; sources.len()];
    let sources = sources.into_iter().enumerate().map(|(at, source)| source.map(move |seen| (at, seen)).boxed());
    let merged = stream::select_all(sources.collect::<Vec<_>>());
    Box::pin(stream::unfold((merged, latest), |(mut merged, mut latest)| async move {
        loop {
            match merged.next().await? {
                (at, Err(error)) => {
                    latest[at] = None;
                    return Some((Err(error), (merged, latest)));
                }
                (at, Ok(seen)) => latest[at] = Some(seen),
            }
            if let Some(all) = latest.iter().cloned().collect::<Option<Vec<_>>>() {
                return Some((Ok(all), (merged, latest)));
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use futures::channel::mpsc::unbounded;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nothing_is_seen_together_while_one_of_them_cannot_be_seen() {
        let ((first, a), (second, b)) = (unbounded(), unbounded());
        let mut seen = together::<u32>(vec![Box::pin(a), Box::pin(b)]);
        first.unbounded_send(Ok(1)).unwrap();
        second.unbounded_send(Ok(7)).unwrap();
        assert_eq!(seen.next().await.unwrap().unwrap(), [1, 7]);
        first.unbounded_send(Err(ObserveError::transient("503"))).unwrap();
        assert!(seen.next().await.unwrap().is_err());
        // What the other one says meanwhile says nothing of the first.
        second.unbounded_send(Ok(8)).unwrap();
        assert!(seen.next().now_or_never().is_none());
        first.unbounded_send(Ok(2)).unwrap();
        assert_eq!(seen.next().await.unwrap().unwrap(), [2, 8]);
    }
}
