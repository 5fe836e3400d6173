//! The inputs, as the tree passes them.

use fluxlift_core::{Namespace, ReleaseName, Value};
use fluxlift_engine::unit::{UnitError, UnitSpec};
use fluxlift_flux::kinds::NAMESPACE;
use fluxlift_helm::chart::Chart;
use fluxlift_helm::fetch::ChartSource;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::cluster_access::ClusterAccess;

/// The name of the release, of the chart, and so of the Deployment.
pub const NAME: &str = "flux-operator";

/// The unit's inputs.
#[derive(Debug, Clone, Deserialize)]
pub struct Inputs {
    /// The version of operator and chart; empty for whatever a chart on this machine is.
    pub flux_operator_version: String,
    /// Where the chart is: `oci://…`, the address of a `.tgz`, or a path.
    #[serde(default = "chart")]
    pub flux_operator_chart: String,
    /// The digest that the chart must have.
    pub flux_operator_chart_digest: Option<String>,
    /// Values for the chart.
    #[serde(default = "no_values")]
    pub flux_operator_values: Json,
    /// The cluster.
    #[serde(flatten)]
    pub cluster: ClusterAccess,
}

fn chart() -> String {
    "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator".to_owned()
}

fn no_values() -> Json {
    serde_json::json!({})
}

impl Inputs {
    /// Reads the inputs of `spec`.
    ///
    /// # Errors
    /// When one is missing or of another type.
    pub fn read(spec: &UnitSpec) -> Result<Self, UnitError> {
        Value::Map(spec.inputs.clone())
            .parse()
            .map_err(|error| UnitError::caused_by("the inputs of flux_operator do not fit", error))
    }

    /// Where the chart comes from. A path is relative to the repository.
    ///
    /// # Errors
    /// When it is not understood.
    pub fn source(&self, spec: &UnitSpec) -> Result<ChartSource, UnitError> {
        let place = match self.flux_operator_chart.contains("://") {
            true => self.flux_operator_chart.clone(),
            false => spec.repo_root.join(&self.flux_operator_chart).to_string_lossy().into_owned(),
        };
        let version = Some(bare(&self.flux_operator_version));
        Ok(ChartSource::parse(&place, version, self.flux_operator_chart_digest.as_deref())?)
    }

    /// Refuses a chart on this machine, or behind an address, that is not of the version that was asked for. Registries
    /// are asked for the version itself.
    ///
    /// # Errors
    /// When it is of another version.
    pub fn check(&self, source: &ChartSource, chart: &Chart) -> Result<(), UnitError> {
        let asked = bare(&self.flux_operator_version);
        if asked.is_empty()
            || asked == bare(chart.version())
            || !is_exact(asked)
            || matches!(source, ChartSource::Oci(_))
        {
            return Ok(());
        }
        let message = format!("the chart in {source} is version {}, not {asked}", chart.version());
        Err(UnitError::new(message).with_hint("ask for the version that it is, or for none"))
    }

    /// The version that the operator of `chart` gives as its own.
    pub fn expected_version(chart: &Chart) -> &str {
        Some(chart.metadata.app_version.as_str()).filter(|version| !version.is_empty()).unwrap_or(chart.version())
    }

    /// The release's name and namespace.
    ///
    /// # Errors
    /// Never: both are constants that fit their rules.
    pub fn release() -> Result<(ReleaseName, Namespace), UnitError> {
        let name = ReleaseName::new(NAME).map_err(|e| UnitError::new(e.to_string()))?;
        let namespace = Namespace::new(NAMESPACE).map_err(|e| UnitError::new(e.to_string()))?;
        Ok((name, namespace))
    }
}

/// A version without the `v` before it.
fn bare(version: &str) -> &str {
    version.trim_start_matches('v')
}

/// Whether it is one version and not a range of them.
fn is_exact(version: &str) -> bool {
    version.split('.').count() == 3
        && version.starts_with(|c: char| c.is_ascii_digit())
        && !version.contains(['x', '*'])
}
