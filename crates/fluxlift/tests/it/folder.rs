//! All files of a folder, in memory: to make copies of it, and to compare it with what it was.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The files of a folder by path, each with its content and its mode.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Folder(BTreeMap<PathBuf, (Vec<u8>, u32)>);

impl Folder {
    /// What is in `root` now; nothing where there is no such folder.
    pub(crate) fn read(root: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut left = vec![root.to_owned()];
        while let Some(folder) = left.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    left.push(entry.path());
                } else {
                    let mode = entry.metadata().unwrap().permissions().mode();
                    let name = entry.path().strip_prefix(root).unwrap().to_owned();
                    files.insert(name, (fs::read(entry.path()).unwrap(), mode));
                }
            }
        }
        Self(files)
    }

    /// Writes all of it into `root`.
    pub(crate) fn write(&self, root: &Path) {
        for (name, (content, mode)) in &self.0 {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
        }
    }

    /// Makes `root` exactly this, and touches only what is not so already.
    pub(crate) fn restore(&self, root: &Path) {
        let now = Self::read(root);
        let gone = now.0.keys().filter(|name| !self.0.contains_key(*name));
        gone.for_each(|name| fs::remove_file(root.join(name)).unwrap());
        let differs = |(name, file): &(&PathBuf, &(Vec<u8>, u32))| now.0.get(*name) != Some(file);
        let differing = self.0.iter().filter(differs).map(|(name, file)| (name.clone(), file.clone()));
        Self(differing.collect()).write(root);
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The files that are not in `other`, or not like this.
    pub(crate) fn unlike(&self, other: &Self) -> Vec<&Path> {
        let differs = |name: &&PathBuf| self.0.get(*name) != other.0.get(*name);
        self.0.keys().filter(differs).map(PathBuf::as_path).collect()
    }
}
