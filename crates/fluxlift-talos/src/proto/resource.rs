//! `cosi.resource.State`: the resources of a node, and the three that are read here.

use std::collections::BTreeMap;

use super::shared::Moment;

/// Identity and history of a resource.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ResourceMetadata {
    /// Its namespace.
    #[prost(string, tag = "1")]
    pub namespace: String,
    /// Its type, such as `MachineStatuses.runtime.talos.dev`.
    #[prost(string, tag = "2")]
    pub r#type: String,
    /// Its id.
    #[prost(string, tag = "3")]
    pub id: String,
    /// Its version, counted up with each change.
    #[prost(string, tag = "4")]
    pub version: String,
    /// The controller that owns it.
    #[prost(string, tag = "5")]
    pub owner: String,
    /// `running` or `tearing down`.
    #[prost(string, tag = "6")]
    pub phase: String,
    /// When it was made.
    #[prost(message, optional, tag = "7")]
    pub created: Option<Moment>,
    /// When it was last changed.
    #[prost(message, optional, tag = "8")]
    pub updated: Option<Moment>,
    /// What must go before it can.
    #[prost(string, repeated, tag = "9")]
    pub finalizers: Vec<String>,
    /// Labels.
    #[prost(btree_map = "string, string", tag = "10")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[prost(btree_map = "string, string", tag = "11")]
    pub annotations: BTreeMap<String, String>,
}

/// The content of a resource, in two encodings.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
#[prost(skip_debug)]
pub struct ResourceSpec {
    /// As a protobuf message of the type's own.
    #[prost(bytes = "vec", tag = "1")]
    pub proto_spec: Vec<u8>,
    /// As YAML.
    #[prost(string, tag = "2")]
    pub yaml_spec: String,
}

impl std::fmt::Debug for ResourceSpec {
    /// Without the content, which may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResourceSpec").finish_non_exhaustive()
    }
}

/// A resource.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Resource {
    /// What it is.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ResourceMetadata>,
    /// What it says.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<ResourceSpec>,
}

/// Asks for one resource.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct GetRequest {
    /// Its namespace.
    #[prost(string, tag = "1")]
    pub namespace: String,
    /// Its type.
    #[prost(string, tag = "2")]
    pub r#type: String,
    /// Its id.
    #[prost(string, tag = "3")]
    pub id: String,
}

/// One resource.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct GetResponse {
    /// It.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
}

/// Asks for all resources of a type.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ListRequest {
    /// The namespace.
    #[prost(string, tag = "1")]
    pub namespace: String,
    /// The type.
    #[prost(string, tag = "2")]
    pub r#type: String,
}

/// One resource of a list; the reply is a stream of them.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ListResponse {
    /// It.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
}

/// Where a resource is kept: namespace, type and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The namespace.
    pub namespace: &'static str,
    /// The type.
    pub r#type: &'static str,
    /// The id.
    pub id: &'static str,
}

/// How the machine is.
pub const MACHINE_STATUS: Address =
    Address { namespace: "runtime", r#type: "MachineStatuses.runtime.talos.dev", id: "machine" };

/// The configuration that the machine runs.
pub const MACHINE_CONFIG: Address =
    Address { namespace: "config", r#type: "MachineConfigs.config.talos.dev", id: "v1alpha1" };

/// What the firmware says of the machine.
pub const SYSTEM_INFORMATION: Address =
    Address { namespace: "hardware", r#type: "SystemInformations.hardware.talos.dev", id: "systeminformation" };

/// The part of [`SYSTEM_INFORMATION`] that tells one machine from another.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct SystemInformationSpec {
    /// The UUID; it is another one when the machine is made anew.
    #[prost(string, tag = "5")]
    pub uuid: String,
}

/// The content of [`MACHINE_STATUS`].
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct MachineStatusSpec {
    /// What the machine is doing.
    #[prost(enumeration = "Stage", tag = "1")]
    pub stage: i32,
    /// Whether it is fine.
    #[prost(message, optional, tag = "2")]
    pub status: Option<Readiness>,
}

/// Whether a machine is fine, and why not.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Readiness {
    /// It is.
    #[prost(bool, tag = "1")]
    pub ready: bool,
    /// What is missing.
    #[prost(message, repeated, tag = "2")]
    pub unmet_conditions: Vec<UnmetCondition>,
}

/// Something that a machine waits for.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct UnmetCondition {
    /// What.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Why it is not so.
    #[prost(string, tag = "2")]
    pub reason: String,
}

/// What a machine is doing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[repr(i32)]
pub enum Stage {
    /// Not known.
    Unknown = 0,
    /// Starting its services. A control plane stays here until etcd runs.
    Booting = 1,
    /// Writing itself to disk.
    Installing = 2,
    /// Waiting for a configuration.
    Maintenance = 3,
    /// Up.
    Running = 4,
    /// About to start anew.
    Rebooting = 5,
    /// About to stop.
    ShuttingDown = 6,
    /// Wiping itself.
    Resetting = 7,
    /// Replacing itself by another version.
    Upgrading = 8,
}

impl Stage {
    /// The word for it, as Talos shows it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Booting => "booting",
            Self::Installing => "installing",
            Self::Maintenance => "maintenance",
            Self::Running => "running",
            Self::Rebooting => "rebooting",
            Self::ShuttingDown => "shutting down",
            Self::Resetting => "resetting",
            Self::Upgrading => "upgrading",
        }
    }
}

/// The content of [`MACHINE_CONFIG`].
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
#[prost(skip_debug)]
pub struct MachineConfigSpec {
    /// The YAML.
    #[prost(bytes = "vec", tag = "1")]
    pub yaml_marshalled: Vec<u8>,
}

impl std::fmt::Debug for MachineConfigSpec {
    /// Without the content, which may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MachineConfigSpec").finish_non_exhaustive()
    }
}
