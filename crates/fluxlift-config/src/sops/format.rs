//! The stores: how a document is written down.

use std::path::Path;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::yaml::{self, Doc};

/// How a SOPS file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// `KEY=value` lines.
    Dotenv,
    /// Anything; the encrypted file is JSON with the content under `data`.
    Binary,
}

impl Format {
    /// The format that SOPS takes for `path`, by its ending.
    pub fn of_path(path: &Path) -> Self {
        match path.extension().and_then(|e| e.to_str()) {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json") => Self::Json,
            Some("env") => Self::Dotenv,
            _ => Self::Binary,
        }
    }

    pub(super) fn read(self, text: &str) -> Result<Doc, String> {
        match self {
            Self::Yaml => yaml::document(text).map_err(|error| error.to_string()),
            Self::Json => json(text),
            // A new file is any text; an encrypted one is JSON.
            Self::Binary => json(text)
                .ok()
                .filter(|doc| doc.get("sops").is_some())
                .map_or_else(|| Ok(Doc::Map(vec![("data".to_owned(), Doc::String(text.to_owned()))])), Ok),
            Self::Dotenv => dotenv(text),
        }
    }

    /// The decrypted document.
    pub(super) fn write(self, doc: &Doc) -> String {
        match (self, doc) {
            (Self::Binary, doc) => doc.get("data").and_then(Doc::as_str).unwrap_or_default().to_owned(),
            _ => self.write_sealed(doc),
        }
    }

    /// The encrypted document.
    pub(super) fn write_sealed(self, doc: &Doc) -> String {
        match self {
            Self::Yaml => yaml::emit(doc),
            Self::Json | Self::Binary => serde_json::to_string_pretty(doc).unwrap_or_default() + "\n",
            Self::Dotenv => {
                let mut lines = String::new();
                flat("", doc, &mut |key, value| lines.push_str(&format!("{key}={}\n", value.replace('\n', "\\n"))));
                lines
            }
        }
    }
}

fn json(text: &str) -> Result<Doc, String> {
    serde_json::from_str(text).map_err(|e| format!("it is not JSON (line {}, column {})", e.line(), e.column()))
}

fn dotenv(text: &str) -> Result<Doc, String> {
    let mut entries = Vec::new();
    let mut sops = Doc::Map(Vec::new());
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let (key, value) = line.split_once('=').ok_or_else(|| format!("line {} is not KEY=value", i + 1))?;
        let value = Doc::String(value.replace("\\n", "\n"));
        match key.strip_prefix("sops_") {
            Some(path) => deepen(&mut sops, path, value),
            None => entries.push((key.to_owned(), value)),
        }
    }
    if sops != Doc::Map(Vec::new()) {
        entries.push(("sops".to_owned(), sops));
    }
    Ok(Doc::Map(entries))
}

/// Puts `value` at a path such as `age__list_0__map_enc`.
fn deepen(doc: &mut Doc, path: &str, value: Doc) {
    let Doc::Map(entries) = doc else { return };
    let Some((key, rest)) = path.split_once("__list_") else {
        entries.push((path.to_owned(), value));
        return;
    };
    let (index, inner) = rest.split_once("__map_").unwrap_or((rest, ""));
    let index: usize = index.parse().unwrap_or(0).min(entries.len() + 64);
    if !entries.iter().any(|(k, _)| k == key) {
        entries.push((key.to_owned(), Doc::List(Vec::new())));
    }
    if let Some((_, Doc::List(items))) = entries.iter_mut().find(|(k, _)| k == key) {
        while items.len() <= index {
            items.push(Doc::Map(Vec::new()));
        }
        deepen(&mut items[index], inner, value);
    }
}

fn flat(key: &str, doc: &Doc, line: &mut dyn FnMut(&str, &str)) {
    let join = |inner: &str| match key {
        "" => inner.to_owned(),
        "sops" => format!("sops_{inner}"),
        key => format!("{key}__map_{inner}"),
    };
    match doc {
        Doc::Map(entries) => entries.iter().for_each(|(k, v)| flat(&join(k), v, line)),
        Doc::List(items) => items.iter().enumerate().for_each(|(i, v)| flat(&format!("{key}__list_{i}"), v, line)),
        Doc::String(text) => line(key, text),
        Doc::Number(n) => line(key, &n.to_string()),
        Doc::Bool(b) => line(key, &b.to_string()),
        Doc::Null => {}
    }
}

impl Serialize for Doc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(b) => serializer.serialize_bool(*b),
            Self::Number(fluxlift_core::Number::Int(i)) => serializer.serialize_i64(*i),
            Self::Number(fluxlift_core::Number::Float(f)) => serializer.serialize_f64(*f),
            Self::String(s) => serializer.serialize_str(s),
            Self::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| seq.serialize_element(item))?;
                seq.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(k, v)| map.serialize_entry(k, v))?;
                map.end()
            }
        }
    }
}
