//! How a value merges: which lists are maps by key, which are sets, and what is one piece.

use serde_json::{Map, Value};

use super::Kind;

/// What is known of the value at some place of an object.
#[derive(Debug, Clone, Copy)]
pub enum Shape<'a> {
    /// A place in a built-in kind, or in any object's metadata: the name of the field, and of the one above it.
    Known(&'static str, &'static str),
    /// A place that a custom kind's schema describes.
    Schema(&'a Value),
    /// The top of a custom object.
    Custom(Option<&'a Value>),
    /// Nothing is known: maps merge, lists are one piece.
    Free,
}

/// How a list merges.
#[derive(Debug, Clone, Copy)]
pub enum ListShape<'a> {
    /// As one piece.
    Atomic,
    /// As a set of values.
    Set,
    /// As a map by these fields of its items.
    Keyed(ListKeys<'a>),
}

/// The fields that tell the items of a list apart.
#[derive(Debug, Clone, Copy)]
pub enum ListKeys<'a> {
    /// Of a built-in list.
    Known(&'static [&'static str]),
    /// As a schema has them, with the schema of an item.
    Schema(&'a [Value], Option<&'a Value>),
}

/// Lists of built-in kinds that merge by key: the field above (empty for any), the field, and its keys.
const KEYED: &[(&str, &str, &[&str])] = &[
    ("", "containers", &["name"]),
    ("", "initContainers", &["name"]),
    ("", "ephemeralContainers", &["name"]),
    ("", "env", &["name"]),
    ("", "volumes", &["name"]),
    ("", "volumeMounts", &["mountPath"]),
    ("", "volumeDevices", &["devicePath"]),
    ("", "imagePullSecrets", &["name"]),
    ("", "hostAliases", &["ip"]),
    ("", "topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("", "conditions", &["type"]),
    ("", "ownerReferences", &["uid"]),
    ("", "webhooks", &["name"]),
    ("", "secrets", &["name"]),
    ("status", "addresses", &["type"]),
    ("containers", "ports", &["containerPort", "protocol"]),
    ("initContainers", "ports", &["containerPort", "protocol"]),
    ("spec", "ports", &["port", "protocol"]),
];

/// Lists of built-in kinds that are sets.
const SETS: &[&str] = &["finalizers"];

/// Maps of built-in kinds that are one piece, with the field above (empty for any).
const ATOMIC: &[(&str, &str)] = &[
    ("", "selector"),
    ("", "nodeSelector"),
    ("", "labelSelector"),
    ("", "podSelector"),
    ("", "namespaceSelector"),
    ("", "objectSelector"),
    ("", "fieldRef"),
    ("", "secretKeyRef"),
    ("", "configMapKeyRef"),
    ("", "resourceFieldRef"),
    ("", "roleRef"),
    ("", "involvedObject"),
    ("metadata", "ownerReferences"),
    ("service", "port"),
];

/// Names that matter only as the field above another, or to how ownership is written.
const PLACES: &[&str] = &[
    "spec",
    "status",
    "metadata",
    "template",
    "strategy",
    "labels",
    "annotations",
    "data",
    "service",
    "names",
    "acceptedNames",
    "loadBalancer",
    "source",
    "updateStrategy",
];

/// The table's own copy of a name, so that a shape stays small; empty for names without meaning.
fn interned(name: &str) -> &'static str {
    let keyed = KEYED.iter().flat_map(|(above, field, _)| [*above, *field]);
    let atomic = ATOMIC.iter().map(|(_, field)| *field);
    let all = keyed.chain(atomic).chain(SETS.iter().copied()).chain(PLACES.iter().copied());
    let mut all = all;
    all.find(|known| *known == name).unwrap_or("")
}

impl<'a> Shape<'a> {
    /// The shape of a whole object of `kind`, as written in `api_version`.
    pub fn of(kind: &'a Kind, api_version: &str) -> Self {
        if kind.custom {
            let version = kind.version_of(api_version).or_else(|| kind.version(&kind.storage));
            Self::Custom(version.and_then(|v| v.schema.as_deref()))
        } else {
            Self::Known("", "")
        }
    }

    /// The shape of a map's field.
    pub fn field(self, name: &str) -> Self {
        match self {
            Self::Custom(_) if name == "metadata" => Self::Known("", "metadata"),
            Self::Custom(schema) => schema.map_or(Self::Free, |schema| Self::Schema(schema).field(name)),
            Self::Known(_, above) => Self::Known(above, interned(name)),
            Self::Free => Self::Free,
            Self::Schema(schema) => {
                let known = schema.get("properties").and_then(|p| p.get(name));
                known
                    .or_else(|| schema.get("additionalProperties").filter(|s| s.is_object()))
                    .map_or(Self::Free, Self::Schema)
            }
        }
    }

    /// The shape of a list's items.
    pub fn item(self) -> Self {
        match self {
            Self::Schema(schema) => schema.get("items").filter(|s| s.is_object()).map_or(Self::Free, Self::Schema),
            // An item stands where its list stands: the list's name is the field above its fields.
            Self::Known(..) => self,
            Self::Custom(_) | Self::Free => Self::Free,
        }
    }

    /// How a list here merges.
    pub fn list(self) -> ListShape<'a> {
        match self {
            Self::Known(_, field) if SETS.contains(&field) => ListShape::Set,
            Self::Known(above, field) => KEYED
                .iter()
                .find(|(wanted, name, _)| *name == field && (wanted.is_empty() || *wanted == above))
                .map_or(ListShape::Atomic, |(_, _, keys)| ListShape::Keyed(ListKeys::Known(keys))),
            Self::Schema(schema) => match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
                Some("set") => ListShape::Set,
                Some("map") => {
                    let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
                    ListShape::Keyed(ListKeys::Schema(keys.map(Vec::as_slice).unwrap_or_default(), schema.get("items")))
                }
                _ => ListShape::Atomic,
            },
            Self::Custom(_) | Self::Free => ListShape::Atomic,
        }
    }

    /// Whether a map here is one piece.
    pub fn is_atomic_map(self) -> bool {
        match self {
            Self::Known(above, field) => {
                ATOMIC.iter().any(|(wanted, name)| *name == field && (wanted.is_empty() || *wanted == above))
            }
            Self::Schema(schema) => schema.get("x-kubernetes-map-type").and_then(Value::as_str) == Some("atomic"),
            Self::Custom(_) | Self::Free => false,
        }
    }

    /// Whether a map here is always there, so that nobody owns its mere presence.
    pub fn is_always_there(self) -> bool {
        const ALWAYS: [&str; 11] = [
            "spec",
            "status",
            "metadata",
            "template",
            "strategy",
            "updateStrategy",
            "names",
            "acceptedNames",
            "loadBalancer",
            "source",
            "containers",
        ];
        match self {
            Self::Known(_, field) => ALWAYS.contains(&field),
            Self::Custom(_) => true,
            Self::Schema(_) | Self::Free => false,
        }
    }
}

impl ListKeys<'_> {
    /// The step to `item` in a field set; none when it lacks a key.
    pub fn step(self, item: &Value) -> Option<String> {
        let mut keys = Map::new();
        let mut put = |name: &str, fallback: Option<Value>| {
            let value = item.get(name).cloned().or(fallback)?;
            keys.insert(name.to_owned(), value);
            Some(())
        };
        match self {
            Self::Known(names) => {
                for name in names {
                    put(name, (*name == "protocol").then(|| "TCP".into()))?;
                }
            }
            Self::Schema(names, items) => {
                let mut names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
                names.sort_unstable();
                for name in names {
                    let fallback = items.and_then(|i| i.get("properties")?.get(name)?.get("default")).cloned();
                    put(name, fallback)?;
                }
            }
        }
        Some(format!("k:{}", Value::Object(keys)))
    }

    /// The first key, by which a strategic merge patch finds items.
    pub fn first(self) -> Option<String> {
        match self {
            Self::Known(names) => names.first().map(|name| (*name).to_owned()),
            Self::Schema(names, _) => names.first().and_then(Value::as_str).map(str::to_owned),
        }
    }
}

impl ListShape<'_> {
    /// The step to `item` in a field set; none where the list is one piece or the item has no key.
    pub fn step(self, item: &Value) -> Option<String> {
        match self {
            Self::Atomic => None,
            Self::Set => Some(format!("v:{item}")),
            Self::Keyed(keys) => keys.step(item),
        }
    }

    /// Whether the list is one piece.
    pub const fn is_atomic(self) -> bool {
        matches!(self, Self::Atomic)
    }
}
