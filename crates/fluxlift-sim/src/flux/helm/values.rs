//! A release's values, with what they take from ConfigMaps and Secrets.

use serde_json::Value;

use crate::controllers::object::{flag, items, some_text, text};
use crate::controllers::{Pass, digest};
use crate::kube::{GroupResource, Key};

/// The digest of the release's composed values.
///
/// # Errors
/// The message for the condition, when a ConfigMap or a Secret is missing, or lacks the key.
pub(super) fn resolve(pass: &Pass<'_>, release: &Value) -> Result<String, String> {
    let mut parts = vec![release["spec"]["values"].to_string()];
    for reference in items(release, "/spec/valuesFrom") {
        let (kind, name) = (text(reference, "/kind"), text(reference, "/name"));
        let value_key = some_text(reference, "/valuesKey").unwrap_or("values.yaml");
        let gr = if kind == "Secret" { GroupResource::SECRETS } else { GroupResource::CONFIG_MAPS };
        let key = Key::of(&gr, pass.key.namespace.as_deref(), name);
        match pass.get(&key).map(|held| held["data"][value_key].clone()) {
            Some(value) if !value.is_null() => parts.push(value.to_string()),
            _ if flag(reference, "/optional") => {}
            held => {
                let place = format!("{}/{name}", pass.key.namespace.as_deref().unwrap_or_default());
                let why = match held {
                    Some(_) => format!("missing key '{value_key}'"),
                    None => format!("{gr} {name:?} not found"),
                };
                return Err(format!(
                    "could not resolve {kind} chart values reference '{place}' with key '{value_key}': {why}"
                ));
            }
        }
    }
    Ok(format!("sha256:{}", digest(&parts.concat())))
}
