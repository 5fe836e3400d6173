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

    /// Several queries together: the latest collection of each, in order, once every one of them was seen.
    pub fn observe_all(&self, queries: impl IntoIterator<Item = Query>) -> Observations<Vec<Collection>> {
        let sources: Vec<_> = queries
            .into_iter()
            .enumerate()
            .map(|(at, query)| self.observe(query).map(move |seen| seen.map(|objects| (at, objects))).boxed())
            .collect();
        let latest: Vec<Option<Collection>> = vec![None; sources.len()];
        Box::pin(stream::unfold((stream::select_all(sources), latest), |(mut merged, mut latest)| async move {
            loop {
                match merged.next().await? {
                    Err(error) => return Some((Err(error), (merged, latest))),
                    Ok((at, objects)) => latest[at] = Some(objects),
                }
                if let Some(all) = latest.iter().cloned().collect::<Option<Vec<_>>>() {
                    return Some((Ok(all), (merged, latest)));
                }
            }
        }))
    }
}
