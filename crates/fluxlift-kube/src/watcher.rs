//! List, then watch, then look again: the state machine behind every observation.
//!
//! Clients of the watch API fall into known traps; each has its answer here and its test:
//!
//! | trap | answer |
//! |---|---|
//! | the server ends every watch at once | requests keep a minimum distance, short watches back off |
//! | 410 when a watch starts | list again, from now |
//! | a watch that is open but dead | a list every [`RECHECK`] as a safety net |
//! | a line that is cut off | the watch counts as broken; list again |
//! | another cluster on the same address | the UID of `kube-system` is compared after every break |

use std::pin::Pin;
use std::time::Duration;

use fluxlift_gate::{Backoff, ObserveError, pace};
use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream, StreamExt as _};
use kube::core::params::WatchParams;
use kube::core::{Request as Path, WatchEvent};

use crate::cluster::{REQUEST_LIMIT, unbuildable};
use crate::error::{Class, RequestError};
use crate::verbs::complete;
use crate::{Cluster, Collection, Object, Query};

/// The least time between two requests of one observation.
pub const APART: Duration = Duration::from_millis(200);
/// How often the safety net looks, whatever the watch says.
pub const RECHECK: Duration = Duration::from_secs(10);
/// A watch that ends sooner than this without an event did not work.
const SETTLED: Duration = Duration::from_secs(5);
/// How long the server may keep one watch open.
const WATCH_SECONDS: u32 = 280;

type Events = Pin<Box<dyn Stream<Item = Result<WatchEvent<Object>, kube::Error>> + Send>>;

enum Phase {
    /// List next.
    List,
    /// Watch next, from the list's version.
    Watch {
        /// Right after the list: what changes in between would be heard of that much later. Only a watch that follows
        /// another one keeps its distance.
        at_once: bool,
    },
    /// Watching.
    Watching { events: Events, recheck: BoxFuture<'static, ()>, young: BoxFuture<'static, ()>, heard: bool },
}

/// One observation in progress.
pub(crate) struct Watcher {
    cluster: Cluster,
    query: Query,
    phase: Phase,
    seen: Collection,
    version: String,
    apart: Option<BoxFuture<'static, ()>>,
    backoff: Backoff,
    suspicious: bool,
}

/// What a step may come to besides an observation.
enum Turn {
    Emit,
    GoOn,
}

impl Watcher {
    pub(crate) fn new(cluster: Cluster, query: Query) -> Self {
        let backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(5), cluster.seed());
        let suspicious = cluster.known_identity().is_none();
        Self {
            cluster: cluster.hasty(),
            query,
            phase: Phase::List,
            seen: Collection::default(),
            version: String::new(),
            apart: None,
            backoff,
            suspicious,
        }
    }

    /// The next observation, or why there is none. Never returns twice without a pause between its requests.
    pub(crate) async fn next(&mut self) -> Result<Collection, ObserveError> {
        loop {
            let turn = match &mut self.phase {
                Phase::List => self.list().await,
                Phase::Watch { at_once } => {
                    let at_once = *at_once;
                    self.watch(at_once).await
                }
                Phase::Watching { .. } => self.follow().await,
            };
            match turn {
                Ok(Turn::Emit) => return Ok(self.seen.clone()),
                Ok(Turn::GoOn) => {}
                Err(error) => {
                    self.broken();
                    return Err(self.explain(error));
                }
            }
        }
    }

    async fn list(&mut self) -> Result<Turn, RequestError> {
        self.keep_apart().await;
        let (seen, version) = self.cluster.list_at(&self.query).await?;
        let backwards = ordinal(&version) < ordinal(&self.version);
        if std::mem::take(&mut self.suspicious) || backwards {
            check_identity(&self.cluster, &self.query).await.inspect_err(|_| self.suspicious = true)?;
        }
        (self.seen, self.version, self.phase) = (seen, version, Phase::Watch { at_once: true });
        Ok(Turn::Emit)
    }

    async fn watch(&mut self, at_once: bool) -> Result<Turn, RequestError> {
        if !at_once {
            self.keep_apart().await;
        }
        let doing = format!("watch {}", self.query);
        let params = WatchParams {
            label_selector: self.query.labels.clone(),
            field_selector: self.query.fields(),
            timeout: Some(WATCH_SECONDS),
            ..WatchParams::default()
        };
        let request = Path::new(self.query.kind.path(self.query.namespace.as_deref()))
            .watch(&params, &self.version)
            .map_err(|e| unbuildable(&doing, e))?;
        let started = tokio::time::timeout(REQUEST_LIMIT, self.cluster.inner.client.request_events::<Object>(request));
        let events =
            started.await.map_err(|_| self.cluster.silent(&doing))?.map_err(|error| self.cluster.failed(&doing, error));
        let events = match events {
            Err(error) if error.is_gone() => {
                self.broken();
                return Ok(Turn::GoOn);
            }
            other => other?,
        };
        self.phase = Phase::Watching {
            events: Box::pin(events),
            recheck: pace(RECHECK).boxed(),
            young: pace(SETTLED).boxed(),
            heard: false,
        };
        Ok(Turn::GoOn)
    }

    async fn follow(&mut self) -> Result<Turn, RequestError> {
        let Phase::Watching { events, recheck, young, heard } = &mut self.phase else { return Ok(Turn::GoOn) };
        let event = tokio::select! {
            biased;
            event = events.next() => event,
            () = recheck => return self.recheck().await,
        };
        let Some(event) = event else {
            let worked = *heard || young.now_or_never().is_some();
            return self.ended(worked);
        };
        *heard = true;
        // What arrived together is taken in together: one observation, not one for each event.
        let mut batch = vec![event];
        while let Some(Some(more)) = events.next().now_or_never() {
            batch.push(more);
        }
        let mut turn = Turn::GoOn;
        for event in batch {
            match event.map_err(|e| self.cluster.failed(&format!("watch {}", self.query), e))? {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    self.backoff.reset();
                    self.version = object.resource_version().to_owned();
                    self.seen.put(complete(object, &self.query.kind));
                    turn = Turn::Emit;
                }
                WatchEvent::Deleted(object) => {
                    self.version = object.resource_version().to_owned();
                    self.seen.remove(&object);
                    turn = Turn::Emit;
                }
                WatchEvent::Bookmark(mark) => self.version = mark.metadata.resource_version,
                WatchEvent::Error(status) if status.code == 410 => self.broken(),
                WatchEvent::Error(status) => {
                    return Err(RequestError::of_status(&format!("watch {}", self.query), &status));
                }
            }
        }
        Ok(turn)
    }

    /// A watch ended in good order. One that never worked slows the next one down.
    fn ended(&mut self, worked: bool) -> Result<Turn, RequestError> {
        if worked {
            self.phase = Phase::Watch { at_once: false };
        } else {
            self.broken();
        }
        Ok(Turn::GoOn)
    }

    /// The safety net: what a list shows that the watch has not told means that the watch is dead.
    async fn recheck(&mut self) -> Result<Turn, RequestError> {
        let (before, version) = (self.seen.clone(), self.version.clone());
        let (seen, now) = self.cluster.list_at(&self.query).await?;
        if ordinal(&now) < ordinal(&version) {
            check_identity(&self.cluster, &self.query).await?;
        }
        if seen == before {
            if let Phase::Watching { recheck, .. } = &mut self.phase {
                *recheck = pace(RECHECK).boxed();
            }
            return Ok(Turn::GoOn);
        }
        (self.seen, self.version, self.phase) = (seen, now, Phase::Watch { at_once: false });
        Ok(Turn::Emit)
    }

    /// The way back to a fresh list, each time a little later until something works.
    fn broken(&mut self) {
        self.phase = Phase::List;
        self.suspicious = true;
        self.apart = Some(pace(self.backoff.next_pause().max(APART)).boxed());
    }

    async fn keep_apart(&mut self) {
        if let Some(apart) = self.apart.take() {
            apart.await;
        }
        self.apart = Some(pace(APART).boxed());
    }

    /// A kind that is not served may be served soon: its definition is on its way.
    fn explain(&self, error: RequestError) -> ObserveError {
        if error.is_not_found() {
            ObserveError::transient(format!("the cluster serves no {} yet", self.query.kind.plural()))
        } else {
            error.into()
        }
    }
}

/// A cluster that was rebuilt on the same address must not be taken for the old one.
async fn check_identity(cluster: &Cluster, query: &Query) -> Result<(), RequestError> {
    let known = cluster.known_identity();
    match (known, cluster.identity().await) {
        (Some(known), Ok(now)) if known != now => {
            Err(RequestError::Rebuilt { doing: format!("list {query}"), known, now })
        }
        // Who may not read kube-system goes without this check.
        (_, Err(error)) if matches!(error.class(), Class::Forbidden | Class::NotFound) => Ok(()),
        (_, answer) => answer.map(|_| ()),
    }
}

/// A resourceVersion as a number, to tell forwards from backwards; 0 where it is not one.
fn ordinal(version: &str) -> u64 {
    version.parse().unwrap_or(0)
}
