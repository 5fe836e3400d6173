//! The reference tree in a repository of its own, as somebody has it who runs it with Terragrunt and no fluxlift of its
//! own: pointed at the lab, with a cluster that a module of theirs has brought up.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::LabError;

/// Where the units are.
const LIVE: &str = "terraform/infra/live/clusters/cluster-101";
/// What says which Flux is wanted, and from where.
const VERSIONS: &str = "terraform/infra/live/common/application-versions.hcl";
/// What says which folder is synced.
const CLUSTER: &str = "terraform/infra/live/clusters/cluster-101/cluster.hcl";
/// The key that opens the tree's secrets.
const AGE_KEY: &str = "terraform/infra/live/common/test-age.key";

/// The module that stands for whatever brought the cluster up: it gives what the reference's own gives.
const MODULE: &str = r#"variable "kubeconfig_path" {
  type = string
}

output "kubeconfig" {
  value     = file(var.kubeconfig_path)
  sensitive = true
}

output "kubeconfig_path" {
  value = var.kubeconfig_path
}

output "cluster_ready" {
  value = true
}
"#;

/// A tree on disk.
#[derive(Debug, Clone)]
pub struct LiveTree {
    root: PathBuf,
}

impl LiveTree {
    /// Writes the tree below `root`, with these settings of the versions file, this folder to sync, and this kubeconfig.
    ///
    /// # Errors
    /// When it cannot be written, or the reference tree has no such setting.
    pub fn write(
        root: impl Into<PathBuf>,
        versions: &[(&str, &str)],
        git_path: &str,
        kubeconfig: &Path,
    ) -> Result<Self, LabError> {
        let tree = Self { root: root.into() };
        let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../terraform");
        copy(&reference, &tree.root.join("terraform"))?;
        for (key, value) in versions {
            tree.set(VERSIONS, key, value)?;
        }
        tree.set(CLUSTER, "git_path", git_path)?;
        tree.put("terraform/infra/modules/existing_cluster/main.tf", MODULE)?;
        let unit = format!(
            "include \"root\" {{\n  path = find_in_parent_folders(\"root.hcl\")\n}}\n\nterraform {{\n  source = \
             \"${{get_repo_root()}}/terraform/infra/modules//existing_cluster\"\n}}\n\ninputs = {{\n  kubeconfig_path = \
             \"{}\"\n}}\n",
            kubeconfig.display()
        );
        tree.put(&format!("{LIVE}/bootstrap/terragrunt.hcl"), &unit)?;
        let made = Command::new("git").args(["init", "--quiet"]).current_dir(&tree.root).stdin(Stdio::null()).status();
        match made.map_err(LabError::io("start git"))? {
            status if status.success() => Ok(tree),
            status => Err(LabError::Unexpected(format!("git init ended with {status}"))),
        }
    }

    /// The folder of all units.
    pub fn live(&self) -> PathBuf {
        self.root.join(LIVE)
    }

    /// The folder of a unit.
    pub fn unit(&self, name: &str) -> PathBuf {
        self.live().join(name)
    }

    /// The file with the key that opens the tree's secrets.
    pub fn age_key(&self) -> PathBuf {
        self.root.join(AGE_KEY)
    }

    fn put(&self, path: &str, text: &str) -> Result<(), LabError> {
        let path = self.root.join(path);
        let folder = path.parent().unwrap_or(&self.root);
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
        written.map_err(LabError::io(format!("write {}", path.display())))
    }

    /// Gives the one setting called `key` another value.
    fn set(&self, file: &str, key: &str, value: &str) -> Result<(), LabError> {
        let path = self.root.join(file);
        let text = std::fs::read_to_string(&path).map_err(LabError::io(format!("read {}", path.display())))?;
        let name = |line: &str| line.split_once('=').map(|(name, _)| name.trim().to_owned());
        if text.lines().filter(|line| name(line).as_deref() == Some(key)).count() != 1 {
            return Err(LabError::Unexpected(format!("{file} has no single setting called {key}")));
        }
        let line = |line: &str| {
            if name(line).as_deref() == Some(key) { format!("{key} = \"{value}\"\n") } else { format!("{line}\n") }
        };
        self.put(file, &text.lines().map(line).collect::<String>())
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), LabError> {
    let failed = |what: &Path| LabError::io(format!("copy {}", what.display()));
    std::fs::create_dir_all(to).map_err(failed(from))?;
    for entry in std::fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(failed(&path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_points_where_it_is_told_and_its_cluster_is_there_already() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("tree");
        let versions = [("flux_version", "2.9.4")];
        let tree = LiveTree::write(&root, &versions, "clusters/lab", Path::new("/k")).unwrap();
        let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
        assert!(read(VERSIONS).contains("flux_version = \"2.9.4\""));
        assert!(read(CLUSTER).contains("git_path = \"clusters/lab\""));
        assert!(read(&format!("{LIVE}/bootstrap/terragrunt.hcl")).contains("kubeconfig_path = \"/k\""));
        assert!(tree.unit("flux-instance").join("terragrunt.hcl").is_file() && tree.age_key().is_file());
        assert!(LiveTree::write(root.join("x"), &[("no_such", "")], "", Path::new("/k")).is_err());
    }
}
