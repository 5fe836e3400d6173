//! From a chart and values to the text of each of its files.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::Value;
use serde_json::{Value as Json, json};

use super::data::from_json;
use super::engine::Engine;
use super::{Capabilities, ReleaseIdentity, TemplateError, files};
use crate::chart::{Chart, Metadata};

/// A template's output.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// The template with its chart in front, such as `flux-operator/templates/deployment.yaml`.
    pub name: String,
    /// The output.
    pub text: String,
}

impl std::fmt::Debug for RenderedFile {
    /// Without the text: it may hold Secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RenderedFile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Renders every template but the partials. `values` are complete: the chart's defaults are already below them.
///
/// # Errors
/// When a template cannot be parsed, calls a function that is not there, fails, or refuses the values.
pub fn render_files(
    chart: &Chart,
    values: &Json,
    identity: &ReleaseIdentity,
    capabilities: &Capabilities,
) -> Result<Vec<RenderedFile>, TemplateError> {
    let named = |name: &str| format!("{}/{name}", chart.name());
    let mut sources: Vec<_> =
        chart.templates.iter().map(|file| (named(&file.name), file.text().into_owned())).collect();
    // Templates nearer to the chart's root are parsed last, so that theirs is the definition that counts.
    sources.sort_by(|(a, _), (b, _)| (b.matches('/').count(), b).cmp(&(a.matches('/').count(), a)));
    let engine = Engine::parse(&sources)?;
    let mut names: Vec<_> = sources.into_iter().map(|(name, _)| name).filter(|name| !is_partial(name)).collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let dot = dot(chart, values, identity, capabilities, &name);
            engine.execute(&name, &dot).map(|text| RenderedFile { name, text })
        })
        .collect()
}

fn is_partial(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|base| base.starts_with('_'))
}

fn dot(chart: &Chart, values: &Json, identity: &ReleaseIdentity, capabilities: &Capabilities, template: &str) -> Value {
    let place = json!({ "Name": template, "BasePath": format!("{}/templates", chart.name()) });
    let entries: BTreeMap<Arc<str>, Value> = [
        ("Values", from_json(values)),
        ("Release", from_json(&identity.values())),
        ("Chart", from_json(&metadata(&chart.metadata))),
        ("Capabilities", capabilities.value()),
        ("Files", files::value(&chart.files)),
        ("Subcharts", from_json(&json!({}))),
        ("Template", from_json(&place)),
    ]
    .into_iter()
    .map(|(name, value)| (name.into(), value))
    .collect();
    Value::Map(Arc::new(entries))
}

/// `.Chart`, whose fields have the names of Go's structure.
fn metadata(of: &Metadata) -> Json {
    let maintainers: Vec<_> =
        of.maintainers.iter().map(|m| json!({ "Name": m.name, "Email": m.email, "URL": m.url })).collect();
    json!({
        "Name": of.name,
        "Home": of.home,
        "Sources": of.sources,
        "Version": of.version,
        "Description": of.description,
        "Keywords": of.keywords,
        "Maintainers": maintainers,
        "Icon": of.icon,
        "APIVersion": of.api_version,
        "AppVersion": of.app_version,
        "Deprecated": of.deprecated,
        "Annotations": of.annotations,
        "KubeVersion": of.kube_version,
        "Type": of.kind,
        "IsRoot": true,
    })
}
