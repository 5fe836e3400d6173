//! Dependencies between Kustomizations.

use serde_json::Value;

use crate::controllers::object::{generation, items, number, some_text, text};
use crate::controllers::{Pass, conditions};
use crate::flux::kinds::KUSTOMIZATIONS;
use crate::kube::Key;

/// Why a Kustomization has to wait for another one; `None` when all are ready, at the revision of a shared source.
pub(super) fn unmet(pass: &Pass<'_>, object: &Value, source: &Value) -> Option<String> {
    items(object, "/spec/dependsOn").find_map(|reference| {
        let namespace = some_text(reference, "/namespace").or(pass.key.namespace.as_deref());
        let key = Key::of(&KUSTOMIZATIONS, namespace, text(reference, "/name"));
        let path = crate::controllers::object::path(&key);
        let Some(dependency) = pass.get(&key) else {
            return Some(format!(
                "dependency '{path}' not found: kustomizations.kustomize.toolkit.fluxcd.io {:?} not found",
                key.name
            ));
        };
        let observed = number(&dependency, "/status/observedGeneration") == Some(generation(&dependency));
        if !observed || !conditions::is_true(&dependency, "Ready") {
            return Some(format!("dependency '{path}' is not ready"));
        }
        let source_of = |k: &Value| {
            let namespace = some_text(k, "/spec/sourceRef/namespace").unwrap_or(text(k, "/metadata/namespace"));
            (
                text(k, "/spec/sourceRef/kind").to_owned(),
                namespace.to_owned(),
                text(k, "/spec/sourceRef/name").to_owned(),
            )
        };
        let applied = text(&dependency, "/status/lastAppliedRevision");
        let stale = source_of(&dependency) == source_of(object) && applied != text(source, "/status/artifact/revision");
        stale.then(|| format!("dependency '{path}' revision is not up to date"))
    })
}
