//! From objects to a Table.

use fluxlift_core::Timestamp;
use serde_json::{Value, json};

use super::{age, columns};
use crate::kube::wire::jsonpath;
use crate::kube::wire::read::metadata_of;
use crate::kube::wire::request::ApiRequest;
use crate::kube::{Column, Kind, meta};

const NAME: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources \
                    may allow a client to request the generation of an appropriate name automatically. Name is \
                    primarily intended for creation idempotence and configuration definition. Cannot be updated. More \
                    info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
const AGE: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not \
                   guaranteed to be set in happens-before order across separate operations. Clients may not set this \
                   value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null \
                   for lists. More info: \
                   https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// What of its object a row carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Include {
    /// Nothing.
    None,
    /// Its metadata.
    Metadata,
    /// All of it.
    Object,
}

impl Include {
    /// What `request` wants.
    pub fn of(request: &ApiRequest) -> Self {
        match request.param("includeObject") {
            Some("None") => Self::None,
            Some("Object") => Self::Object,
            _ => Self::Metadata,
        }
    }
}

/// A table of `objects`.
pub fn render<'a>(
    kind: &Kind,
    version: &str,
    objects: impl IntoIterator<Item = &'a Value>,
    include: Include,
    now: Timestamp,
    metadata: &Value,
) -> Value {
    let custom = kind.version(version).map(|v| v.columns.as_slice()).unwrap_or_default();
    let built_in = if kind.custom && !custom.is_empty() { &[] } else { columns::of(&kind.gr) };
    let mut definitions = vec![json!({
        "name": "Name", "type": "string", "format": "name", "priority": 0,
        "description": NAME,
    })];
    definitions.extend(built_in.iter().map(|column| {
        let description = if column.name == "Age" { AGE } else { "" };
        json!({
            "name": column.name, "type": column.kind, "format": "",
            "priority": column.priority, "description": description,
        })
    }));
    definitions.extend(custom.iter().map(|column| {
        json!({
            "name": column.name, "type": column.kind, "format": column.format,
            "priority": column.priority, "description": described(column),
        })
    }));
    let rows: Vec<_> = objects
        .into_iter()
        .map(|object| {
            let mut cells = vec![json!(meta::name(object))];
            cells.extend(built_in.iter().map(|column| (column.cell)(object, now)));
            cells.extend(custom.iter().map(|column| {
                let found = jsonpath::find(object, &column.json_path).first().copied();
                custom_cell(&column.kind, found, now)
            }));
            let mut row = json!({"cells": cells});
            match include {
                Include::None => {}
                Include::Metadata => row["object"] = metadata_of(object),
                Include::Object => row["object"] = object.clone(),
            }
            row
        })
        .collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    })
}

fn described(column: &Column) -> String {
    if column.description.is_empty() {
        format!("Custom resource definition column (in JSONPath format): {}", column.json_path)
    } else {
        column.description.clone()
    }
}

fn custom_cell(kind: &str, found: Option<&Value>, now: Timestamp) -> Value {
    match (kind, found) {
        (_, None | Some(Value::Null)) => Value::Null,
        ("date", Some(Value::String(moment))) => json!(age::since(moment, now)),
        ("integer" | "number", Some(Value::Number(number))) => json!(number),
        ("boolean", Some(Value::Bool(flag))) => json!(flag),
        (_, Some(Value::String(text))) => json!(text),
        ("string", Some(other)) => json!(other.to_string()),
        _ => Value::Null,
    }
}
