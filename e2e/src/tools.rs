//! The programs that the lab runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The control plane: `KUBEBUILDER_ASSETS` may bring these.
const ASSETS: [&str; 5] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"];

/// What a lab with Flux needs.
pub const FLUX: [&str; 10] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "flux-operator",
    FLUX_OPERATOR_CONFIG,
    "source-controller",
    "kustomize-controller",
    "helm-controller",
    "notification-controller",
];

/// What a bare control plane needs.
pub const CONTROL_PLANE: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/// The folder that comes with flux-operator: its manifests and its definitions.
pub const FLUX_OPERATOR_CONFIG: &str = "flux-operator-config";

/// Where programs are looked for.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    folder: Option<PathBuf>,
    assets: Option<PathBuf>,
}

impl Tools {
    /// The tools that the environment names: `FLUXLIFT_LAB_TOOLS` is a folder with all of them, else `cargo xtask tools`
    /// knows where it keeps what it built.
    pub fn of_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = set("FLUXLIFT_LAB_TOOLS").or_else(|| asked(&set("CARGO").unwrap_or_else(|| "cargo".into())));
        Self { folder, assets: set("KUBEBUILDER_ASSETS") }
    }

    /// Tools in one folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), assets: None }
    }

    /// The program called `name`.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let assets = self.assets.iter().filter(|_| ASSETS.contains(&name));
        assets.chain(&self.folder).map(|folder| folder.join(name)).find(|path| path.exists())
    }

    /// The program called `name`, which a case needs.
    ///
    /// # Errors
    /// When it is not there.
    pub fn need(&self, name: &str) -> Result<PathBuf, crate::LabError> {
        self.find(name)
            .ok_or_else(|| crate::LabError::Unexpected(format!("{name} is missing: cargo xtask tools {name}")))
    }

    /// Which of `names` are missing, in order.
    pub fn missing<'a>(&self, names: &[&'a str]) -> Vec<&'a str> {
        names.iter().copied().filter(|name| self.find(name).is_none()).collect()
    }

    /// A program that was checked to be there.
    pub(crate) fn must(&self, name: &str) -> PathBuf {
        self.find(name).unwrap_or_else(|| PathBuf::from(name))
    }
}

/// The folder that `cargo xtask tools --path` prints.
fn asked(cargo: &Path) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let output = Command::new(cargo).args(["xtask", "tools", "--path"]).current_dir(root).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| PathBuf::from(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_plane_comes_from_kubebuilder_assets_first_and_flux_never() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (folder, name) in
            [(&ours, "etcd"), (&ours, "helm-controller"), (&theirs, "etcd"), (&theirs, "flux-operator")]
        {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let tools = Tools::of_environment(|name| match name {
            "FLUXLIFT_LAB_TOOLS" => Some(ours.path().into()),
            "KUBEBUILDER_ASSETS" => Some(theirs.path().into()),
            _ => None,
        });
        assert_eq!(tools.find("etcd"), Some(theirs.path().join("etcd")));
        assert_eq!(tools.missing(&["helm-controller", "flux-operator", "kubectl"]), ["flux-operator", "kubectl"]);
    }
}
