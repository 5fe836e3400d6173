//! How a run is asked to stop: first politely, then at once.

use tokio_util::sync::CancellationToken;

/// What a request to stop brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Every wait ends, running units finish their current act, nothing new starts.
    Stopping,
    /// Running units are dropped where they are.
    Aborting,
}

/// The handle by which a run is stopped. Clones share one switch.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    stop: CancellationToken,
    abort: CancellationToken,
}

impl Shutdown {
    /// A switch that nobody has touched yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop: the first time politely, the second time at once.
    pub fn request(&self) -> Stage {
        if self.stop.is_cancelled() {
            self.abort.cancel();
            Stage::Aborting
        } else {
            self.stop.cancel();
            Stage::Stopping
        }
    }

    /// Whether somebody asked to stop.
    pub fn is_requested(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// A token that ends with the first request.
    pub(crate) fn waits(&self) -> CancellationToken {
        self.stop.child_token()
    }

    /// Resolves with the first request.
    pub async fn requested(&self) {
        self.stop.cancelled().await;
    }

    /// Resolves with the second request.
    pub async fn aborted(&self) {
        self.abort.cancelled().await;
    }
}
