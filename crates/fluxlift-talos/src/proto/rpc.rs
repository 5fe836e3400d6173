//! The calls: where each is reached, what it takes and what it gives.

use prost::Message;

use super::cluster::{HealthCheckProgress, HealthCheckRequest};
use super::machine::{
    ApplyConfigurationRequest, ApplyConfigurationResponse, BootstrapRequest, BootstrapResponse, EtcdMemberListRequest,
    EtcdMemberListResponse, EtcdStatusResponse, FileInfo, FilesRequest, LogsRequest, RebootRequest, RebootResponse,
    ResetRequest, ResetResponse, ServiceListResponse, VersionResponse,
};
use super::resource::{GetRequest, GetResponse, ListRequest, ListResponse};
use super::shared::{Data, Empty};

/// A call of the Talos API.
pub trait Rpc {
    /// Where it is reached.
    const PATH: &'static str;
    /// What it takes.
    type Request: Message + Default + 'static;
    /// What it gives: once, or many times as a stream.
    type Reply: Message + Default + 'static;
}

macro_rules! rpc {
    ($($(#[$doc:meta])* $name:ident, $path:literal, $request:ty => $reply:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Rpc for $name {
            const PATH: &'static str = $path;
            type Request = $request;
            type Reply = $reply;
        }
    )*};
}

rpc! {
    /// Gives a machine a configuration.
    ApplyConfiguration, "/machine.MachineService/ApplyConfiguration", ApplyConfigurationRequest => ApplyConfigurationResponse;
    /// Makes a control plane found the etcd cluster.
    Bootstrap, "/machine.MachineService/Bootstrap", BootstrapRequest => BootstrapResponse;
    /// The members of etcd.
    EtcdMemberList, "/machine.MachineService/EtcdMemberList", EtcdMemberListRequest => EtcdMemberListResponse;
    /// How the machine's own member of etcd is.
    EtcdStatus, "/machine.MachineService/EtcdStatus", Empty => EtcdStatusResponse;
    /// The cluster's health as one control plane sees it, as a stream of what it waits for.
    HealthCheck, "/cluster.ClusterService/HealthCheck", HealthCheckRequest => HealthCheckProgress;
    /// An administrator's kubeconfig, as a stream of pieces of a compressed archive.
    Kubeconfig, "/machine.MachineService/Kubeconfig", Empty => Data;
    /// The files in a folder, as a stream.
    ListFiles, "/machine.MachineService/List", FilesRequest => FileInfo;
    /// A service's log, as a stream.
    Logs, "/machine.MachineService/Logs", LogsRequest => Data;
    /// Reboots a machine.
    Reboot, "/machine.MachineService/Reboot", RebootRequest => RebootResponse;
    /// Wipes a machine.
    Reset, "/machine.MachineService/Reset", ResetRequest => ResetResponse;
    /// The services of a machine.
    ServiceList, "/machine.MachineService/ServiceList", Empty => ServiceListResponse;
    /// The version of a machine.
    Version, "/machine.MachineService/Version", Empty => VersionResponse;
    /// One resource.
    GetResource, "/cosi.resource.State/Get", GetRequest => GetResponse;
    /// All resources of a type, as a stream.
    ListResources, "/cosi.resource.State/List", ListRequest => ListResponse;
}
