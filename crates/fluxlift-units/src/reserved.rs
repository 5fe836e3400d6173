//! One run at a time on a cluster, wherever it was started.

use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_kube::{Claim, Cluster};

/// Does `work` while the cluster is reserved for this run.
///
/// # Errors
/// When another run is at work on the cluster, or takes it over; and as `work` fails.
pub(crate) async fn reserved<T>(
    cx: &UnitContext,
    cluster: &Cluster,
    work: impl Future<Output = Result<T, UnitError>>,
) -> Result<T, UnitError> {
    let claim = Claim { holder: cx.claimant.owner.to_string(), key: cx.claimant.folder.clone() };
    cluster.reserved(&cx.gates, &claim, work).await
}
