//! Repeating what may be repeated while it fails in passing: a 502 of the proxy must not end a run.

use std::future::Future;

use fluxlift_core::Deadline;
use fluxlift_gate::{GateContext, GaveUp};

use crate::{Proxmox, ProxmoxError};

/// Whose run repeats, and for how long.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    cx: GateContext,
    budget: Deadline,
    seed: u64,
}

impl Proxmox {
    /// The same cluster, for acts of a run: questions, and what is done with [`Proxmox::repeating`], are repeated while
    /// they fail in passing, for at most `budget` each. The first failure is announced as a warning, and the run's
    /// cancellation ends it. `seed` is for the jitter of the pauses.
    ///
    /// Nothing else is repeated: after a reply that was lost nobody knows whether a creation or a destruction was begun.
    #[must_use]
    pub fn persistent(&self, cx: &GateContext, budget: Deadline, seed: u64) -> Self {
        self.with_patience(Some(Patience { cx: cx.clone(), budget, seed }))
    }

    /// Does `act`, again while it fails in passing. It must be safe to repeat, also when it was done and only its reply
    /// was lost.
    ///
    /// # Errors
    /// The last failure.
    pub async fn repeating<T, F, Fut>(&self, act: F) -> Result<T, ProxmoxError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, ProxmoxError>>,
    {
        let Some(Patience { cx, budget, seed }) = self.patience() else { return act().await };
        cx.persist(*seed, *budget, ProxmoxError::is_transient, act).await.map_err(|gave_up| match gave_up {
            GaveUp::Failed(error) => error,
            GaveUp::Cancelled(error) => ProxmoxError::Interrupted { what: error.to_string() },
        })
    }

    /// The same cluster, for observations: they have their own pace and show their trouble in the verdict.
    #[must_use]
    pub fn hasty(&self) -> Self {
        self.with_patience(None)
    }
}
