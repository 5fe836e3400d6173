//! An object as it is compared: its status and the part of its metadata that controllers write, field by field.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shape::shape;
use super::situation::Words;

/// Names of fields, and what they hold in their stable shape. A condition is one field, named for its type.
pub type Fields = BTreeMap<String, String>;

/// Of these nothing is compared but that they are there: the simulated distribution is a handful of objects.
const BRIEF: [(&str, &str); 2] = [("FluxInstance", "inventory"), ("FluxInstance", "components")];

/// The fields of `object`.
pub fn fields(object: &Value, words: &Words) -> Fields {
    let mut fields = Fields::new();
    let metadata = &object["metadata"];
    flatten("metadata.generation", &metadata["generation"], words, &mut fields);
    flatten("metadata.finalizers", &metadata["finalizers"], words, &mut fields);
    if metadata["deletionTimestamp"].is_string() {
        fields.insert("metadata.deletionTimestamp".to_owned(), "<time>".to_owned());
    }
    let kind = object["kind"].as_str().unwrap_or_default();
    for (name, value) in object["status"].as_object().into_iter().flatten() {
        match name.as_str() {
            "conditions" => value.as_array().into_iter().flatten().for_each(|one| condition(one, words, &mut fields)),
            brief if BRIEF.contains(&(kind, brief)) => {
                fields.insert(name.clone(), "some".to_owned());
            }
            "inventory" => {
                fields.insert(name.clone(), inventory(value));
            }
            _ => flatten(name, value, words, &mut fields),
        }
    }
    fields
}

fn condition(condition: &Value, words: &Words, fields: &mut Fields) {
    let text = |name: &str| condition[name].as_str().unwrap_or_default();
    let (kind, message) = (text("type").to_owned(), shape(text("message"), words));
    let generation = &condition["observedGeneration"];
    fields.insert(kind, format!("{} {} @{generation}: {message}", text("status"), text("reason")));
}

/// The objects of an inventory in the order of their names: a list without an order of its own.
fn inventory(value: &Value) -> String {
    let entries = value["entries"].as_array().into_iter().flatten();
    let mut names: Vec<&str> = entries.map(|entry| entry["id"].as_str().unwrap_or_default()).collect();
    names.sort_unstable();
    names.join(", ")
}

fn flatten(name: &str, value: &Value, words: &Words, fields: &mut Fields) {
    match value {
        Value::Null => {}
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| flatten(&format!("{name}.{key}"), value, words, fields))
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, value)| flatten(&format!("{name}[{at}]"), value, words, fields));
        }
        Value::String(_) if name.ends_with("Duration") => {
            fields.insert(name.to_owned(), "<measured>".to_owned());
        }
        Value::String(text) => {
            fields.insert(name.to_owned(), shape(text, words));
        }
        Value::Number(_) if name.ends_with(".size") => {
            fields.insert(name.to_owned(), "<size>".to_owned());
        }
        other => {
            fields.insert(name.to_owned(), other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_its_status_field_by_field_and_what_controllers_write_of_its_metadata() {
        let object = json!({"kind": "Kustomization",
            "metadata": {"name": "app", "uid": "u", "generation": 2, "finalizers": ["finalizers.fluxcd.io"]},
            "spec": {"path": "./app"},
            "status": {"observedGeneration": 1, "artifact": {"size": 4096},
                "inventory": {"entries": [{"id": "b", "v": "v1"}, {"id": "a", "v": "v1"}]},
                "conditions": [{"type": "Ready", "status": "True", "reason": "Good", "message": "took 12ms",
                    "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"}]}});
        let fields = fields(&object, &Words::default());
        let found: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            found,
            [
                "Ready=True Good @1: took <measured>",
                "artifact.size=<size>",
                "inventory=a, b",
                "metadata.finalizers[0]=finalizers.fluxcd.io",
                "metadata.generation=2",
                "observedGeneration=1"
            ]
        );
    }
}
