//! What can be wrong with what a chart renders.

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

use crate::template::TemplateError;
use crate::yaml::YamlError;

/// A chart whose output cannot be installed.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A template cannot be rendered.
    #[error("the chart {chart} cannot be rendered")]
    Template {
        /// The chart.
        chart: String,
        /// Why not.
        #[source]
        source: TemplateError,
    },
    /// The output is not YAML.
    #[error("{template} renders something that cannot be parsed (document {document})")]
    Yaml {
        /// The template.
        template: String,
        /// Which of its documents, from 1.
        document: usize,
        /// Why not.
        #[source]
        source: YamlError,
    },
    /// A document is no Kubernetes object.
    #[error("{template} renders a document without {missing} (document {document})")]
    NotAnObject {
        /// The template.
        template: String,
        /// Which of its documents, from 1.
        document: usize,
        /// What it lacks.
        missing: &'static str,
    },
    /// The same object comes out twice.
    #[error("{template} renders {object}, which {other} renders as well")]
    Duplicate {
        /// The template.
        template: String,
        /// The object.
        object: String,
        /// The other template.
        other: String,
    },
    /// It needs hooks.
    #[error("{template} renders the hook {object} ({events}), and fluxlift does not run hooks")]
    Hook {
        /// The template.
        template: String,
        /// The object.
        object: String,
        /// When Helm would run it.
        events: String,
    },
}

impl Explain for RenderError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Template { source, .. } => source.hints(),
            Self::Hook { .. } => {
                vec![Hint::new("switch the hook off by the chart's values, or install the chart with helm")]
            }
            _ => vec![],
        }
    }
}
