//! What another file's configuration shows of itself: its locals and its inputs.

use std::collections::BTreeMap;

use fluxlift_core::Value;

/// What else Terragrunt shows of a configuration.
const HIDDEN: &[&str] = &[
    "dependencies",
    "dependency",
    "download_dir",
    "engine",
    "errors",
    "exclude",
    "feature",
    "generate",
    "iam_role",
    "prevent_destroy",
    "remote_state",
    "skip",
    "terraform",
    "terraform_binary",
    "terraform_version_constraint",
    "terragrunt_version_constraint",
];

/// A configuration as a value.
pub(super) fn exposed(locals: Value, inputs: Value) -> Value {
    Value::map([("locals", locals), ("inputs", inputs)])
}

/// Whether `member` is a part of a configuration that is not shown yet, and `members` are those of one. `try` must not
/// take it for one that is missing: Terragrunt has it.
pub(crate) fn is_hidden<'a>(mut members: impl Iterator<Item = &'a str>, member: &str) -> bool {
    let is_configuration = members.next() == Some("inputs") && members.next() == Some("locals");
    is_configuration && members.next().is_none() && HIDDEN.contains(&member)
}

/// Whether `map` lacks `member` because it is a part of a configuration that is not shown yet.
pub(crate) fn hides(map: &BTreeMap<String, Value>, member: &str) -> bool {
    is_hidden(map.keys().map(String::as_str), member)
}
