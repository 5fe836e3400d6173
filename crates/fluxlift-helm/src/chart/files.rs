//! The files of a chart, sorted by what they are for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChartError, Metadata};
use crate::yaml::from_yaml;

/// A file of a chart. Its name is relative to the chart, with `/` between the parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartFile {
    /// The path relative to the chart.
    pub name: String,
    /// What is in it.
    #[serde(with = "base64_bytes")]
    pub data: Vec<u8>,
}

impl ChartFile {
    /// The content as text, with what is not UTF-8 replaced.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.data)
    }
}

/// A chart, read whole. It serialises as Helm stores it in a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// `Chart.yaml`.
    pub metadata: Metadata,
    /// `Chart.lock`: none, because sub-charts are not supported.
    #[serde(default)]
    lock: Value,
    /// The files under `templates/`, partials included, in the order of their names.
    #[serde(default, deserialize_with = "or_empty")]
    pub templates: Vec<ChartFile>,
    /// `values.yaml`: the default values.
    #[serde(default)]
    pub values: Value,
    /// `values.schema.json`, kept but not enforced.
    #[serde(default, with = "optional_bytes")]
    pub schema: Option<Vec<u8>>,
    /// Every other file, `crds/` included.
    #[serde(default, deserialize_with = "or_empty")]
    pub files: Vec<ChartFile>,
}

impl Chart {
    /// Puts a chart together from its files, by path relative to the chart. Where it came from is named in errors.
    ///
    /// # Errors
    /// When `Chart.yaml` is missing or not valid, a YAML file cannot be read, or the chart has sub-charts.
    pub fn from_files(files: BTreeMap<String, Vec<u8>>, place: &str) -> Result<Self, ChartError> {
        let mut chart = Self {
            metadata: Metadata::default(),
            lock: Value::Null,
            templates: Vec::new(),
            values: Value::Object(serde_json::Map::new()),
            schema: None,
            files: Vec::new(),
        };
        let mut found = false;
        for (name, data) in files {
            if let Some(inner) = name.strip_prefix("charts/").filter(|inner| !inner.starts_with(['.', '_'])) {
                let inner = inner.split('/').next().unwrap_or(inner);
                return Err(ChartError::Unsupported { what: format!("sub-charts ({inner})") });
            }
            match name.as_str() {
                "Chart.yaml" => {
                    found = true;
                    chart.metadata = serde_json::from_value(parse(&name, &data)?)
                        .map_err(|source| ChartError::Shape { file: name.clone(), source })?;
                }
                "values.yaml" => match parse(&name, &data)? {
                    Value::Null => {}
                    values @ Value::Object(_) => chart.values = values,
                    _ => return Err(ChartError::Invalid { why: "values.yaml is not a map".to_owned() }),
                },
                "values.schema.json" => chart.schema = Some(data),
                _ if name.starts_with("templates/") => chart.templates.push(ChartFile { name, data }),
                _ => chart.files.push(ChartFile { name, data }),
            }
        }
        if !found {
            return Err(ChartError::NotAChart { place: place.to_owned() });
        }
        chart.metadata.check()?;
        Ok(chart)
    }

    /// The chart's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The chart's version.
    pub fn version(&self) -> &str {
        &self.metadata.version
    }

    /// The YAML files under `crds/`, which are installed before everything else and never upgraded or removed.
    pub fn definitions(&self) -> impl Iterator<Item = &ChartFile> {
        let yaml = |name: &str| [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
        self.files.iter().filter(move |f| f.name.starts_with("crds/") && yaml(&f.name))
    }
}

fn parse(name: &str, data: &[u8]) -> Result<Value, ChartError> {
    let text = String::from_utf8_lossy(data);
    from_yaml(text.trim_start_matches('\u{feff}')).map_err(|source| ChartError::Yaml { file: name.to_owned(), source })
}

/// Helm writes an absent list as `null`.
fn or_empty<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<ChartFile>, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// Bytes as base64 text, as Go's JSON has them.
mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = Option::<String>::deserialize(from)?.unwrap_or_default();
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

/// The same, where `null` means that there is no file.
mod optional_bytes {
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => super::base64_bytes::serialize(bytes, to),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
        super::base64_bytes::deserialize(from).map(|bytes| Some(bytes).filter(|b| !b.is_empty()))
    }
}
