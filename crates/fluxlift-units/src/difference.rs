//! Where two JSON values differ, by name only: values may be secrets.

use std::collections::BTreeSet;

use serde_json::Value;

/// How deep names are given before the rest counts as one difference.
const DEPTH: usize = 3;

/// The paths at which `now` differs from `then`, such as `spec.distribution.version`, below `root`.
pub fn paths(root: &str, now: &Value, then: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(root, now, then, DEPTH, &mut found);
    found
}

fn walk(path: &str, now: &Value, then: &Value, depth: usize, found: &mut Vec<String>) {
    if now == then {
        return;
    }
    match (now, then) {
        (Value::Object(now), Value::Object(then)) if depth > 0 => {
            let keys: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
            for key in keys {
                let at = |side: &serde_json::Map<String, Value>| side.get(key).cloned().unwrap_or_default();
                walk(&format!("{path}.{key}"), &at(now), &at(then), depth - 1, found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_names_are_told() {
        let now = json!({"distribution": {"version": "2.4.0", "registry": "r"}, "wait": true});
        let then =
            json!({"distribution": {"version": "2.9.4", "registry": "r"}, "sync": {"path": "secret"}, "wait": true});
        assert_eq!(paths("spec", &now, &then), ["spec.distribution.version", "spec.sync"]);
        assert!(paths("spec", &now, &now).is_empty());
    }
}
