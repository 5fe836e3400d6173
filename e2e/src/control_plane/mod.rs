//! etcd, kube-apiserver, kube-controller-manager and kube-scheduler, as they are.
//!
//! etcd keeps every revision and keeps it as JSON, so that [`history`](crate::history) can read what happened.

mod certificates;
mod kubeconfig;
mod plane;

pub use certificates::{Certificates, SERVER_NAME};
pub(crate) use kubeconfig::kubeconfig;
pub use plane::ControlPlane;
