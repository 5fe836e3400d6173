//! The simulated Kubernetes API.
//!
//! [`ApiServer`] is the storage with its rules: resourceVersions, generations, finalizers, owner references, custom
//! resource definitions, server-side apply with field owners. Requests from the wire and the controllers inside the
//! world write through the same methods. [`Kube`] is the cluster around it: its certificates, where it answers, its
//! logs and the faults that were put into it.
//!
//! Left out: admission webhooks and policies, CEL rules of schemas, conversion webhooks (versions of a custom kind differ
//! in their `apiVersion` alone), aggregated APIs, the expiry of events and tokens, quotas, `exec` and `port-forward`, and
//! the field descriptions of built-in kinds. Built-in kinds are checked for what people get wrong most, not for all.
//!
//! What a controller needs is [`ApiServer::changes_since`]: who keeps a cursor sees every change once.

pub mod admission;
pub mod apply;
pub mod caller;
pub mod change;
pub mod cluster;
pub mod collect;
pub mod create;
pub mod definition;
pub mod delete;
pub mod faults;
pub mod fields;
pub mod kind;
pub mod kinds;
pub mod merge;
pub mod meta;
pub mod ownership;
pub mod patch;
pub mod resource;
pub mod shape;
pub mod standalone;
pub mod status;
pub mod store;
pub mod strategic;
pub mod update;
pub mod wire;

pub use caller::Caller;
pub use change::{Change, ChangeType, Gone};
pub use cluster::{ClusterPki, Kube, KubeWake, LogLine, TokenOwner, Tokens};
pub use delete::{DeleteOptions, Deleted, Propagation};
pub use faults::{Effect, Fault, Faults};
pub use kind::{Column, Kind, Version};
pub use patch::Patch;
pub use resource::{GroupResource, Key};
pub use standalone::standalone;
pub use status::{Cause, Details, Reason, Status};
pub use store::ApiServer;
pub use update::Part;
