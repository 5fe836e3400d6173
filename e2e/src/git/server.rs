//! Serving repositories over smart HTTP.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio_util::task::AbortOnDropHandle;

use super::Repository;
use super::backend;
use crate::LabError;
use crate::registry::serve;

/// A Git server with one repository.
#[derive(Debug)]
pub struct GitServer {
    /// What it serves.
    pub repository: Repository,
    address: SocketAddr,
    _task: AbortOnDropHandle<()>,
}

/// The repository's name.
const NAME: &str = "home-ops";

impl GitServer {
    /// Serves an empty repository, kept below `root`, at `address`.
    ///
    /// # Errors
    /// When the repository cannot be made or the address not listened on.
    pub async fn start(root: &Path, address: SocketAddr) -> Result<Self, LabError> {
        let repository = Repository::init(root, NAME).await?;
        let root: PathBuf = root.to_owned();
        let task = serve(address, move |request| {
            let root = root.clone();
            async move { backend::answer(&root, request).await }
        })
        .await?;
        Ok(Self { repository, address, _task: task })
    }

    /// The repository's address.
    pub fn url(&self) -> String {
        format!("http://{}/{NAME}.git", self.address)
    }
}
