//! The charts of this crate, packed at several versions.

use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};
use serde_json::json;

use super::Registry;

/// The repository of the flux-operator chart.
pub const REPOSITORY: &str = "charts/flux-operator";

/// The versions at which the flux-operator chart is served.
pub const CHART_VERSIONS: [&str; 3] = ["0.14.0", "0.58.0", "0.58.1"];

/// The files of a chart in `charts/`, by path.
macro_rules! chart {
    ($chart:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../charts/", $chart, "/", $path)))),+]
    };
}

/// The flux-operator chart, in the order in which it is packed.
static FLUX_OPERATOR: &[(&str, &[u8])] = chart!("flux-operator":
    "Chart.yaml",
    "templates/NOTES.txt",
    "templates/_helpers.tpl",
    "templates/crds.yaml",
    "templates/deployment.yaml",
    "templates/rbac.yaml",
    "templates/service.yaml",
    "templates/serviceaccount.yaml",
    "templates/settings.yaml",
    "values.yaml",
);

impl Registry {
    /// A registry that serves the flux-operator chart at each of [`CHART_VERSIONS`].
    pub fn with_reference_charts() -> Self {
        let mut registry = Self::default();
        for version in CHART_VERSIONS {
            let metadata = json!({
                "apiVersion": "v2",
                "name": "flux-operator",
                "description": "Installs the operator that manages a Flux distribution",
                "type": "application",
                "version": version,
                "appVersion": format!("v{version}"),
            });
            registry.push_chart(REPOSITORY, version, &metadata, &pack(version));
        }
        registry
    }
}

/// The chart as `helm package` would pack it, with both versions set: the same bytes each time.
fn pack(version: &str) -> Vec<u8> {
    // Writing into memory cannot fail; an empty archive would be found out by its first reader.
    try_pack(version).unwrap_or_default()
}

fn try_pack(version: &str) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for &(path, content) in FLUX_OPERATOR {
        let content = if path == "Chart.yaml" { stamped(content, version) } else { content.to_vec() };
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        tar.append_data(&mut header, format!("flux-operator/{path}"), content.as_slice())?;
    }
    let tar = tar.into_inner()?;
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(&tar)?;
    gzip.finish()
}

fn stamped(chart: &[u8], version: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(chart);
    text.replace("version: 0.0.0", &format!("version: {version}"))
        .replace("appVersion: v0.0.0", &format!("appVersion: v{version}"))
        .into_bytes()
}
