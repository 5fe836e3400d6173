//! helm-controller: its passes, and which of them move `observedGeneration` away from -1.
//!
//! Not modelled: CEL expressions, tests, drift detection, the rollback of a failed upgrade, and what a chart installs: the charts of the world outside
//! have no content here, so an action leaves its release Secret and nothing else.

pub mod action;
pub mod chart;
pub mod prepare;
pub mod release;
pub mod remediation;
pub mod remove;
pub mod secret;
pub mod values;

pub use prepare::{go_on, reconcile};

use fluxlift_core::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a worker of helm-controller is with a HelmRelease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Downloading the chart.
    Download {
        /// Its address.
        url: String,
        /// The revision of its source.
        revision: String,
        /// How many tries failed.
        tries: u32,
    },
    /// A Helm action runs.
    Action {
        /// Install or upgrade.
        action: action::Action,
        /// The chart's name.
        chart: String,
        /// The chart's version.
        version: String,
        /// When it began.
        began: Timestamp,
    },
    /// What a failed install left behind is uninstalled.
    Remediation,
    /// An uninstall runs.
    Uninstall,
}
