//! What the caller wants.

use std::fmt;

use fluxlift_core::{Namespace, ReleaseName};
use serde_json::Value;

use crate::chart::Chart;
use crate::template::{Capabilities, ReleaseIdentity};

/// A release as it should be.
#[derive(Clone)]
pub struct Request {
    /// Its name.
    pub name: ReleaseName,
    /// Its namespace.
    pub namespace: Namespace,
    /// The chart.
    pub chart: Chart,
    /// The user's values; the chart's defaults go below them.
    pub values: Value,
    /// What the chart may know of the cluster.
    pub capabilities: Capabilities,
    /// How.
    pub options: Options,
}

/// How a release is brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether the namespace is made when it is not there.
    pub create_namespace: bool,
    /// Whether objects of others are taken over instead of refused.
    pub take_ownership: bool,
    /// Whether what a failed attempt created is removed again.
    pub cleanup_on_failure: bool,
    /// How many revisions are kept; at least 2.
    pub history_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { create_namespace: true, take_ownership: false, cleanup_on_failure: true, history_limit: 10 }
    }
}

impl Request {
    /// The release `name` in `namespace` from `chart`, with the default options.
    pub fn new(
        name: ReleaseName,
        namespace: Namespace,
        chart: Chart,
        values: Value,
        capabilities: Capabilities,
    ) -> Self {
        Self { name, namespace, chart, values, capabilities, options: Options::default() }
    }

    pub(super) fn identity(&self) -> ReleaseIdentity {
        ReleaseIdentity::first(self.name.clone(), self.namespace.clone())
    }

    pub(super) fn title(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

impl fmt::Debug for Request {
    /// Without values: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} from {} {})", self.title(), self.chart.name(), self.chart.version())
    }
}
