//! Which chart of flux-operator is installed, as the command line asks for it.

use std::path::PathBuf;

use clap::Args;

use crate::system::System;

/// The chart of flux-operator.
#[derive(Debug, Clone, Args)]
pub struct Chart {
    /// The version of flux-operator and its chart; 0.58.1, or what a chart on this machine is, if none is named
    #[arg(long, value_name = "VERSION", help_heading = "Flux")]
    pub operator_version: Option<String>,
    /// The chart of flux-operator: oci://..., the address of a .tgz, a .tgz file or a folder; the official one if none is
    /// named
    #[arg(long, value_name = "PLACE", help_heading = "Flux")]
    pub chart: Option<String>,
    /// The digest that the chart must have: sha256:...
    #[arg(long, value_name = "DIGEST", help_heading = "Flux")]
    pub chart_digest: Option<String>,
    /// A YAML file with values for that chart
    #[arg(long, value_name = "FILE", help_heading = "Flux")]
    pub operator_values: Option<PathBuf>,
}

impl Chart {
    /// Where the chart is; one on this machine by its whole path.
    pub fn place(&self, system: &System) -> Option<String> {
        self.chart.as_ref().map(|chart| match chart.contains("://") {
            true => chart.clone(),
            false => system.dir.join(chart).to_string_lossy().into_owned(),
        })
    }

    /// The file with its values, by its whole path.
    pub fn values(&self, system: &System) -> Option<PathBuf> {
        self.operator_values.as_ref().map(|path| system.dir.join(path))
    }
}
