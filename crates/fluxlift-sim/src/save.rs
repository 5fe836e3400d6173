//! A world on disk, so that another process can go on with it.

use std::fs;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use fluxlift_core::{ErrorKind, Explain, Hint};
use thiserror::Error;

use crate::World;

/// Where a folder keeps its world.
const FILE: &str = ".fluxlift-sim/world.json.gz";

/// Why a world could not be saved or read back.
#[derive(Debug, Error)]
pub enum SaveError {
    /// The folder holds no world.
    #[error("{} holds no simulated datacenter", dir.display())]
    Missing {
        /// The folder.
        dir: PathBuf,
    },
    /// The file can't be read or written.
    #[error("the simulated datacenter in {} cannot be kept", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Explain for SaveError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Missing { dir } => {
                vec![Hint::new(format!("make one with `fluxlift demo --dir {}`", dir.display()))]
            }
            Self::File { .. } => vec![],
        }
    }
}

impl World {
    /// Writes the world into `dir`, all of it or nothing.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn save(&self, dir: &Path) -> Result<(), SaveError> {
        let path = dir.join(FILE);
        self.write(&path).map_err(|source| SaveError::File { path, source })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder)?;
        let draft = path.with_extension("draft");
        let mut file = GzEncoder::new(BufWriter::new(fs::File::create(&draft)?), Compression::fast());
        serde_json::to_writer(&mut file, self)?;
        let mut file = file.finish()?;
        file.flush()?;
        file.get_ref().sync_all()?;
        fs::rename(&draft, path)
    }

    /// Reads the world that `dir` holds.
    ///
    /// # Errors
    /// When there is none, or it can't be read.
    pub fn load(dir: &Path) -> Result<Self, SaveError> {
        let path = dir.join(FILE);
        let file = match fs::File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(SaveError::Missing { dir: dir.to_owned() });
            }
            opened => opened,
        };
        file.and_then(|file| Ok(serde_json::from_reader(BufReader::new(GzDecoder::new(file)))?))
            .map_err(|source| SaveError::File { path, source })
    }
}
