//! What the text of a patch sets, in either of kustomize's forms: a list of operations, or a part of an object.

use serde_json::Value;

/// Whether `patch` gives a value to the field at `pointer`, whether it was there before or not.
pub(super) fn sets(patch: &str, pointer: &str) -> bool {
    let by_operation = |operation: &Value| {
        // What replaces or tests needs the field to be there: it has to be carried for that.
        let gives = matches!(operation["op"].as_str(), None | Some("add"));
        let below = operation["path"].as_str().and_then(|path| pointer.strip_prefix(path));
        gives && below.is_some_and(|below| below.is_empty() || operation["value"].pointer(below).is_some())
    };
    documents(patch).iter().any(|document| match document {
        Value::Array(operations) => operations.iter().any(by_operation),
        part => part.pointer(pointer).is_some_and(|value| !value.is_null()),
    })
}

/// Whether `patch` gives the argument `flag` to a container, with any value.
pub(super) fn passes(patch: &str, flag: &str) -> bool {
    let is_it =
        |argument: &str| argument.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
    let by_operation = |operation: &Value| {
        let gives = !matches!(operation["op"].as_str(), Some("remove" | "test"));
        let to_arguments = operation["path"].as_str().is_some_and(|path| path.contains("/args"));
        gives && any_argument(&operation["value"], to_arguments, &is_it)
    };
    documents(patch).iter().any(|document| match document {
        Value::Array(operations) => operations.iter().any(by_operation),
        part => any_argument(part, false, &is_it),
    })
}

/// Whether one of the texts that are arguments by their place is it.
fn any_argument(value: &Value, is_argument: bool, is_it: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_argument && is_it(text),
        Value::Array(items) => items.iter().any(|item| any_argument(item, is_argument, is_it)),
        Value::Object(fields) => fields.iter().any(|(name, field)| any_argument(field, name == "args", is_it)),
        _ => false,
    }
}

fn documents(patch: &str) -> Vec<Value> {
    // What is no YAML sets nothing.
    serde_saphyr::from_multiple(patch).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MERGE: &str = "kind: Kustomization\nmetadata: {name: flux-system, annotations: {about: the timeout}}\n\
                         spec: {postBuild: {substitute: {timeout: 5m}}, decryption: {provider: sops}}\n";

    #[test]
    fn a_field_is_set_by_its_place_and_not_by_its_name_in_some_other_place() {
        assert!(sets(MERGE, "/spec/decryption") && !sets(MERGE, "/spec/timeout"));
        let operation = |text: &str| sets(text, "/spec/timeout");
        assert!(operation("[{op: add, path: /spec/timeout, value: 5m}]"));
        assert!(operation("- op: add\n  path: /spec\n  value: {timeout: 5m}\n"));
        for other in [
            "[{op: add, path: /spec/timeouts, value: 5m}]",
            "[{op: add, path: /spec/postBuild, value: {substitute: {timeout: 5m}}}]",
            "[{op: add, path: /spec, value: {interval: 5m}}]",
            "[{op: replace, path: /spec/timeout, value: 5m}]",
            "[{op: remove, path: /spec/timeout}]",
            "[",
        ] {
            assert!(!operation(other), "{other}");
        }
    }

    #[test]
    fn an_argument_is_one_among_the_arguments_and_whole() {
        let passes = |text: &str| passes(text, "--concurrent");
        assert!(passes("[{op: add, path: /spec/template/spec/containers/0/args/-, value: --concurrent=4}]"));
        assert!(passes("spec: {template: {spec: {containers: [{name: manager, args: [--concurrent=4]}]}}}"));
        assert!(passes("[{op: replace, path: /spec/template/spec/containers/0, value: {args: [--concurrent=4]}}]"));
        for other in [
            "[{op: add, path: /spec/template/spec/containers/0/args/-, value: --concurrent-ssa=4}]",
            "[{op: add, path: /metadata/annotations/note, value: --concurrent=4}]",
            "[{op: remove, path: /spec/template/spec/containers/0/args/3}]",
        ] {
            assert!(!passes(other), "{other}");
        }
    }
}
