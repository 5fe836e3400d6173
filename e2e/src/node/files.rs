//! The files that a Pod sees.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use crate::LabError;
use crate::control_plane::SERVER_NAME;

/// A Pod's folder on the node.
#[derive(Debug, Clone)]
pub(super) struct PodFolder {
    root: PathBuf,
}

impl PodFolder {
    /// A fresh folder.
    pub(super) fn make(pods: &Path, name: &str) -> Result<Self, LabError> {
        let folder = Self { root: pods.join(name) };
        for path in [folder.account(), folder.data(), folder.temporary()] {
            fs::create_dir_all(&path).map_err(LabError::io(format!("make {}", path.display())))?;
        }
        Ok(folder)
    }

    /// Writes what a Pod with a ServiceAccount finds.
    pub(super) fn write_account(&self, token: &str, ca: &str, namespace: &str) -> Result<(), LabError> {
        for (name, text) in [("token", token), ("ca.crt", ca), ("namespace", namespace)] {
            let path = self.account().join(name);
            fs::write(&path, text).map_err(LabError::io(format!("write {}", path.display())))?;
        }
        Ok(())
    }

    fn account(&self) -> PathBuf {
        self.run().join("secrets/kubernetes.io/serviceaccount")
    }

    pub(super) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    pub(super) fn hosts(&self) -> PathBuf {
        self.root.join("hosts")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(super) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.root.join("kubeconfig")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("log")
    }
}

/// Writes the names that a Pod knows, in place: a mounted file cannot be replaced.
pub(super) fn write_hosts(path: &Path, pod: &str, address: Ipv4Addr, shared: &str) -> io::Result<()> {
    fs::write(path, format!("127.0.0.1 localhost\n{address} {pod} {SERVER_NAME}\n{shared}"))
}

/// Copies a folder with what is in it.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
