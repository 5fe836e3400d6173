//! A chart rendered whole.

use std::fmt;

use serde_json::Value;

use super::order::by_kind;
use super::split::documents;
use super::{Object, ObjectId, RenderError};
use crate::chart::{Chart, coalesce};
use crate::template::{Capabilities, ReleaseIdentity, render_files};
use crate::yaml::from_yaml;

/// What a chart comes to with given values.
#[derive(Clone, PartialEq)]
pub struct Rendered {
    /// The objects of `crds/`: installed before everything else, never upgraded, never removed.
    pub definitions: Vec<Object>,
    /// The objects of the templates, in the order of installation.
    pub objects: Vec<Object>,
    /// `NOTES.txt`, for people.
    pub notes: String,
}

impl Rendered {
    /// The names of all custom resource definitions, those of `crds/` and those among the templates.
    pub fn crds(&self) -> impl Iterator<Item = String> {
        self.definitions.iter().chain(&self.objects).filter(|o| o.is_definition()).map(|o| o.id().name)
    }

    /// The manifest as Helm stores it in a release.
    pub fn manifest(&self) -> String {
        self.objects.iter().map(|o| format!("---\n# Source: {}\n{}\n", o.template, o.text)).collect()
    }

    /// The object with this kind and name.
    pub fn find(&self, kind: &str, name: &str) -> Option<&Object> {
        self.objects.iter().find(|o| o.kind() == kind && o.id().name == name)
    }
}

impl fmt::Debug for Rendered {
    /// Without contents: there may be Secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("definitions", &self.definitions).field("objects", &self.objects).finish()
    }
}

/// Renders `chart` with the user's `values` over its defaults.
///
/// # Errors
/// When a template fails, its output is not an object, two templates render the same object, or a hook is needed.
/// Test hooks are left out: Helm runs them only when asked to.
pub fn render(
    chart: &Chart,
    values: &Value,
    identity: &ReleaseIdentity,
    capabilities: &Capabilities,
) -> Result<Rendered, RenderError> {
    let values = coalesce(&chart.values, values);
    let files = render_files(chart, &values, identity, capabilities)
        .map_err(|source| RenderError::Template { chart: chart.name().to_owned(), source })?;
    let notes_name = format!("{}/templates/NOTES.txt", chart.name());
    let mut rendered = Rendered { definitions: Vec::new(), objects: Vec::new(), notes: String::new() };
    for file in files {
        if file.name == notes_name {
            rendered.notes = file.text;
        } else if !file.name.ends_with("NOTES.txt") {
            rendered.objects.extend(objects_of(&file.name, &file.text)?);
        }
    }
    rendered.objects = without_hooks(rendered.objects)?;
    rendered.objects.sort_by(|a, b| by_kind(a.kind(), b.kind()));
    refuse_duplicates(&rendered.objects)?;
    for file in chart.definitions() {
        rendered.definitions.extend(objects_of(&format!("{}/{}", chart.name(), file.name), &file.text())?);
    }
    Ok(rendered)
}

/// The objects of a manifest that a release stores, in its order.
///
/// # Errors
/// When it is not a manifest.
pub fn parse_manifest(manifest: &str) -> Result<Vec<Object>, RenderError> {
    let mut objects = objects_of("the stored manifest", manifest)?;
    for object in &mut objects {
        if let Some(source) = object.text.lines().find_map(|line| line.strip_prefix("# Source: ")) {
            object.template = source.trim().to_owned();
        }
    }
    Ok(objects)
}

fn objects_of(template: &str, text: &str) -> Result<Vec<Object>, RenderError> {
    let mut objects = Vec::new();
    for (i, text) in documents(text).into_iter().enumerate() {
        let body = from_yaml(&text).map_err(|source| RenderError::Yaml {
            template: template.to_owned(),
            document: i + 1,
            source,
        })?;
        if body.is_null() {
            continue;
        }
        let present = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).is_some_and(|s| !s.is_empty());
        let required = [("/apiVersion", "apiVersion"), ("/kind", "kind"), ("/metadata/name", "metadata.name")];
        if let Some((_, missing)) = required.into_iter().find(|(pointer, _)| !present(pointer)) {
            return Err(RenderError::NotAnObject { template: template.to_owned(), document: i + 1, missing });
        }
        objects.push(Object { template: template.to_owned(), text, body });
    }
    Ok(objects)
}

/// Takes test hooks out and refuses the others.
fn without_hooks(objects: Vec<Object>) -> Result<Vec<Object>, RenderError> {
    let mut kept = Vec::with_capacity(objects.len());
    for object in objects {
        let Some(events) = object.annotation("helm.sh/hook") else {
            kept.push(object);
            continue;
        };
        let is_test = |event: &str| matches!(event.trim(), "test" | "test-success" | "test-failure");
        if !events.split(',').all(is_test) {
            return Err(RenderError::Hook {
                template: object.template.clone(),
                object: object.id().to_string(),
                events: events.to_owned(),
            });
        }
    }
    Ok(kept)
}

fn refuse_duplicates(objects: &[Object]) -> Result<(), RenderError> {
    let mut seen: Vec<(ObjectId, &str)> = Vec::new();
    for object in objects {
        let id = object.id();
        if let Some((_, other)) = seen.iter().find(|(known, _)| known.same_object(&id)) {
            return Err(RenderError::Duplicate {
                template: object.template.clone(),
                object: id.to_string(),
                other: (*other).to_owned(),
            });
        }
        seen.push((id, &object.template));
    }
    Ok(())
}
