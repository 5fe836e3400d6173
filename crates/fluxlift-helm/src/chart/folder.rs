//! A chart in a folder.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Chart, ChartError};

impl Chart {
    /// Reads a chart from a folder. Hidden files and symbolic links are left out; `.helmignore` is not read.
    ///
    /// # Errors
    /// When a file cannot be read, or the folder holds no valid chart.
    pub fn from_folder(folder: &Path) -> Result<Self, ChartError> {
        let mut files = BTreeMap::new();
        collect(folder, "", &mut files)?;
        Self::from_files(files, &folder.display().to_string())
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), ChartError> {
    let failed = |source| ChartError::Read { place: folder.display().to_string(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        let (path, relative) = (entry.path(), format!("{prefix}{name}"));
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            collect(&path, &format!("{relative}/"), files)?;
        } else if kind.is_file() {
            let data = std::fs::read(&path)
                .map_err(|source| ChartError::Read { place: path.display().to_string(), source })?;
            files.insert(relative, data);
        }
    }
    Ok(())
}
