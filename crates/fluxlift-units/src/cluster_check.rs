//! The preflight check of the cluster itself.

use fluxlift_core::{Value, chain};
use fluxlift_engine::unit::{Check, UnitContext, UnitSpec};

use crate::Outside;
use crate::cluster_access::ClusterAccess;

/// Whether the API server answers. A cluster that an earlier unit will make is no failure.
pub async fn reachable(access: &ClusterAccess, spec: &UnitSpec, outside: &Outside, cx: &UnitContext) -> Check {
    let name = "Kubernetes API".to_owned();
    if cx.prior.is_none() || spec.inputs.values().any(Value::has_unknown) {
        return Check { name, outcome: Ok("not asked: the cluster is made by an earlier unit".to_owned()) };
    }
    let outcome = match access.connect(spec, outside, cx) {
        Err(error) => Err(chain(&error)),
        Ok(cluster) => match cluster.version().await {
            Ok(version) => Ok(format!("{} is Kubernetes {version}", cluster.server())),
            Err(error) => Err(chain(&error)),
        },
    };
    Check { name, outcome }
}
