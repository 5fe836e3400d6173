//! The files of a bundle, each through the redactor, and the archive that they end in.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use fluxlift_core::{Explain, Hint, Timestamp};
use serde_json::Value;
use thiserror::Error;

use super::Redactor;

/// Why there is no bundle.
#[derive(Debug, Error)]
pub enum BundleError {
    /// The file can't be written.
    #[error("the bundle {} could not be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What has to be looked for is too much to be looked for.
    #[error("the secrets of this cluster are too many or too large to be looked for: no bundle was written")]
    TooManySecrets,
}

impl Explain for BundleError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Write { .. } => vec![Hint::new("name a file in a folder that exists and can be written to")],
            Self::TooManySecrets => {
                vec![Hint::new("send what `fluxlift status` and `fluxlift doctor` print instead, after reading it")]
            }
        }
    }
}

/// The files of a bundle.
#[derive(Debug)]
pub struct Archive {
    redactor: Redactor,
    files: Vec<(String, String)>,
    unsearched: Vec<String>,
}

impl Archive {
    /// An empty one, through `redactor`, which knows nothing of the secrets in `unsearched`.
    pub const fn new(redactor: Redactor, unsearched: Vec<String>) -> Self {
        Self { redactor, files: Vec::new(), unsearched }
    }

    /// The secrets that could not be read and so were not looked for, each with the reason: they may be in it.
    pub fn unsearched(&self) -> &[String] {
        &self.unsearched
    }

    /// Adds a text.
    pub fn text(&mut self, name: &str, text: &str) {
        let clean = self.redactor.text(text);
        self.add(name, clean);
    }

    /// Adds a document.
    pub fn document(&mut self, name: &str, document: &Value) {
        let clean = serde_json::to_string_pretty(&self.redactor.json(document)).unwrap_or_default();
        self.add(name, clean + "\n");
    }

    /// Adds documents, one a line.
    pub fn lines(&mut self, name: &str, text: &str) {
        let clean = |line: &str| match serde_json::from_str::<Value>(line) {
            Ok(document) => self.redactor.json(&document).to_string(),
            Err(_) => self.redactor.text(line),
        };
        let lines: Vec<String> = text.lines().map(clean).collect();
        self.add(name, lines.join("\n") + "\n");
    }

    fn add(&mut self, name: &str, clean: String) {
        // The names of Pods and kinds become those of files.
        let name = self.redactor.text(name);
        let clean = if self.redactor.finds_one_in(&clean) {
            "this file was left out: a secret would still have been in it\n".to_owned()
        } else {
            clean
        };
        self.files.push((name, clean));
    }

    /// The names of the files.
    pub fn names(&self) -> Vec<&str> {
        self.files.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Writes `path`: a temporary file beside it, then a rename. Only its owner may read it.
    ///
    /// # Errors
    /// When it can't be written; what was there before is untouched then.
    pub fn write(&self, path: &Path, at: Timestamp) -> Result<(), BundleError> {
        let failed = |source| BundleError::Write { path: path.to_owned(), source };
        let mut temporary =
            path.file_name().map(ToOwned::to_owned).ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
        temporary.push(".new");
        let temporary = path.with_file_name(temporary);
        let written = self.fill(&temporary, at).and_then(|()| fs::rename(&temporary, path));
        written.map_err(|error| {
            // A leftover would be overwritten by the next one.
            let _ = fs::remove_file(&temporary);
            failed(error)
        })
    }

    fn fill(&self, path: &Path, at: Timestamp) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // New, so that its mode is ours from its first byte on.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let mut archive = tar::Builder::new(GzEncoder::new(file, Compression::default()));
        for (name, text) in &self.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o600);
            header.set_mtime(u64::try_from(at.as_second()).unwrap_or_default());
            archive.append_data(&mut header, format!("fluxlift-bundle/{name}"), text.as_bytes())?;
        }
        let mut file = archive.into_inner()?.finish()?;
        file.flush()?;
        file.sync_all()
    }
}
