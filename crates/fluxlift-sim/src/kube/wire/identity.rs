//! Who asks, and what they may do.

use http::header;
use serde_json::Value;

use super::request::{ApiRequest, Verb};
use super::target::Objects;
use crate::kube::{ApiServer, GroupResource, Key, Kube, Reason, Status, meta};

/// Somebody, as the API knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user's name.
    pub user: String,
    /// The user's groups.
    pub groups: Vec<String>,
}

impl Identity {
    /// Somebody without a certificate or a token.
    pub fn anonymous() -> Self {
        Self { user: "system:anonymous".into(), groups: vec!["system:unauthenticated".into()] }
    }

    /// The owner of a client certificate (DER): its common name, and its organisations as groups.
    pub fn of_certificate(der: &[u8]) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        let subject = certificate.subject();
        let user = subject.iter_common_name().next()?.as_str().ok()?.to_owned();
        let mut groups: Vec<String> =
            subject.iter_organization().filter_map(|o| o.as_str().ok()).map(str::to_owned).collect();
        groups.push("system:authenticated".into());
        Some(Self { user, groups })
    }

    /// Who makes `request`: the bearer of its token, or else the owner of the connection's certificate.
    ///
    /// # Errors
    /// 401 for a token that nobody has.
    pub fn of_request(kube: &Kube, request: &ApiRequest, certificate: Option<&Self>) -> Result<Self, Status> {
        if let Some(identity) = certificate {
            return Ok(identity.clone());
        }
        let Some(token) = request.header(header::AUTHORIZATION).strip_prefix("Bearer ") else {
            return Ok(Self::anonymous());
        };
        match kube.tokens.owner(token.trim()) {
            Some(owner) => {
                let mut groups = owner.groups.clone();
                groups.push("system:authenticated".into());
                Ok(Self { user: owner.user.clone(), groups })
            }
            None => Err(Status::new(401, Reason::Unauthorized, "Unauthorized")),
        }
    }

    fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|g| g == group)
    }

    /// Whether they may do `verb`, by the roles in the store; administrators may do everything.
    pub fn may(&self, api: &ApiServer, access: &Access<'_>) -> bool {
        if self.is_in("system:masters") {
            return true;
        }
        // Everybody who is known may ask what they may do.
        let asks = access.group == "authorization.k8s.io" || access.group == "authentication.k8s.io";
        if asks && access.resource.starts_with("self") && self.is_in("system:authenticated") {
            return true;
        }
        let everywhere = api.list(&GroupResource::CLUSTER_ROLE_BINDINGS, None);
        let here = access.namespace.into_iter().flat_map(|ns| api.list(&GroupResource::ROLE_BINDINGS, Some(ns)));
        everywhere.chain(here).filter(|binding| self.is_bound(binding)).any(|binding| {
            let role = &binding["roleRef"];
            let key = match meta::text(role, &["kind"]) {
                "Role" => Key::of(&GroupResource::ROLES, meta::namespace(binding), meta::text(role, &["name"])),
                _ => Key::cluster(&GroupResource::CLUSTER_ROLES, meta::text(role, &["name"])),
            };
            api.get(&key).is_some_and(|role| meta::list(role, &["rules"]).iter().any(|rule| access.is_granted(rule)))
        })
    }

    fn is_bound(&self, binding: &Value) -> bool {
        meta::list(binding, &["subjects"]).iter().any(|subject| {
            let name = meta::text(subject, &["name"]);
            match meta::text(subject, &["kind"]) {
                "User" => self.user == name,
                "Group" => self.is_in(name),
                "ServiceAccount" => {
                    self.user == format!("system:serviceaccount:{}:{name}", meta::text(subject, &["namespace"]))
                }
                _ => false,
            }
        })
    }
}

/// Something that somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The verb.
    pub verb: &'a str,
    /// The API group.
    pub group: &'a str,
    /// The resource, with its subresource behind a slash.
    pub resource: &'a str,
    /// The namespace; none for all.
    pub namespace: Option<&'a str>,
    /// The object's name, when it is one.
    pub name: Option<&'a str>,
}

impl Access<'_> {
    fn is_granted(&self, rule: &Value) -> bool {
        let has =
            |field: &str, wanted: &str| meta::list(rule, &[field]).iter().any(|given| given == "*" || given == wanted);
        let names = meta::list(rule, &["resourceNames"]);
        let named = names.is_empty() || self.name.is_some_and(|name| names.iter().any(|given| given == name));
        let any_sub = self.resource.split_once('/').is_some_and(|(_, sub)| has("resources", &format!("*/{sub}")));
        has("verbs", self.verb) && has("apiGroups", self.group) && (has("resources", self.resource) || any_sub) && named
    }
}

/// Refuses what `who` may not do.
///
/// # Errors
/// 403 in the words of Kubernetes.
pub fn authorize(api: &ApiServer, who: &Identity, verb: Verb, objects: &Objects) -> Result<(), Status> {
    // What follows a proxied Pod is the Pod's own path.
    let resource = match objects.subresource.as_deref().and_then(|part| part.split('/').next()) {
        Some(part) => format!("{}/{part}", objects.gr.resource),
        None => objects.gr.resource.clone().into_owned(),
    };
    let access = Access {
        verb: verb.as_str(),
        group: &objects.gr.group,
        resource: &resource,
        namespace: objects.namespace.as_deref(),
        name: objects.name.as_deref(),
    };
    if who.may(api, &access) {
        return Ok(());
    }
    let scope = match &objects.namespace {
        Some(namespace) => format!("in the namespace {namespace:?}"),
        None => "at the cluster scope".to_owned(),
    };
    let why = format!(
        "User {:?} cannot {} resource {resource:?} in API group {:?} {scope}",
        who.user, access.verb, access.group
    );
    Err(Status::forbidden(&objects.gr, objects.name.as_deref().unwrap_or_default(), &why))
}
