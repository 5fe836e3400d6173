//! What state a machine is in, and what proves that it is where it should be.

mod apiserver;
mod apply;
mod etcd;
mod gates;
mod guard;
mod probe;
mod sight;

pub use apiserver::{ApiServer, Kubeconfig, KubeconfigFileError, RegisteredNode};
pub use apply::{Delivery, deliver};
pub use etcd::{ControlPlane, EtcdSight, look_at_control_plane, look_at_etcd};
pub use gates::{
    ApiServersReady, Awaiting, EtcdConsistent, EtcdSights, NodesRegistered, ReadySights, Running, RunsConfig,
};
pub use guard::{Decision, Recorded, decide};
pub use probe::{NodeState, probe};
pub use sight::{Sight, look};
