//! Questions to the API about who somebody is and what they may do, and tokens of service accounts.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::body;
use super::identity::{Access, Identity};
use super::request::ApiRequest;
use super::target::Objects;
use crate::World;
use crate::kube::{GroupResource, Key, Status, TokenOwner, meta};

/// The resources that are only asked, never stored: group, name, kind, whether in a namespace.
pub const QUESTIONS: &[(&str, &str, &str, bool)] = &[
    ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", false),
    ("authentication.k8s.io", "tokenreviews", "TokenReview", false),
    ("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview", true),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
    ("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview", false),
];

/// Answers a question; none when the request is about something else.
pub fn answer(
    world: &World,
    who: &Identity,
    request: &ApiRequest,
    objects: &Objects,
) -> Option<Result<Answer, Status>> {
    let (group, resource, kind, _) = QUESTIONS
        .iter()
        .find(|(group, resource, ..)| objects.gr.group == *group && objects.gr.resource == *resource)?;
    if request.method != Method::POST || objects.version != "v1" {
        return Some(Err(Status::no_such_path()));
    }
    Some(body::object(request).and_then(|mut question| {
        question["apiVersion"] = json!(format!("{group}/v1"));
        question["kind"] = json!(kind);
        let may_ask = resource.starts_with("self") || {
            let access =
                Access { verb: "create", group, resource, namespace: objects.namespace.as_deref(), name: None };
            who.may(&world.kube.api, &access)
        };
        if !may_ask {
            let why = format!("User {:?} cannot create resource {resource:?} in API group {group:?}", who.user);
            return Err(Status::forbidden(&objects.gr, "", &why));
        }
        question["status"] = status(world, who, kind, &question);
        Ok(answer::json(201, &question))
    }))
}

fn status(world: &World, who: &Identity, kind: &str, question: &Value) -> Value {
    let spec = &question["spec"];
    match kind {
        "SelfSubjectReview" => json!({"userInfo": {"username": who.user, "groups": who.groups}}),
        "TokenReview" => match world.kube.tokens.owner(meta::text(spec, &["token"])) {
            Some(owner) => {
                json!({"authenticated": true, "user": {"username": owner.user, "groups": owner.groups}})
            }
            None => json!({"authenticated": false, "error": "invalid bearer token"}),
        },
        "SelfSubjectRulesReview" => {
            json!({"resourceRules": [], "nonResourceRules": [], "incomplete": true})
        }
        "SelfSubjectAccessReview" => allowed(world, who, spec),
        _ => {
            let groups = meta::list(spec, &["groups"]);
            let mut groups: Vec<_> = groups.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let user = meta::text(spec, &["user"]).to_owned();
            if user.starts_with("system:serviceaccount:") && groups.is_empty() {
                groups.push("system:serviceaccounts".into());
            }
            groups.push("system:authenticated".into());
            allowed(world, &Identity { user, groups }, spec)
        }
    }
}

fn allowed(world: &World, who: &Identity, spec: &Value) -> Value {
    let asked = &spec["resourceAttributes"];
    let text = |name: &str| Some(meta::text(asked, &[name])).filter(|t| !t.is_empty());
    let resource = match text("subresource") {
        Some(part) => format!("{}/{part}", text("resource").unwrap_or_default()),
        None => text("resource").unwrap_or_default().to_owned(),
    };
    let access = Access {
        verb: text("verb").unwrap_or_default(),
        group: text("group").unwrap_or_default(),
        resource: &resource,
        namespace: text("namespace"),
        name: text("name"),
    };
    let allowed = who.may(&world.kube.api, &access);
    if allowed { json!({"allowed": true, "reason": "RBAC: allowed"}) } else { json!({"allowed": false}) }
}

/// Makes a token for a service account.
///
/// # Errors
/// 404 when there is no such account.
pub fn token(world: &mut World, request: &ApiRequest, objects: &Objects) -> Result<Answer, Status> {
    let (namespace, name) =
        (objects.namespace.as_deref().unwrap_or_default(), objects.name.as_deref().unwrap_or_default());
    let key = Key::namespaced(&GroupResource::SERVICE_ACCOUNTS, namespace, name);
    if world.kube.api.get(&key).is_none() {
        return Err(Status::not_found(&key));
    }
    let mut body = body::object(request)?;
    let seconds = body["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
    let mut secret = [0_u8; 32];
    rand::RngCore::fill_bytes(&mut world.random, &mut secret);
    let token = BASE64_URL_SAFE_NO_PAD.encode(secret);
    let owner = TokenOwner {
        user: format!("system:serviceaccount:{namespace}:{name}"),
        groups: vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}")],
    };
    world.kube.tokens.insert(token.clone(), owner);
    let expires = world.now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(world.now);
    body["apiVersion"] = json!("authentication.k8s.io/v1");
    body["kind"] = json!("TokenRequest");
    body["status"] = json!({
        "token": token,
        "expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    Ok(answer::json(201, &body))
}
