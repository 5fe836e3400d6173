//! The lab: a real control plane and real Flux controllers as host processes, without containers.
//!
//! [`Lab::start`] brings up etcd, kube-apiserver, kube-controller-manager and kube-scheduler on loopback addresses of
//! their own, a Git server and a chart registry, and a [`node`] agent that plays kubelet: it runs the Pods of
//! `flux-system` as processes, each with its own ServiceAccount, host name and view of the network, and reports what their
//! probes say. Whatever can go wrong between two of these programs can be made to go wrong: see [`faults`] and [`link`].
//!
//! The [`observer`] is a process of its own that reads everything that ever happened from etcd itself. The [`laws`] judge
//! fluxlift by what it has written down, and share no code with it.

pub mod audit;
pub mod bootstrapped;
pub mod conditions;
pub mod control_plane;
pub mod error;
mod etcd_watch;
pub mod faults;
pub mod flux_likeness;
pub mod git;
pub mod ground;
pub mod history;
pub mod lab;
pub mod laws;
pub mod ledger;
pub mod likeness;
pub mod link;
pub mod live;
pub mod live_tree;
pub mod node;
pub mod observer;
pub mod patience;
pub mod process;
pub mod product;
pub mod registry;
pub mod releases;
pub mod scenario;
pub mod subnet;
pub mod terragrunt;
pub mod tools;

pub use error::LabError;
pub use lab::Lab;
pub use tools::Tools;
