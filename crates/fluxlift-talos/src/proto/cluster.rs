//! `cluster.ClusterService`: the health of a whole cluster, as one of its nodes sees it.

use super::shared::{Metadata, Span};

/// Asks for it.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct HealthCheckRequest {
    /// How long the node may wait for the cluster to become healthy.
    #[prost(message, optional, tag = "1")]
    pub wait_timeout: Option<Span>,
    /// Which nodes there should be; the node finds out by itself where none are named.
    #[prost(message, optional, tag = "2")]
    pub cluster_info: Option<ClusterInfo>,
}

/// The nodes of a cluster, by address.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ClusterInfo {
    /// The control planes.
    #[prost(string, repeated, tag = "1")]
    pub control_plane_nodes: Vec<String>,
    /// The workers.
    #[prost(string, repeated, tag = "2")]
    pub worker_nodes: Vec<String>,
    /// Where to find the Kubernetes API instead of where the kubeconfig says.
    #[prost(string, tag = "3")]
    pub force_endpoint: String,
}

/// What the node waits for, or has seen.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct HealthCheckProgress {
    /// Which node says so.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
    /// One line.
    #[prost(string, tag = "2")]
    pub message: String,
}
