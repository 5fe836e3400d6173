//! The options of a write, which are checked before it is looked at.

use super::request::{ApiRequest, Verb};
use crate::kube::{Cause, Status};

/// Refuses options that say what nobody knows.
///
/// # Errors
/// 422, naming the option.
pub fn check(verb: Verb, request: &ApiRequest) -> Result<(), Status> {
    let kind = match verb {
        Verb::Create => "CreateOptions",
        Verb::Update => "UpdateOptions",
        Verb::Patch => "PatchOptions",
        Verb::Delete | Verb::DeleteCollection => "DeleteOptions",
        Verb::Get | Verb::List | Verb::Watch => return Ok(()),
    };
    let unsupported = |field, message| Err(invalid(kind, "FieldValueNotSupported", field, message));
    if let Some(given) = request.param("dryRun").filter(|given| *given != "All") {
        return unsupported("dryRun", format!("Unsupported value: [{given:?}]: supported values: \"All\""));
    }
    let known = ["Ignore", "Strict", "Warn"];
    if let Some(given) = request.param("fieldValidation").filter(|given| !known.contains(given)) {
        let message = format!(r#"Unsupported value: {given:?}: supported values: "", "Ignore", "Strict", "Warn""#);
        return unsupported("fieldValidation", message);
    }
    Ok(())
}

/// 422 for one option.
pub fn invalid(kind: &str, reason: &str, field: &str, message: String) -> Status {
    let cause = Cause { reason: reason.to_owned(), message, field: field.to_owned() };
    Status::invalid("meta.k8s.io", kind, "", vec![cause])
}
