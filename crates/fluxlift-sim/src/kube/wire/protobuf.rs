//! Bodies in protobuf, which kubectl sends for the kinds it knows best.
//!
//! Only the kinds that people create by hand or that ask questions are understood; others are refused with 415, as by
//! a server that takes no protobuf.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fluxlift_core::Timestamp;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use serde_json::{Map, Value, json};

/// What every body starts with.
const MAGIC: &[u8] = b"k8s\0";

/// How a field is written.
#[derive(Clone, Copy)]
enum Type {
    Text,
    Bytes,
    Integer,
    Flag,
    Time,
    Texts,
    /// A map from text to text.
    Map,
    /// A map from text to bytes.
    Data,
    Message(&'static [Field]),
    Messages(&'static [Field]),
}

/// A field of a message: its number, its name and how it is written.
type Field = (u32, &'static str, Type);

const OWNER: &[Field] = &[
    (1, "kind", Type::Text),
    (3, "name", Type::Text),
    (4, "uid", Type::Text),
    (5, "apiVersion", Type::Text),
    (6, "controller", Type::Flag),
    (7, "blockOwnerDeletion", Type::Flag),
];

const METADATA: Field = (
    1,
    "metadata",
    Type::Message(&[
        (1, "name", Type::Text),
        (2, "generateName", Type::Text),
        (3, "namespace", Type::Text),
        (5, "uid", Type::Text),
        (6, "resourceVersion", Type::Text),
        (7, "generation", Type::Integer),
        (8, "creationTimestamp", Type::Time),
        (11, "labels", Type::Map),
        (12, "annotations", Type::Map),
        (13, "ownerReferences", Type::Messages(OWNER)),
        (14, "finalizers", Type::Texts),
    ]),
);

const RESOURCE: Type = Type::Message(&[
    (1, "namespace", Type::Text),
    (2, "verb", Type::Text),
    (3, "group", Type::Text),
    (4, "version", Type::Text),
    (5, "resource", Type::Text),
    (6, "subresource", Type::Text),
    (7, "name", Type::Text),
]);

const PATH: Type = Type::Message(&[(1, "path", Type::Text), (2, "verb", Type::Text)]);

const PRECONDITIONS: Type = Type::Message(&[(1, "uid", Type::Text), (2, "resourceVersion", Type::Text)]);

const DELETE: &[Field] = &[
    (1, "gracePeriodSeconds", Type::Integer),
    (2, "preconditions", PRECONDITIONS),
    (3, "orphanDependents", Type::Flag),
    (4, "propagationPolicy", Type::Text),
    (5, "dryRun", Type::Texts),
];

const NAME: &[Field] = &[(1, "name", Type::Text)];

/// The kinds that are understood.
const KINDS: &[(&str, &[Field])] = &[
    ("Namespace", &[METADATA, (2, "spec", Type::Message(&[(1, "finalizers", Type::Texts)]))]),
    (
        "Secret",
        &[
            METADATA,
            (2, "data", Type::Data),
            (3, "type", Type::Text),
            (4, "stringData", Type::Map),
            (5, "immutable", Type::Flag),
        ],
    ),
    ("ConfigMap", &[METADATA, (2, "data", Type::Map), (3, "binaryData", Type::Data), (4, "immutable", Type::Flag)]),
    (
        "ServiceAccount",
        &[METADATA, (3, "imagePullSecrets", Type::Messages(NAME)), (4, "automountServiceAccountToken", Type::Flag)],
    ),
    (
        "SelfSubjectAccessReview",
        &[
            METADATA,
            (2, "spec", Type::Message(&[(1, "resourceAttributes", RESOURCE), (2, "nonResourceAttributes", PATH)])),
        ],
    ),
    (
        "SubjectAccessReview",
        &[
            METADATA,
            (
                2,
                "spec",
                Type::Message(&[
                    (1, "resourceAttributes", RESOURCE),
                    (2, "nonResourceAttributes", PATH),
                    (3, "user", Type::Text),
                    (4, "groups", Type::Texts),
                ]),
            ),
        ],
    ),
    ("SelfSubjectRulesReview", &[METADATA, (2, "spec", Type::Message(&[(1, "namespace", Type::Text)]))]),
    ("SelfSubjectReview", &[METADATA]),
    (
        "TokenRequest",
        &[
            METADATA,
            (2, "spec", Type::Message(&[(1, "audiences", Type::Texts), (4, "expirationSeconds", Type::Integer)])),
        ],
    ),
    ("Eviction", &[METADATA, (2, "deleteOptions", Type::Message(DELETE))]),
    ("DeleteOptions", DELETE),
];

/// Reads a body; none when it is no protobuf, or of a kind that is not understood here.
pub fn decode(body: &[u8]) -> Option<Value> {
    const ENVELOPE: &[Field] = &[
        (1, "type", Type::Message(&[(1, "apiVersion", Type::Text), (2, "kind", Type::Text)])),
        (2, "raw", Type::Bytes),
    ];
    let envelope = message(body.strip_prefix(MAGIC)?, ENVELOPE)?;
    let kind = envelope.get("type")?.get("kind")?.as_str()?.to_owned();
    let (_, fields) = KINDS.iter().find(|(known, _)| *known == kind)?;
    let raw = BASE64_STANDARD.decode(envelope.get("raw").and_then(Value::as_str).unwrap_or_default()).ok()?;
    let mut object = message(&raw, fields)?;
    object.insert("apiVersion".into(), envelope["type"]["apiVersion"].clone());
    object.insert("kind".into(), json!(kind));
    Some(Value::Object(object))
}

fn message(mut bytes: &[u8], fields: &[Field]) -> Option<Map<String, Value>> {
    let mut map = Map::new();
    while !bytes.is_empty() {
        let (number, wire) = decode_key(&mut bytes).ok()?;
        let Some((_, name, kind)) = fields.iter().find(|(known, ..)| *known == number) else {
            skip_field(wire, number, &mut bytes, DecodeContext::default()).ok()?;
            continue;
        };
        match wire {
            WireType::Varint => {
                let given = decode_varint(&mut bytes).ok()?;
                let value = match kind {
                    Type::Flag => json!(given != 0),
                    // Negative numbers travel as their two's complement.
                    _ => json!(given.cast_signed()),
                };
                map.insert((*name).to_owned(), value);
            }
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
                let (field, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                put(&mut map, name, *kind, field)?;
            }
            _ => skip_field(wire, number, &mut bytes, DecodeContext::default()).ok()?,
        }
    }
    Some(map)
}

/// Puts a field with a length in; empty text and moments before all time mean absence.
fn put(map: &mut Map<String, Value>, name: &str, kind: Type, field: &[u8]) -> Option<()> {
    let text = |field: &[u8]| String::from_utf8(field.to_vec()).ok();
    let value = match kind {
        Type::Text => match text(field)? {
            empty if empty.is_empty() => return Some(()),
            text => json!(text),
        },
        Type::Bytes => json!(BASE64_STANDARD.encode(field)),
        Type::Time => {
            let time = message(field, &[(1, "seconds", Type::Integer)])?;
            let Some(seconds) = time.get("seconds").and_then(Value::as_i64) else { return Some(()) };
            match Timestamp::from_second(seconds) {
                Ok(moment) if seconds > 0 => json!(moment.to_string()),
                _ => return Some(()),
            }
        }
        Type::Message(fields) => match message(field, fields)? {
            empty if empty.is_empty() => return Some(()),
            message => Value::Object(message),
        },
        Type::Texts => return push(map, name, json!(text(field)?)),
        Type::Messages(fields) => return push(map, name, Value::Object(message(field, fields)?)),
        Type::Map | Type::Data => {
            let value = if matches!(kind, Type::Data) { Type::Bytes } else { Type::Text };
            let entry = message(field, &[(1, "key", Type::Text), (2, "value", value)])?;
            let key = entry.get("key").and_then(Value::as_str).unwrap_or_default().to_owned();
            let value = entry.get("value").cloned().unwrap_or_else(|| json!(""));
            let slot = map.entry(name).or_insert_with(|| Value::Object(Map::new()));
            crate::kube::meta::map_mut(slot).insert(key, value);
            return Some(());
        }
        Type::Integer | Type::Flag => return None,
    };
    map.insert(name.to_owned(), value);
    Some(())
}

fn push(map: &mut Map<String, Value>, name: &str, value: Value) -> Option<()> {
    map.entry(name).or_insert_with(|| json!([])).as_array_mut()?.push(value);
    Some(())
}
