//! `machine.MachineService`.

use super::shared::{Metadata, Moment, Span};

/// A reply that holds one message for each node that was asked.
pub trait Reply {
    /// The message.
    type Message;

    /// The messages.
    fn into_messages(self) -> Vec<Self::Message>;

    /// What a message says of its node.
    fn metadata(message: &Self::Message) -> Option<&Metadata>;
}

macro_rules! reply {
    ($reply:ty, $message:ty) => {
        impl Reply for $reply {
            type Message = $message;

            fn into_messages(self) -> Vec<$message> {
                self.messages
            }

            fn metadata(message: &$message) -> Option<&Metadata> {
                message.metadata.as_ref()
            }
        }
    };
}

/// How a configuration takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum ApplyMode {
    /// With a reboot.
    Reboot = 0,
    /// At once where that works, else with a reboot.
    Auto = 1,
    /// At once, or not at all.
    NoReboot = 2,
    /// At the next reboot.
    Staged = 3,
    /// At once, and taken back after a while.
    Try = 4,
}

/// `ApplyConfigurationRequest`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
#[prost(skip_debug)]
pub struct ApplyConfigurationRequest {
    /// The configuration, YAML.
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
    /// How it takes effect.
    #[prost(enumeration = "ApplyMode", tag = "4")]
    pub mode: i32,
    /// Only check it.
    #[prost(bool, tag = "5")]
    pub dry_run: bool,
    /// When a tried configuration is taken back.
    #[prost(message, optional, tag = "6")]
    pub try_mode_timeout: Option<Span>,
}

impl std::fmt::Debug for ApplyConfigurationRequest {
    /// Without the content, which may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApplyConfigurationRequest").finish_non_exhaustive()
    }
}

/// What a node says of an applied configuration.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ApplyConfiguration {
    /// Which node.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
    /// Warnings of its validation.
    #[prost(string, repeated, tag = "2")]
    pub warnings: Vec<String>,
    /// The mode that was chosen.
    #[prost(enumeration = "ApplyMode", tag = "3")]
    pub mode: i32,
    /// The outcome in words.
    #[prost(string, tag = "4")]
    pub mode_details: String,
}

/// `ApplyConfigurationResponse`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ApplyConfigurationResponse {
    /// One message a node.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<ApplyConfiguration>,
}
reply!(ApplyConfigurationResponse, ApplyConfiguration);

/// `BootstrapRequest`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct BootstrapRequest {
    /// Recover etcd from a snapshot that was uploaded.
    #[prost(bool, tag = "1")]
    pub recover_etcd: bool,
    /// Do not check the snapshot's hash.
    #[prost(bool, tag = "2")]
    pub recover_skip_hash_check: bool,
}

/// A node began to bootstrap etcd.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Bootstrap {
    /// Which node.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
}

/// `BootstrapResponse`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct BootstrapResponse {
    /// One message a node.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<Bootstrap>,
}
reply!(BootstrapResponse, Bootstrap);

/// `EtcdMemberListRequest`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct EtcdMemberListRequest {
    /// Ask the node's own member only.
    #[prost(bool, tag = "1")]
    pub query_local: bool,
}

/// A member of etcd.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct EtcdMember {
    /// Its id.
    #[prost(uint64, tag = "2")]
    pub id: u64,
    /// The node it runs on.
    #[prost(string, tag = "3")]
    pub hostname: String,
    /// Where its peers reach it.
    #[prost(string, repeated, tag = "4")]
    pub peer_urls: Vec<String>,
    /// Where its clients reach it.
    #[prost(string, repeated, tag = "5")]
    pub client_urls: Vec<String>,
    /// It follows without a vote.
    #[prost(bool, tag = "6")]
    pub is_learner: bool,
}

/// The members that a node knows.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct EtcdMembers {
    /// Which node.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
    /// Their names, as old clients read them.
    #[prost(string, repeated, tag = "2")]
    pub legacy_members: Vec<String>,
    /// The members.
    #[prost(message, repeated, tag = "3")]
    pub members: Vec<EtcdMember>,
}

/// `EtcdMemberListResponse`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct EtcdMemberListResponse {
    /// One message a node.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<EtcdMembers>,
}
reply!(EtcdMemberListResponse, EtcdMembers);

/// How a member of etcd is.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct EtcdMemberStatus {
    /// Its id.
    #[prost(uint64, tag = "10")]
    pub member_id: u64,
    /// The version of its protocol.
    #[prost(string, tag = "1")]
    pub protocol_version: String,
    /// Bytes of its database.
    #[prost(int64, tag = "2")]
    pub db_size: i64,
    /// Of those, in use.
    #[prost(int64, tag = "3")]
    pub db_size_in_use: i64,
    /// The leader's id; 0 without one.
    #[prost(uint64, tag = "4")]
    pub leader: u64,
    /// Raft: the last entry.
    #[prost(uint64, tag = "5")]
    pub raft_index: u64,
    /// Raft: the term.
    #[prost(uint64, tag = "6")]
    pub raft_term: u64,
    /// Raft: the last applied entry.
    #[prost(uint64, tag = "7")]
    pub raft_applied_index: u64,
    /// Errors.
    #[prost(string, repeated, tag = "8")]
    pub errors: Vec<String>,
    /// It follows without a vote.
    #[prost(bool, tag = "9")]
    pub is_learner: bool,
}

/// How a node's member is.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct EtcdStatus {
    /// Which node.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
    /// The member.
    #[prost(message, optional, tag = "2")]
    pub member_status: Option<EtcdMemberStatus>,
}

/// `EtcdStatusResponse`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct EtcdStatusResponse {
    /// One message a node.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<EtcdStatus>,
}
reply!(EtcdStatusResponse, EtcdStatus);

/// How healthy a service is.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ServiceHealth {
    /// Nothing is known yet.
    #[prost(bool, tag = "1")]
    pub unknown: bool,
    /// It is healthy.
    #[prost(bool, tag = "2")]
    pub healthy: bool,
    /// The last message.
    #[prost(string, tag = "3")]
    pub last_message: String,
    /// Since when.
    #[prost(message, optional, tag = "4")]
    pub last_change: Option<Moment>,
}

/// Something that happened to a service.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ServiceEvent {
    /// What.
    #[prost(string, tag = "1")]
    pub msg: String,
    /// The state it led to.
    #[prost(string, tag = "2")]
    pub state: String,
    /// When.
    #[prost(message, optional, tag = "3")]
    pub ts: Option<Moment>,
}

/// What happened to a service.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ServiceEvents {
    /// Oldest first.
    #[prost(message, repeated, tag = "1")]
    pub events: Vec<ServiceEvent>,
}

/// A service of the machine.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ServiceInfo {
    /// Its name, such as `etcd`.
    #[prost(string, tag = "1")]
    pub id: String,
    /// `Running`, `Preparing`, `Waiting`, `Finished` and so on.
    #[prost(string, tag = "2")]
    pub state: String,
    /// Its history.
    #[prost(message, optional, tag = "3")]
    pub events: Option<ServiceEvents>,
    /// Its health.
    #[prost(message, optional, tag = "4")]
    pub health: Option<ServiceHealth>,
}

/// The services of a node.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ServiceList {
    /// Which node.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
    /// The services.
    #[prost(message, repeated, tag = "2")]
    pub services: Vec<ServiceInfo>,
}

/// `ServiceListResponse`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ServiceListResponse {
    /// One message a node.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<ServiceList>,
}
reply!(ServiceListResponse, ServiceList);

/// A version of Talos.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct VersionInfo {
    /// Such as `v1.12.0`.
    #[prost(string, tag = "1")]
    pub tag: String,
    /// The commit.
    #[prost(string, tag = "2")]
    pub sha: String,
    /// When it was built.
    #[prost(string, tag = "3")]
    pub built: String,
    /// The version of Go.
    #[prost(string, tag = "4")]
    pub go_version: String,
    /// The operating system.
    #[prost(string, tag = "5")]
    pub os: String,
    /// The architecture.
    #[prost(string, tag = "6")]
    pub arch: String,
}

/// What a node runs on.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct PlatformInfo {
    /// Such as `nocloud`.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Such as `cloud`.
    #[prost(string, tag = "2")]
    pub mode: String,
}

/// Features that can be switched.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct FeaturesInfo {
    /// Roles are checked.
    #[prost(bool, tag = "1")]
    pub rbac: bool,
}

/// The version of a node.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Version {
    /// Which node.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
    /// Its Talos.
    #[prost(message, optional, tag = "2")]
    pub version: Option<VersionInfo>,
    /// Its platform.
    #[prost(message, optional, tag = "3")]
    pub platform: Option<PlatformInfo>,
    /// Its features.
    #[prost(message, optional, tag = "4")]
    pub features: Option<FeaturesInfo>,
}

/// `VersionResponse`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct VersionResponse {
    /// One message a node.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<Version>,
}
reply!(VersionResponse, Version);

/// How a machine reboots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum RebootMode {
    /// As usual, by kexec where that works.
    Default = 0,
    /// Through the firmware.
    PowerCycle = 1,
}

/// `RebootRequest`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct RebootRequest {
    /// How.
    #[prost(enumeration = "RebootMode", tag = "1")]
    pub mode: i32,
}

/// A node began to reboot.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Reboot {
    /// Which node.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
    /// Names the act in events.
    #[prost(string, tag = "2")]
    pub actor_id: String,
}

/// `RebootResponse`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct RebootResponse {
    /// One message a node.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<Reboot>,
}
reply!(RebootResponse, Reboot);

/// A partition that a reset wipes.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ResetPartition {
    /// Its label, such as `STATE`.
    #[prost(string, tag = "1")]
    pub label: String,
    /// Wipe it.
    #[prost(bool, tag = "2")]
    pub wipe: bool,
}

/// `ResetRequest`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ResetRequest {
    /// Leave etcd first.
    #[prost(bool, tag = "1")]
    pub graceful: bool,
    /// Reboot afterwards rather than halt.
    #[prost(bool, tag = "2")]
    pub reboot: bool,
    /// Which partitions; empty means all.
    #[prost(message, repeated, tag = "3")]
    pub system_partitions_to_wipe: Vec<ResetPartition>,
}

/// A node began to reset itself.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Reset {
    /// Which node.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
    /// Names the act in events.
    #[prost(string, tag = "2")]
    pub actor_id: String,
}

/// `ResetResponse`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ResetResponse {
    /// One message a node.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<Reset>,
}
reply!(ResetResponse, Reset);

/// `LogsRequest`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct LogsRequest {
    /// The namespace, `system` or `cri`.
    #[prost(string, tag = "1")]
    pub namespace: String,
    /// The service.
    #[prost(string, tag = "2")]
    pub id: String,
    /// The runtime: 0 containerd, 1 CRI.
    #[prost(int32, tag = "3")]
    pub driver: i32,
    /// Go on as it is written.
    #[prost(bool, tag = "4")]
    pub follow: bool,
    /// Only so many of the last lines; negative means all.
    #[prost(int32, tag = "5")]
    pub tail_lines: i32,
}

/// `ListRequest`: what is in a folder.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct FilesRequest {
    /// The folder.
    #[prost(string, tag = "1")]
    pub root: String,
}

/// `FileInfo`: one file of a folder, or the folder itself; the reply is a stream of them.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct FileInfo {
    /// Which machine.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
    /// Its whole path.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Whether it is a folder.
    #[prost(bool, tag = "6")]
    pub is_dir: bool,
    /// Why nothing more is known of it.
    #[prost(string, tag = "7")]
    pub error: String,
    /// Its path from the folder that was asked for, which is `.` itself.
    #[prost(string, tag = "9")]
    pub relative_name: String,
}
