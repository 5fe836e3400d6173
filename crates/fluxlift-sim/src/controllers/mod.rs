//! The controllers of Kubernetes, and the machinery that they share with those of Flux.
//!
//! A controller is a client like any other: it writes through [`ApiServer`](crate::kube::ApiServer) under its own name.
//! A [`Process`] is plain data with a [`WorkQueue`] for each of its controllers; [`informer`] queues what changed,
//! [`workers`] make passes, and whatever takes time is a [`ControllerWake`] on the agenda. Nothing is observed before a
//! process is leader with synced caches.

pub mod args;
pub mod conditions;
pub mod daemonset;
pub mod deployment;
pub mod digest;
pub mod endpoints;
pub mod images;
pub mod informer;
pub mod lease;
pub mod log;
pub mod namespace;
pub mod nodes;
pub mod object;
pub mod pass;
pub mod pods;
pub mod process;
pub mod program;
pub mod queue;
pub mod replicaset;
pub mod scheduler;
pub mod state;
pub mod template;
pub mod wake;
pub mod workers;

pub use args::Args;
pub use digest::{digest, uuid};
pub use pass::{Outcome, Pass, Passed, Step};
pub use process::{Process, ProcessId};
pub use program::{Controller, Program};
pub use queue::WorkQueue;
pub use state::Controllers;
pub use wake::ControllerWake;
