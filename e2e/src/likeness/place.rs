//! Where something stands in a document: names on the way to it, and for an item of a list what it is known by.
//!
//! `/status/conditions/Ready/reason` is the reason of the condition whose type is Ready, wherever it stands in its list.

use std::collections::BTreeSet;

use serde_json::Value;

/// By what items of lists are known, the first that fits: every item has it, and no two have the same.
const KNOWN_BY: [&[&str]; 7] = [
    &["/metadata/namespace", "/metadata/name"],
    &["/metadata/name"],
    &["/manager", "/operation", "/subresource"],
    &["/type"],
    &["/name"],
    &["/groupVersion"],
    &["/resource"],
];

/// What each item of `lists` is known by; none where they are told apart by their place alone.
pub fn names<const N: usize>(lists: [&[Value]; N]) -> Option<[Vec<String>; N]> {
    KNOWN_BY.iter().find_map(|fields| {
        let named = lists.map(|list| list.iter().map(|item| name(item, fields)).collect::<Option<Vec<_>>>());
        let mut all = Vec::with_capacity(N);
        for names in named {
            let names = names?;
            if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
                return None;
            }
            all.push(names);
        }
        all.try_into().ok()
    })
}

fn name(item: &Value, fields: &[&str]) -> Option<String> {
    let mut parts = Vec::new();
    for field in fields {
        match item.pointer(field) {
            Some(Value::String(text)) => parts.push(text.as_str()),
            // Who writes objects, and not their status, writes to no subresource.
            None if *field == "/subresource" => {}
            _ => return None,
        }
    }
    Some(parts.join("."))
}

/// The value at `place`.
pub fn find<'a>(value: &'a Value, place: &str) -> Option<&'a Value> {
    place.split('/').skip(1).map(unescape).try_fold(value, |value, step| match value {
        Value::Array(items) => {
            let known = names([items]).and_then(|[names]| names.iter().position(|name| *name == step));
            items.get(known.or_else(|| step.parse().ok())?)
        }
        other => other.get(&step),
    })
}

/// `place` and one more step.
pub fn below(place: &str, step: &str) -> String {
    format!("{place}/{}", step.replace('~', "~0").replace('/', "~1"))
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_are_found_by_what_they_are_known_by_and_by_their_place() {
        let object = json!({
            "status": {"conditions": [{"type": "Stalled", "status": "False"}, {"type": "Ready", "status": "True"}]},
            "numbers": [1, 2],
            "metadata": {"labels": {"app.kubernetes.io/name": "x"}},
        });
        assert_eq!(find(&object, "/status/conditions/Ready/status"), Some(&json!("True")));
        assert_eq!(find(&object, "/numbers/1"), Some(&json!(2)));
        assert_eq!(find(&object, &below("/metadata/labels", "app.kubernetes.io/name")), Some(&json!("x")));
        assert_eq!(find(&object, "/status/conditions/Gone"), None);
    }

    #[test]
    fn a_name_that_two_items_have_names_neither() {
        assert_eq!(names([&[json!({"name": "a"}), json!({"name": "a"})]]), None);
        let ports = [json!({"name": "a", "type": "x"}), json!({"name": "b", "type": "x"})];
        assert_eq!(names([&ports]), Some([vec!["a".to_owned(), "b".to_owned()]]));
    }
}
