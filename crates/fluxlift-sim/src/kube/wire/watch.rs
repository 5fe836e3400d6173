//! Watches: a stream of changes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::Answer;
use super::handle::uncached;
use super::read::{Form, in_version, metadata_of};
use super::request::ApiRequest;
use super::selector::Selector;
use super::table;
use super::target::Objects;
use crate::kube::faults::Effect;
use crate::kube::{Change, ChangeType, Kind, Kube, Reason, Status};
use crate::{Datacenter, World};

/// How often a quiet watch says how far it is.
const BOOKMARK: Duration = Duration::from_secs(60);

/// How long a watch lasts when the client does not say.
const LONGEST: Duration = Duration::from_secs(40 * 60);

/// What a watch starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// The objects that are there, then a bookmark that says so when `marked`.
    Everything { marked: bool },
    /// What changes from now on.
    Changes,
    /// A revision that is not reached yet.
    Future(u64),
}

/// A watch that is open.
#[derive(Debug)]
pub struct Watch {
    kind: Arc<Kind>,
    objects: Objects,
    selector: Selector,
    form: Form,
    bookmarks: bool,
    lasts: Duration,
    start: Start,
    cursor: u64,
}

/// What the stream gives next.
enum Step {
    Send(Vec<Value>),
    Last(Vec<Value>),
    Wait,
}

impl Watch {
    /// Opens a watch.
    ///
    /// # Errors
    /// 400 for a selector or a version that can't be read.
    pub fn of(kube: &Kube, request: &ApiRequest, objects: &Objects, kind: &Arc<Kind>) -> Result<Self, Status> {
        let selector = Selector::of(request, kind, objects.name.as_deref())?;
        let bookmarks = request.flag("allowWatchBookmarks") && request.query.contains_key("allowWatchBookmarks");
        let initial = request.param("sendInitialEvents");
        let asked = match request.param("resourceVersion") {
            None | Some("0") => None,
            Some(text) => {
                let bad = |_| Status::bad_request(format!("invalid resource version {text:?}"));
                Some(text.parse::<u64>().map_err(bad)?)
            }
        };
        let current = kube.api.revision();
        let (start, cursor) = match (initial, asked) {
            (_, Some(asked)) if asked > current => (Start::Future(asked), asked),
            (Some("true"), _) => (Start::Everything { marked: bookmarks }, current),
            (Some(_), None) => (Start::Changes, current),
            (None, None) => (Start::Everything { marked: false }, current),
            (_, Some(asked)) => (Start::Changes, asked),
        };
        let lasts = request.param("timeoutSeconds").and_then(|t| t.parse().ok()).map_or(LONGEST, Duration::from_secs);
        let (kind, objects) = (Arc::clone(kind), objects.clone());
        Ok(Self { kind, objects, selector, form: Form::of(request), bookmarks, lasts, start, cursor })
    }

    /// The response whose body is the stream.
    pub fn stream(self, datacenter: Datacenter, effect: Option<Effect>) -> Answer {
        let now = Instant::now();
        let changed = datacenter.changed();
        let running = Running {
            ends: now + self.lasts,
            bookmark: now + BOOKMARK,
            watch: self,
            datacenter,
            changed,
            effect,
            over: false,
        };
        let frames = futures::stream::unfold(running, |mut running| async move {
            let bytes = running.next().await?;
            Some((Ok::<_, Infallible>(Frame::data(bytes)), running))
        });
        let mut answer = Response::new(StreamBody::new(frames).boxed_unsync());
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        uncached(answer)
    }

    fn step(&mut self, world: &World) -> Step {
        let kube = &world.kube;
        match self.start {
            Start::Everything { marked } => {
                self.start = Start::Changes;
                self.cursor = kube.api.revision();
                let there = kube.api.list(&self.objects.gr, self.objects.namespace.as_deref());
                let mut events: Vec<_> = there
                    .filter(|object| self.selector.picks(object))
                    .map(|object| self.event("ADDED", object, world))
                    .collect();
                if marked {
                    events.push(self.bookmark(true));
                }
                return if events.is_empty() { Step::Wait } else { Step::Send(events) };
            }
            Start::Future(asked) => {
                let message = format!("Too large resource version: {asked}, current: {}", kube.api.revision());
                return Step::Last(vec![error(&Status::new(504, Reason::Timeout, message))]);
            }
            Start::Changes => {}
        }
        let changes = match kube.api.changes_since(self.cursor) {
            Ok(changes) => changes,
            Err(gone) => return Step::Last(vec![error(&Status::expired(gone.asked, gone.oldest))]),
        };
        let events: Vec<_> = changes.filter_map(|change| self.of_change(change, world)).collect();
        self.cursor = kube.api.revision();
        if events.is_empty() { Step::Wait } else { Step::Send(events) }
    }

    /// What a change is to this watch: an object that enters the selection is added, one that leaves it is deleted.
    fn of_change(&self, change: &Change, world: &World) -> Option<Value> {
        let namespace = self.objects.namespace.as_deref();
        if change.key.gr != self.objects.gr || namespace.is_some_and(|ns| change.key.namespace.as_deref() != Some(ns)) {
            return None;
        }
        let was = change.previous.as_deref().is_some_and(|object| self.selector.picks(object));
        let is = change.kind != ChangeType::Deleted && self.selector.picks(&change.object);
        let word = match (was, is) {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            (false, false) => return None,
        };
        Some(self.event(word, &change.object, world))
    }

    fn event(&self, word: &str, object: &Value, world: &World) -> Value {
        let version = &self.objects.version;
        let object = in_version(object, &self.kind, version);
        let object = match self.form {
            Form::Object => object.into_owned(),
            Form::Metadata => metadata_of(&object),
            Form::Table(include) => {
                let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                table::render(&self.kind, version, [&*object], include, world.now, &metadata)
            }
        };
        json!({"type": word, "object": object})
    }

    fn bookmark(&self, initial_end: bool) -> Value {
        let mut metadata = json!({"resourceVersion": self.cursor.to_string()});
        if initial_end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let object = match self.form {
            Form::Object => json!({
                "kind": self.kind.kind,
                "apiVersion": self.kind.api_version(&self.objects.version),
                "metadata": metadata,
            }),
            Form::Metadata => {
                json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
            }
            Form::Table(_) => json!({
                "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
                "columnDefinitions": null, "rows": [],
            }),
        };
        json!({"type": "BOOKMARK", "object": object})
    }
}

fn error(status: &Status) -> Value {
    json!({"type": "ERROR", "object": status.body()})
}

/// A watch on its connection.
struct Running {
    watch: Watch,
    datacenter: Datacenter,
    changed: fluxlift_gate::Listener,
    effect: Option<Effect>,
    ends: Instant,
    bookmark: Instant,
    over: bool,
}

impl Running {
    #[expect(clippy::disallowed_methods, reason = "watches end and bookmark by time")]
    async fn next(&mut self) -> Option<Bytes> {
        if self.over {
            return None;
        }
        match self.effect.take() {
            Some(Effect::WatchEnd) => return None,
            Some(Effect::WatchExpired) => {
                self.over = true;
                let oldest = self.datacenter.with(|world| world.kube.api.revision());
                return Some(lines(&[error(&Status::expired(self.watch.cursor, oldest))]));
            }
            _ => {}
        }
        loop {
            self.changed.catch_up();
            let watch = &mut self.watch;
            match self.datacenter.with(|world| watch.step(world)) {
                Step::Send(events) => return Some(lines(&events)),
                Step::Last(events) => {
                    self.over = true;
                    return Some(lines(&events));
                }
                Step::Wait => {}
            }
            tokio::select! {
                biased;
                () = self.changed.rung() => {}
                () = tokio::time::sleep_until(self.ends) => return None,
                () = tokio::time::sleep_until(self.bookmark), if self.watch.bookmarks => {
                    self.bookmark += BOOKMARK;
                    return Some(lines(&[self.watch.bookmark(false)]));
                }
            }
        }
    }
}

fn lines(events: &[Value]) -> Bytes {
    let mut text = Vec::new();
    for event in events {
        // A value that came from JSON becomes JSON again.
        if serde_json::to_writer(&mut text, event).is_ok() {
            text.push(b'\n');
        }
    }
    Bytes::from(text)
}
