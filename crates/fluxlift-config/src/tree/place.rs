//! Where a file stands while it is evaluated.

use std::path::{Path, PathBuf};

/// For whom the functions of a file speak.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The folder of the unit that the run is about.
    pub(crate) unit_dir: PathBuf,
    /// The folder of the configuration: the unit's, or that of a file read with `read_terragrunt_config`. An included
    /// file speaks for the one that includes it.
    pub(crate) config_dir: PathBuf,
    /// The labels of the configuration's includes and the folders of the included files.
    pub(crate) includes: Vec<(String, PathBuf)>,
    /// The folder of the included file that is being evaluated, if it is one.
    pub(crate) included: Option<PathBuf>,
    /// `plan`, `apply`, …
    pub(crate) command: String,
    /// The files that are being read, outermost first, so that a file that reads itself is found.
    pub(crate) reading: Vec<PathBuf>,
}

impl Place {
    /// The place of a unit's own file.
    pub(crate) fn unit(dir: &Path, command: &str) -> Self {
        Self {
            unit_dir: dir.to_owned(),
            config_dir: dir.to_owned(),
            includes: Vec::new(),
            included: None,
            command: command.to_owned(),
            reading: Vec::new(),
        }
    }

    /// The place of a file that is read from here.
    pub(crate) fn read(&self, path: &Path) -> Self {
        let mut reading = self.reading.clone();
        reading.push(path.to_owned());
        Self {
            unit_dir: self.unit_dir.clone(),
            config_dir: path.parent().unwrap_or(path).to_owned(),
            includes: Vec::new(),
            included: None,
            command: self.command.clone(),
            reading,
        }
    }

    /// The place of a file in `dir` that is included from here.
    pub(crate) fn included(&self, dir: &Path) -> Self {
        Self { included: Some(dir.to_owned()), ..self.clone() }
    }
}
