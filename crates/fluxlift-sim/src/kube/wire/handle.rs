//! From a request to its answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use tokio::sync::Notify;

use super::answer::{self, Answer};
use super::identity::{self, Identity};
use super::logs::{self, Follow};
use super::request::{ApiRequest, Verb};
use super::target::{Objects, Target};
use super::watch::Watch;
use super::{discovery, health, list, metrics, openapi, options, read, review, scale, write};
use crate::kube::faults::Effect;
use crate::kube::{Caller, GroupResource, Kind, Status, kinds};
use crate::{Datacenter, World};

/// One connection, as requests on it see it.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Who its certificate belongs to, when it has one.
    pub identity: Option<Identity>,
    /// Breaks the connection.
    pub cut: Arc<Notify>,
}

/// What a request comes to.
enum Outcome {
    Whole(Answer),
    Watch(Box<Watch>),
    Follow(Follow),
}

impl From<Result<Answer, Status>> for Outcome {
    fn from(result: Result<Answer, Status>) -> Self {
        Self::Whole(result.unwrap_or_else(|status| answer::refusal(&status)))
    }
}

/// Answers a request, with the world's own time in its `Date`.
pub async fn answer(datacenter: Datacenter, peer: Peer, request: Request<Bytes>) -> Answer {
    let mut answer = respond(datacenter.clone(), peer, request).await;
    let now = datacenter.with(|world| world.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    if let Ok(date) = header::HeaderValue::from_str(&now) {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}

async fn respond(datacenter: Datacenter, peer: Peer, request: Request<Bytes>) -> Answer {
    let request = ApiRequest::of(request);
    let effect = datacenter.with(|world| effect(world, &request));
    let mut stale = 0;
    match effect {
        Some(Effect::Refuse(status)) => return uncached(answer::refusal(&status)),
        Some(Effect::Delay(time)) => pass(time).await,
        Some(Effect::Drop { handled }) => {
            if handled {
                datacenter.with(|world| handle(world, &peer, &request, 0));
            }
            peer.cut.notify_one();
            return std::future::pending().await;
        }
        Some(Effect::Duplicate) => {
            datacenter.with(|world| handle(world, &peer, &request, 0));
        }
        Some(Effect::Stale(revisions)) => stale = revisions,
        Some(Effect::WatchExpired | Effect::WatchEnd) | None => {}
    }
    match datacenter.with(|world| handle(world, &peer, &request, stale)) {
        Outcome::Whole(answer) => uncached(answer),
        Outcome::Watch(watch) => watch.stream(datacenter, effect),
        Outcome::Follow(follow) => follow.stream(datacenter),
    }
}

#[expect(clippy::disallowed_methods, reason = "a slow API server takes time")]
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

fn effect(world: &mut World, request: &ApiRequest) -> Option<Effect> {
    let Target::Objects(objects) = &request.target else { return None };
    let verb = request.verb(objects).ok()?;
    world.kube.faults.strike(verb, &objects.gr, objects.name.as_deref())
}

fn handle(world: &mut World, peer: &Peer, request: &ApiRequest, stale: u64) -> Outcome {
    let kube = &world.kube;
    let who = match Identity::of_request(kube, request, peer.identity.as_ref()) {
        Ok(who) => who,
        Err(status) => return Outcome::from(Err(status)),
    };
    let objects = match &request.target {
        Target::Version => return Outcome::Whole(answer::json(200, &health::version(&kube.version))),
        Target::Health => return Outcome::Whole(answer::text("ok")),
        _ if who == Identity::anonymous() => {
            let why = format!("User \"system:anonymous\" cannot get path {:?}", request.path);
            let status = Status::new(403, crate::kube::Reason::Forbidden, format!("forbidden: {why}"));
            return Outcome::from(Err(status));
        }
        Target::Core => return Outcome::Whole(discovery::core(&kube.api, request)),
        Target::Groups => return Outcome::Whole(discovery::groups(&kube.api, request)),
        Target::Group(group) => return discovery::group(&kube.api, group).into(),
        Target::Resources { group, version } => return discovery::resources(&kube.api, group, version).into(),
        Target::OpenApi => return Outcome::Whole(openapi::index(&kube.api)),
        Target::OpenApiOf(path) => return openapi::document(&kube.api, path).into(),
        Target::Unknown => return Outcome::from(Err(Status::no_such_path())),
        Target::Objects(objects) => objects,
    };
    handle_objects(world, &who, request, objects, stale).unwrap_or_else(|status| Outcome::from(Err(status)))
}

fn handle_objects(
    world: &mut World,
    who: &Identity,
    request: &ApiRequest,
    objects: &Objects,
    stale: u64,
) -> Result<Outcome, Status> {
    let verb = request.verb(objects)?;
    refuse_method(verb, objects)?;
    options::check(verb, request)?;
    if let Some(answer) = review::answer(world, who, request, objects) {
        return answer.map(Outcome::Whole);
    }
    identity::authorize(&world.kube.api, who, verb, objects)?;
    let kind = served(world, objects)?;
    let manager = request.manager();
    let caller = Caller {
        user: &who.user,
        groups: &who.groups,
        manager: &manager,
        now: world.now,
        dry_run: request.is_dry_run(),
    };
    let answer = match (verb, objects.subresource.as_deref()) {
        (Verb::Get, Some("log")) => {
            return match logs::read(world, request, objects)? {
                logs::Read::Whole(answer) => Ok(Outcome::Whole(answer)),
                logs::Read::Follow(follow) => Ok(Outcome::Follow(follow)),
            };
        }
        (Verb::Get, Some(part)) if metrics::is_asked_for(objects, part) => metrics::answer(world, objects),
        (Verb::Get | Verb::Update | Verb::Patch, Some("scale")) => {
            scale::answer(world, &caller, request, objects, &kind, verb)
        }
        (Verb::Get, _) => read::get(&world.kube, request, objects, &kind, world.now, stale),
        (Verb::List, None) => list::answer(&world.kube, request, objects, &kind, world.now, stale),
        (Verb::Watch, None) => {
            return Watch::of(&world.kube, request, objects, &kind).map(|w| Outcome::Watch(Box::new(w)));
        }
        (Verb::Create, _) => write::create(world, &caller, request, objects, &kind),
        (Verb::Update, _) => write::update(world, &caller, request, objects, &kind),
        (Verb::Patch, _) => write::patch(world, &caller, request, objects, &kind),
        (Verb::Delete, None) => write::delete(world, &caller, request, objects, &kind),
        (Verb::DeleteCollection, None) => write::delete_collection(world, &caller, request, objects, &kind),
        _ => Err(Status::no_such_path()),
    };
    answer.map(Outcome::Whole)
}

/// Refuses what no collection and no part of an object can do, whatever its kind.
fn refuse_method(verb: Verb, objects: &Objects) -> Result<(), Status> {
    let everywhere = objects.namespace.is_none() && objects.name.is_none();
    let namespaces = objects.gr == GroupResource::NAMESPACES;
    let status = objects.subresource.as_deref() == Some("status");
    match verb {
        Verb::DeleteCollection if namespaces => Err(Status::method_not_allowed()),
        Verb::Create | Verb::Delete if status => Err(Status::method_not_allowed()),
        Verb::Create | Verb::DeleteCollection if everywhere && is_namespaced(objects) => {
            Err(Status::method_not_allowed())
        }
        _ => Ok(()),
    }
}

/// Whether the objects are of a built-in kind that lives in namespaces.
fn is_namespaced(objects: &Objects) -> bool {
    kinds::built_ins().get(&objects.gr).is_some_and(|kind| kind.namespaced)
}

/// The kind, when it is served in the version and the scope that were asked for.
fn served(world: &World, objects: &Objects) -> Result<Arc<Kind>, Status> {
    let kind = world.kube.api.kind(&objects.gr).ok_or_else(Status::no_such_path)?;
    let one = objects.name.is_some();
    let scope_fits = if kind.namespaced { objects.namespace.is_some() || !one } else { objects.namespace.is_none() };
    let part_fits = objects.subresource.as_deref().is_none_or(|part| has_part(kind, &objects.version, part));
    if kind.version(&objects.version).is_none() || !scope_fits || !part_fits {
        return Err(Status::no_such_path());
    }
    Ok(Arc::clone(kind))
}

fn has_part(kind: &Kind, version: &str, part: &str) -> bool {
    match (&*kind.gr.resource, part) {
        (_, "status") => kind.version(version).is_some_and(|v| v.status),
        (_, "scale") => kind.version(version).is_some_and(|v| v.scale.is_some()),
        ("pods", metrics::PATH | "log" | "eviction") | ("serviceaccounts", "token") | ("namespaces", "finalize") => {
            !kind.custom
        }
        _ => false,
    }
}

/// Marks an answer as one that nobody may keep, as the API does.
pub fn uncached(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache, private"));
    answer
}
