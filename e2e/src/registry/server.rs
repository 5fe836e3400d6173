//! The registry.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use fluxlift_sim::registry::Registry;
use tokio_util::task::AbortOnDropHandle;

use super::charts::{self, FLUX_OPERATOR, TINY};
use super::http_server::serve;
use crate::LabError;

/// A registry that real clients pull from.
#[derive(Debug)]
pub struct RegistryServer {
    address: SocketAddr,
    registry: Arc<Mutex<Registry>>,
    _task: AbortOnDropHandle<()>,
}

impl RegistryServer {
    /// Serves the tiny chart, at `address`.
    ///
    /// # Errors
    /// When the address cannot be listened on or the chart not packed.
    pub async fn start(address: SocketAddr) -> Result<Self, LabError> {
        let registry = Arc::new(Mutex::new(Registry::default()));
        let served = Arc::clone(&registry);
        let task = serve(address, move |request| {
            let answer = served.lock().unwrap_or_else(PoisonError::into_inner).handle(&request);
            async move { answer }
        })
        .await?;
        let server = Self { address, registry, _task: task };
        server.push(&charts::tiny()?);
        Ok(server)
    }

    /// Serves the chart of flux-operator at `version`, with the definitions of `config`: the folder that comes with its
    /// binary.
    ///
    /// # Errors
    /// When the definitions cannot be read.
    pub fn push_flux_operator(&self, version: &str, config: &Path) -> Result<(), LabError> {
        self.push(&charts::flux_operator(version, config)?);
        Ok(())
    }

    fn push(&self, chart: &charts::Packed) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.push_chart(&chart.repository, &chart.version, &chart.metadata, &chart.archive);
    }

    /// The address of flux-operator's chart.
    pub fn flux_operator(&self) -> String {
        format!("oci://{}/{FLUX_OPERATOR}", self.address)
    }

    /// The address of the tiny chart.
    pub fn tiny(&self) -> String {
        format!("oci://{}/{TINY}", self.address)
    }
}
