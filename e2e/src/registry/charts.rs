//! The charts, packed.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use crate::LabError;

/// Where flux-operator's chart is served.
pub const FLUX_OPERATOR: &str = "charts/flux-operator";
/// Where the tiny chart is served.
pub const TINY: &str = "charts/tiny";
/// The tiny chart's version.
pub const TINY_VERSION: &str = "1.0.0";

/// One ConfigMap: what the fifty releases bring.
const TINY_TEMPLATE: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  release: {{ .Release.Name | quote }}
  greeting: {{ .Values.greeting | quote }}
";

/// A chart as a registry takes it.
pub(super) struct Packed {
    pub(super) repository: String,
    pub(super) version: String,
    pub(super) metadata: Value,
    pub(super) archive: Vec<u8>,
}

/// The tiny chart.
pub(super) fn tiny() -> Result<Packed, LabError> {
    let metadata = json!({"apiVersion": "v2", "name": "tiny", "type": "application", "version": TINY_VERSION,
        "description": "One ConfigMap", "appVersion": TINY_VERSION});
    let files = [
        ("Chart.yaml".to_owned(), metadata.to_string()),
        ("values.yaml".to_owned(), "greeting: hello\n".to_owned()),
        ("templates/configmap.yaml".to_owned(), TINY_TEMPLATE.to_owned()),
    ];
    pack(TINY, TINY_VERSION, metadata, &files)
}

/// flux-operator's chart: our own in the shape of the real one, with the real definitions.
pub(super) fn flux_operator(version: &str, config: &Path) -> Result<Packed, LabError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/fluxlift-sim/charts/flux-operator");
    let mut files = Vec::new();
    for path in listed(&root)? {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        let text = match name.as_str() {
            "templates/crds.yaml" => definitions(&config.join("crd/bases"))?,
            "Chart.yaml" => read(&path)?
                .replace("ersion: 0.0.0", &format!("ersion: {version}"))
                .replace("ersion: v0.0.0", &format!("ersion: v{version}")),
            _ => read(&path)?,
        };
        files.push((name, text));
    }
    let metadata = json!({"apiVersion": "v2", "name": "flux-operator", "type": "application", "version": version,
        "description": "flux-operator, for the lab", "appVersion": format!("v{version}")});
    pack(FLUX_OPERATOR, version, metadata, &files)
}

/// The definitions as a template: kept when the release goes, as the real chart has it.
fn definitions(folder: &Path) -> Result<String, LabError> {
    let mut text = "{{- if .Values.installCRDs }}\n".to_owned();
    for path in listed(folder)? {
        let definition = read(&path)?;
        let kept = "  annotations:\n    helm.sh/resource-policy: keep\n";
        let definition = definition.trim_start_matches("---\n").replacen("  annotations:\n", kept, 1);
        text.push_str("---\n");
        // What looks like a template in a description is not one.
        text.push_str(&definition.replace("{{", "{{ \"{{\" }}"));
    }
    text.push_str("{{- end }}\n");
    Ok(text)
}

/// The files below `folder`, in order.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, LabError> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let doing = || LabError::io(format!("list {}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(doing())? {
            let path = entry.map_err(doing())?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String, LabError> {
    std::fs::read_to_string(path).map_err(LabError::io(format!("read {}", path.display())))
}

fn pack(repository: &str, version: &str, metadata: Value, files: &[(String, String)]) -> Result<Packed, LabError> {
    let name = repository.rsplit('/').next().unwrap_or(repository);
    let doing = || LabError::io(format!("pack the chart {name}"));
    let mut tar = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{name}/{path}"), text.as_bytes()).map_err(doing())?;
    }
    let tar = tar.into_inner().map_err(doing())?;
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(&tar).map_err(doing())?;
    let archive = gzip.finish().map_err(doing())?;
    Ok(Packed { repository: repository.to_owned(), version: version.to_owned(), metadata, archive })
}
