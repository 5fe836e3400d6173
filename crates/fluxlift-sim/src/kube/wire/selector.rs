//! Label and field selectors.

use serde_json::Value;

use super::request::ApiRequest;
use crate::kube::{GroupResource, Kind, Status, meta};

/// Which objects a request is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

/// One demand on a label.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

impl Selector {
    /// Reads `labelSelector` and `fieldSelector`.
    ///
    /// # Errors
    /// 400 for a selector that can't be read, or a field that can't be selected by.
    pub fn of(request: &ApiRequest, kind: &Kind, name: Option<&str>) -> Result<Self, Status> {
        let labels = labels(request.param("labelSelector").unwrap_or_default())?;
        let mut fields = fields(request.param("fieldSelector").unwrap_or_default(), kind)?;
        if let Some(name) = name {
            fields.push(("metadata.name".into(), true, name.to_owned()));
        }
        Ok(Self { labels, fields })
    }

    /// Whether it picks everything.
    pub fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether it picks `object`.
    pub fn picks(&self, object: &Value) -> bool {
        self.labels.iter().all(|requirement| requirement.holds(object))
            && self.fields.iter().all(|(field, equal, value)| (field_of(object, field) == *value) == *equal)
    }
}

impl Requirement {
    fn holds(&self, object: &Value) -> bool {
        match self {
            Self::In(name, values) => meta::label(object, name).is_some_and(|v| values.iter().any(|w| w == v)),
            Self::NotIn(name, values) => meta::label(object, name).is_none_or(|v| values.iter().all(|w| w != v)),
            Self::Exists(name) => meta::label(object, name).is_some(),
            Self::Absent(name) => meta::label(object, name).is_none(),
        }
    }
}

fn field_of(object: &Value, field: &str) -> String {
    let path: Vec<&str> = field.split('.').collect();
    match meta::at(object, &path) {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn labels(text: &str) -> Result<Vec<Requirement>, Status> {
    split(text).into_iter().map(requirement).collect()
}

/// Splits at commas that are not within parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    for (index, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn requirement(text: &str) -> Result<Requirement, Status> {
    let bad = || Status::bad_request(format!("unable to parse requirement: {text:?}"));
    if let Some((name, values)) = text.split_once('(') {
        let values = values.strip_suffix(')').ok_or_else(bad)?;
        let values = values.split(',').map(|v| v.trim().to_owned()).collect();
        let mut words = name.split_whitespace();
        return match (words.next(), words.next(), words.next()) {
            (Some(name), Some("in"), None) => Ok(Requirement::In(name.to_owned(), values)),
            (Some(name), Some("notin"), None) => Ok(Requirement::NotIn(name.to_owned(), values)),
            _ => Err(bad()),
        };
    }
    if let Some((name, value)) = text.split_once("!=") {
        return Ok(Requirement::NotIn(name.trim().to_owned(), vec![value.trim().to_owned()]));
    }
    if let Some((name, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return Ok(Requirement::In(name.trim().to_owned(), vec![value.trim().to_owned()]));
    }
    if text.contains(char::is_whitespace) {
        return Err(bad());
    }
    match text.strip_prefix('!') {
        Some(name) => Ok(Requirement::Absent(name.to_owned())),
        None => Ok(Requirement::Exists(text.to_owned())),
    }
}

fn fields(text: &str, kind: &Kind) -> Result<Vec<(String, bool, String)>, Status> {
    let mut fields = Vec::new();
    for part in split(text) {
        let (field, equal, value) = if let Some((field, value)) = part.split_once("!=") {
            (field, false, value)
        } else if let Some((field, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            (field, true, value)
        } else {
            return Err(Status::bad_request(format!("invalid field selector {part:?}")));
        };
        if !is_selectable(kind, field) {
            return Err(Status::bad_request(format!("field label not supported: {field}")));
        }
        fields.push((field.to_owned(), equal, value.to_owned()));
    }
    Ok(fields)
}

fn is_selectable(kind: &Kind, field: &str) -> bool {
    let of: &[(GroupResource, &[&str])] = &[
        (
            GroupResource::PODS,
            &[
                "spec.nodeName",
                "spec.restartPolicy",
                "spec.schedulerName",
                "spec.serviceAccountName",
                "status.phase",
                "status.podIP",
            ],
        ),
        (
            GroupResource::EVENTS,
            &[
                "involvedObject.kind",
                "involvedObject.namespace",
                "involvedObject.name",
                "involvedObject.uid",
                "involvedObject.apiVersion",
                "involvedObject.resourceVersion",
                "involvedObject.fieldPath",
                "reason",
                "reportingComponent",
                "source",
                "type",
            ],
        ),
        (GroupResource::NODES, &["spec.unschedulable"]),
        (GroupResource::NAMESPACES, &["status.phase"]),
        (GroupResource::SECRETS, &["type"]),
        (GroupResource::REPLICA_SETS, &["status.replicas"]),
        (GroupResource::JOBS, &["status.successful"]),
        (GroupResource::SERVICES, &["spec.clusterIP", "spec.type"]),
    ];
    matches!(field, "metadata.name" | "metadata.namespace")
        || of.iter().any(|(gr, fields)| *gr == kind.gr && fields.contains(&field))
}
