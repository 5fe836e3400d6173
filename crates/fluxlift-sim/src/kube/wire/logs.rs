//! What containers wrote: `pods/log`.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use fluxlift_core::Timestamp;
use http::{HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use jiff::SignedDuration;

use super::answer::{self, Answer};
use super::request::ApiRequest;
use super::target::Objects;
use crate::kube::{Key, LogLine, Status, meta};
use crate::{Datacenter, World};

/// A log that was asked for.
pub enum Read {
    /// What is there.
    Whole(Answer),
    /// What is there and what comes.
    Follow(Follow),
}

/// A log that somebody follows.
#[derive(Debug)]
pub struct Follow {
    log: String,
    pod: Key,
    timestamps: bool,
    first: Vec<LogLine>,
    seen: usize,
}

/// Reads a container's log.
///
/// # Errors
/// 404 for a Pod that is not there, 400 for a container that it does not have.
pub fn read(world: &World, request: &ApiRequest, objects: &Objects) -> Result<Read, Status> {
    let pod = Key::of(&objects.gr, objects.namespace.as_deref(), objects.name.as_deref().unwrap_or_default());
    let object = world.kube.api.get(&pod).ok_or_else(|| Status::not_found(&pod))?;
    let containers = meta::list(object, &["spec", "containers"]).iter().map(|c| meta::text(c, &["name"]));
    let containers: Vec<_> = containers.collect();
    let container = match (request.param("container"), containers.as_slice()) {
        (Some(asked), known) if known.contains(&asked) => asked,
        (Some(asked), _) => {
            return Err(Status::bad_request(format!("container {asked} is not valid for pod {}", pod.name)));
        }
        (None, [only]) => *only,
        (None, many) => {
            let message = format!("a container name must be specified for pod {}, choose one of: {many:?}", pod.name);
            return Err(Status::bad_request(message));
        }
    };
    let log = format!("{}/{}/{container}", pod.namespace.as_deref().unwrap_or_default(), pod.name);
    if request.flag("previous") && request.query.contains_key("previous") {
        let message = format!("previous terminated container {container:?} in pod {:?} not found", pod.name);
        return Err(Status::bad_request(message));
    }
    let all = world.kube.logs.get(&log).map(Vec::as_slice).unwrap_or_default();
    let since = since(request, world.now);
    let mut lines: Vec<_> = all.iter().filter(|line| since.is_none_or(|since| line.at >= since)).cloned().collect();
    if let Some(tail) = request.param("tailLines").and_then(|t| t.parse::<usize>().ok()) {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let timestamps = request.query.get("timestamps").is_some_and(|t| t == "true");
    if request.query.get("follow").is_some_and(|f| f == "true") {
        return Ok(Read::Follow(Follow { log, pod, timestamps, first: lines, seen: all.len() }));
    }
    let mut text = written(&lines, timestamps);
    if let Some(limit) = request.param("limitBytes").and_then(|l| l.parse().ok()) {
        text.truncate(limit);
    }
    Ok(Read::Whole(answer::with_type(200, "text/plain", text)))
}

fn since(request: &ApiRequest, now: Timestamp) -> Option<Timestamp> {
    let seconds = request.param("sinceSeconds").and_then(|s| s.parse().ok());
    let by_length = seconds.and_then(|s| now.checked_sub(SignedDuration::from_secs(s)).ok());
    by_length.or_else(|| request.param("sinceTime").and_then(|t| t.parse().ok()))
}

fn written(lines: &[LogLine], timestamps: bool) -> Vec<u8> {
    let mut text = String::new();
    for line in lines {
        if timestamps {
            text.push_str(&line.at.strftime("%Y-%m-%dT%H:%M:%S%.9fZ ").to_string());
        }
        text.push_str(&line.text);
        text.push('\n');
    }
    text.into_bytes()
}

impl Follow {
    /// The response whose body goes on as long as the Pod.
    pub fn stream(self, datacenter: Datacenter) -> Answer {
        let changed = datacenter.changed();
        let frames =
            futures::stream::unfold((self, datacenter, changed), |(mut follow, datacenter, mut changed)| async move {
                let bytes = follow.next(&datacenter, &mut changed).await?;
                Some((Ok::<_, Infallible>(Frame::data(bytes)), (follow, datacenter, changed)))
            });
        let mut answer = Response::new(StreamBody::new(frames).boxed_unsync());
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        answer
    }

    #[expect(clippy::disallowed_methods, reason = "log lines alone wake nobody, so the log is looked at by time")]
    async fn next(&mut self, datacenter: &Datacenter, changed: &mut fluxlift_gate::Listener) -> Option<Bytes> {
        loop {
            let first = std::mem::take(&mut self.first);
            if !first.is_empty() {
                return Some(Bytes::from(written(&first, self.timestamps)));
            }
            changed.catch_up();
            let (lines, there) = datacenter.with(|world| {
                let all = world.kube.logs.get(&self.log).map(Vec::as_slice).unwrap_or_default();
                (all.get(self.seen..).unwrap_or_default().to_vec(), world.kube.api.get(&self.pod).is_some())
            });
            if !lines.is_empty() {
                self.seen += lines.len();
                return Some(Bytes::from(written(&lines, self.timestamps)));
            }
            if !there {
                return None;
            }
            tokio::select! {
                biased;
                () = changed.rung() => {}
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }
}
