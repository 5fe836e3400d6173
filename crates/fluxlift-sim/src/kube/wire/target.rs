//! What a path names.

use crate::kube::GroupResource;

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `/version`.
    Version,
    /// `/readyz`, `/livez`, `/healthz`, and single checks below them.
    Health,
    /// `/api`.
    Core,
    /// `/apis`.
    Groups,
    /// `/apis/{group}`.
    Group(String),
    /// The resources of a group and version.
    Resources {
        /// The group.
        group: String,
        /// The version.
        version: String,
    },
    /// `/openapi/v3`.
    OpenApi,
    /// `/openapi/v3/{path of a group and version}`.
    OpenApiOf(String),
    /// Objects.
    Objects(Objects),
    /// Nothing that is there.
    Unknown,
}

/// Objects that a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objects {
    /// Their resource.
    pub gr: GroupResource,
    /// The version to speak of them in.
    pub version: String,
    /// Their namespace.
    pub namespace: Option<String>,
    /// The one object.
    pub name: Option<String>,
    /// A part of it, such as `status` or `log`.
    pub subresource: Option<String>,
}

impl Target {
    /// Reads a path.
    pub fn of(path: &str) -> Self {
        let decoded: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
        let parts: Vec<&str> = decoded.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["version"] => Self::Version,
            ["readyz" | "livez" | "healthz", ..] => Self::Health,
            ["api"] => Self::Core,
            ["apis"] => Self::Groups,
            ["apis", group] => Self::Group((*group).to_owned()),
            ["openapi", "v3"] => Self::OpenApi,
            ["openapi", "v3", rest @ ..] => Self::OpenApiOf(rest.join("/")),
            ["api", version, rest @ ..] => objects("", version, rest),
            ["apis", group, version, rest @ ..] => objects(group, version, rest),
            _ => Self::Unknown,
        }
    }
}

fn decode(part: &str) -> String {
    // A path segment is decoded as a form is, but for the plus sign, which stands for itself.
    let part = part.replace('+', "%2B");
    url::form_urlencoded::parse(part.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

fn objects(group: &str, version: &str, rest: &[&str]) -> Target {
    let of = |resource: &str, namespace: Option<&str>, name: Option<&str>, subresource: Option<String>| {
        Target::Objects(Objects {
            gr: GroupResource::new(group, resource),
            version: version.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
            subresource,
        })
    };
    match rest {
        [] => Target::Resources { group: group.to_owned(), version: version.to_owned() },
        ["namespaces", name] => of("namespaces", None, Some(name), None),
        ["namespaces", name, part @ ("status" | "finalize")] => {
            of("namespaces", None, Some(name), Some((*part).to_owned()))
        }
        ["namespaces", namespace, resource] => of(resource, Some(namespace), None, None),
        ["namespaces", namespace, resource, name] => of(resource, Some(namespace), Some(name), None),
        ["namespaces", namespace, resource, name, part @ ..] => {
            of(resource, Some(namespace), Some(name), Some(part.join("/")))
        }
        [resource] => of(resource, None, None, None),
        [resource, name] => of(resource, None, Some(name), None),
        [resource, name, part @ ..] => of(resource, None, Some(name), Some(part.join("/"))),
    }
}
