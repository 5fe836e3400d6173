//! The simulated machines' Talos: from an empty disk to a running Kubernetes.
//!
//! A [`Machine`] is a state machine in the [`World`](crate::World). It boots, waits in maintenance behind a throwaway
//! certificate, takes a configuration, installs itself, reboots, and from then on speaks mutual TLS under its cluster's own
//! authority. Each behaviour follows the real machines: connections break when a machine reboots, replies can
//! get lost, etcd's guard looks at one machine only, and the kubeconfig's archive has no end.

mod answer;
mod apply;
mod bootstrap;
mod certificates;
mod configuration;
mod definitions;
mod dispatch;
mod etcd;
mod fault;
mod grpc;
mod health;
mod kubernetes;
mod life;
mod machine;
mod manifests;
mod profile;
mod read;
mod route;
mod serve;
mod timing;
mod tls;
mod wake;

pub use configuration::Configuration;
pub use fault::TalosFault;
pub use life::power;
pub use machine::{ConsoleLine, Disk, EtcdData, EtcdState, Machine, ServerIdentity, Talos};
pub use profile::Profile;
pub use route::{addresses, route};
pub use serve::connection;
pub use wake::{TalosWake, wake};

/// Where the Talos API answers.
pub const PORT: u16 = fluxlift_talos::client::PORT;

/// Where the Kubernetes API of a control plane answers.
pub const KUBERNETES_PORT: u16 = 6443;
