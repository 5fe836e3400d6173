//! What can be wrong with a chart.

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

use crate::yaml::YamlError;

/// A chart that cannot be read or is not supported.
#[derive(Debug, Error)]
pub enum ChartError {
    /// The archive or folder cannot be read.
    #[error("the chart at {place} cannot be read")]
    Read {
        /// The file or folder, or `archive`.
        place: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file in it is not YAML.
    #[error("{file} in the chart cannot be parsed")]
    Yaml {
        /// The file, relative to the chart.
        file: String,
        /// Why not.
        #[source]
        source: YamlError,
    },
    /// A file in it has the wrong shape.
    #[error("{file} in the chart does not have the expected shape")]
    Shape {
        /// The file, relative to the chart.
        file: String,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// It has no `Chart.yaml`, so it is no chart.
    #[error("{place} holds no Chart.yaml, so it is not a chart")]
    NotAChart {
        /// The file or folder, or `archive`.
        place: String,
    },
    /// `Chart.yaml` breaks a rule.
    #[error("Chart.yaml is not valid: {why}")]
    Invalid {
        /// The rule.
        why: String,
    },
    /// An entry of the archive would land outside the chart.
    #[error("the archive's entry {entry:?} points outside the chart")]
    Escape {
        /// The entry's path as given.
        entry: String,
    },
    /// The archive holds more than a chart may.
    #[error("the archive holds more than {limit}")]
    TooLarge {
        /// The limit that it breaks, such as `20 MiB unpacked`.
        limit: String,
    },
    /// It uses something that fluxlift does not do.
    #[error("the chart needs {what}, which fluxlift does not support yet")]
    Unsupported {
        /// What, such as `sub-charts (redis)`.
        what: String,
    },
}

impl Explain for ChartError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::NotAChart { .. } => vec![Hint::new("give the folder or archive that has Chart.yaml at its top")],
            Self::Escape { .. } | Self::TooLarge { .. } => {
                vec![Hint::new("check where the chart comes from: a well-made chart does not look like this")]
            }
            Self::Unsupported { .. } => {
                vec![Hint::new("install this chart with helm, or use a version of it without them")]
            }
            _ => vec![],
        }
    }
}
