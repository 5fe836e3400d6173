//! A Kubernetes cluster as fluxlift sees it.
//!
//! [`Kubeconfig`] says where a cluster is and who we are; [`Cluster`] is the connection; [`Object`] is what it holds.
//! [`Cluster::observe`] turns lists and watches into the streams that the gate driver wants, and [`gates`] has the
//! conditions on built-in objects that more than one unit waits for.
//!
//! **Every request has a time limit, and no layer retries in silence.** Retrying is spelled [`Cluster::persistent`] or
//! [`persist()`]: it shows in the events, ends with the run's cancellation, and ends by itself.

pub mod certificate;
pub mod cluster;
pub mod connect;
pub mod discovery;
pub mod error;
pub mod gates;
pub mod kind;
pub mod kubeconfig;
pub mod kubeconfig_choice;
pub mod kubeconfig_file;
pub mod lean;
pub mod object;
pub mod observe;
mod pages;
pub mod persist;
pub mod pod;
pub mod pulse;
pub mod query;
pub mod reference;
pub mod reservation;
pub mod share;
pub mod verbs;
pub mod watcher;

pub use cluster::{Cluster, FIELD_MANAGER};
pub use connect::ConnectError;
pub use error::{Class, RequestError};
pub use kind::Kind;
pub use kubeconfig::{Kubeconfig, KubeconfigError};
pub use kubeconfig_choice::{ChoiceError, ChosenContext, choose_context};
pub use kubeconfig_file::write_kubeconfig;
pub use object::{Condition, Object};
pub use observe::Observations;
pub use persist::{persist, persist_while};
pub use pulse::Pulse;
pub use query::{Collection, Key, Query};
pub use reference::ObjectRef;
pub use reservation::{Claim, ReservationError};
pub use share::{Shared, both};
pub use verbs::{ApplyAs, Deletion};
