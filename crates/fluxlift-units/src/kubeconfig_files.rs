//! A unit's kubeconfig as files, for a program that can only read files.

use std::path::PathBuf;

use fluxlift_core::Secret;
use fluxlift_engine::unit::{UnitError, UnitSpec};
use fluxlift_kube::write_kubeconfig;
use tempfile::TempDir;

use crate::Outside;
use crate::cluster_access::ClusterAccess;

/// The files that name a unit's cluster; those that were made for it are gone when this is dropped.
#[derive(Debug)]
pub struct KubeconfigFiles {
    files: Vec<PathBuf>,
    _made: TempDir,
}

impl KubeconfigFiles {
    /// The files of `access`: its content in a private file, or the file at its path, behind a file that names the context
    /// where the unit has one of its own. Whoever reads them all lets the first that says something win.
    ///
    /// # Errors
    /// When there is no kubeconfig, or a file cannot be written.
    pub fn of(access: &ClusterAccess, spec: &UnitSpec, outside: &Outside) -> Result<Self, UnitError> {
        let folder = outside.env.get("TMPDIR").map_or("/tmp", String::as_str);
        let cannot = |error: std::io::Error| {
            UnitError::caused_by(format!("no kubeconfig for a script can be written to {folder}"), error)
        };
        let made = tempfile::Builder::new().prefix("fluxlift-").tempdir_in(folder).map_err(cannot)?;
        let write = |name: &str, content: &Secret<String>| {
            let path = made.path().join(name);
            write_kubeconfig(&path, content).map(|()| path).map_err(cannot)
        };
        let mut files = Vec::new();
        if let Some(context) = &access.kubeconfig_context {
            let named = serde_json::json!({"apiVersion": "v1", "kind": "Config", "current-context": context});
            files.push(write("context", &Secret::new(named.to_string()))?);
        }
        files.push(match access.content() {
            Some(content) => write("kubeconfig", content)?,
            None => access.file(spec)?,
        });
        Ok(Self { files, _made: made })
    }

    /// The value of `KUBECONFIG`.
    pub fn variable(&self) -> String {
        let files: Vec<_> = self.files.iter().map(|file| file.to_string_lossy()).collect();
        files.join(":")
    }
}
