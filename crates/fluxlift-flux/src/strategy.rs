//! How the instance is brought up.

use std::time::Duration;

/// How the flux-instance unit brings Flux up.
///
/// Only [`Strategy::Gated`] is for real clusters. The other two exist for `demo` and the lab, to show the race that it
/// removes; they run through the same code and are judged by the same referee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Controllers, then a proof of each by canaries, then the sync, then the delivered set.
    #[default]
    Gated,
    /// The request's flow: the instance with its sync, its Deployments Available, then a sleep.
    Sleep {
        /// How long it sleeps.
        nap: Duration,
    },
    /// What `flux bootstrap` does: everything at once, done when the Deployments are Available.
    Naive,
}

impl Strategy {
    /// The request's 45 seconds.
    pub const REQUESTED_SLEEP: Self = Self::Sleep { nap: Duration::from_secs(45) };

    /// The strategy that a name on the command line means.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gated" | "default" => Some(Self::Gated),
            "sleep" => Some(Self::REQUESTED_SLEEP),
            "naive" => Some(Self::Naive),
            _ => None,
        }
    }
}
