//! `spec.postBuild`: variables in the built objects.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::Value;

use crate::controllers::Pass;
use crate::controllers::object::{annotation, entries, flag, items, label, text};
use crate::kube::{GroupResource, Key};

/// The annotation or label that exempts an object.
const EXEMPT: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// Replaces `${name}` and `${name:=default}` in `objects` by the variables of the Kustomization `object`.
///
/// # Errors
/// The message for the condition, when a ConfigMap or Secret with variables is missing.
pub(super) fn substitute(pass: &Pass<'_>, object: &Value, objects: &mut [Value]) -> Result<(), String> {
    if !object["spec"]["postBuild"].is_object() {
        return Ok(());
    }
    let variables = variables(pass, object)?;
    for built in objects {
        if [annotation(built, EXEMPT), label(built, EXEMPT)].contains(&Some("disabled")) {
            continue;
        }
        replace_all(built, &variables);
    }
    Ok(())
}

fn variables(pass: &Pass<'_>, object: &Value) -> Result<BTreeMap<String, String>, String> {
    let mut variables = BTreeMap::new();
    for reference in items(object, "/spec/postBuild/substituteFrom") {
        let (kind, name) = (text(reference, "/kind"), text(reference, "/name"));
        let gr = if kind == "Secret" { GroupResource::SECRETS } else { GroupResource::CONFIG_MAPS };
        let Some(held) = pass.get(&Key::of(&gr, pass.key.namespace.as_deref(), name)) else {
            if flag(reference, "/optional") {
                continue;
            }
            return Err(format!("post build failed: substitute from '{kind}/{name}' error: {gr} {name:?} not found"));
        };
        for (key, value) in entries(&held, "/data") {
            let written = value.as_str().unwrap_or_default();
            let value = if kind == "Secret" { decoded(written) } else { written.to_owned() };
            variables.insert(key.clone(), value);
        }
    }
    for (key, value) in entries(object, "/spec/postBuild/substitute") {
        variables.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    Ok(variables)
}

fn decoded(text: &str) -> String {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn replace_all(value: &mut Value, variables: &BTreeMap<String, String>) {
    match value {
        Value::String(text) if text.contains("${") => *text = replaced(text, variables),
        Value::Array(items) => items.iter_mut().for_each(|item| replace_all(item, variables)),
        Value::Object(map) => map.values_mut().for_each(|item| replace_all(item, variables)),
        _ => {}
    }
}

fn replaced(text: &str, variables: &BTreeMap<String, String>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((inside, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        // `$${name}` stays as `${name}`.
        if out.ends_with('$') {
            out.push_str(&format!("{{{inside}}}"));
        } else {
            let (name, default) = inside.split_once(":=").or_else(|| inside.split_once(":-")).unwrap_or((inside, ""));
            out.push_str(variables.get(name).map_or(default, String::as_str));
        }
        rest = tail;
    }
    out + rest
}
