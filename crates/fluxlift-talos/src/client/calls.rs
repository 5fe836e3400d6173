//! The calls, in the words of their callers.

use fluxlift_core::Secret;
use prost::Message;

use super::{TalosClient, TalosError, first_file};
use crate::MachineConfig;
use crate::proto::machine::{
    ApplyConfigurationRequest, ApplyMode, BootstrapRequest, EtcdMemberListRequest, FilesRequest, RebootMode,
    RebootRequest, ResetPartition, ResetRequest,
};
use crate::proto::resource::{
    Address, GetRequest, MACHINE_CONFIG, MACHINE_STATUS, MachineConfigSpec, MachineStatusSpec, SYSTEM_INFORMATION,
    Stage, SystemInformationSpec,
};
use crate::proto::rpc;
use crate::proto::shared::Empty;

/// How a machine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineStatus {
    /// What it is doing.
    pub stage: Stage,
    /// Whether it is fine.
    pub ready: bool,
    /// What it waits for.
    pub unmet: Vec<Unmet>,
}

/// Something that a machine waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What.
    pub name: String,
    /// Why it is not so.
    pub reason: String,
}

impl std::fmt::Display for MachineStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.stage.word())?;
        for (n, unmet) in self.unmet.iter().enumerate() {
            write!(f, "{} {}: {}", if n == 0 { ", waiting for" } else { ";" }, unmet.name, unmet.reason)?;
        }
        Ok(())
    }
}

/// A service of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub id: String,
    /// Its state, such as `Running` or `Preparing`.
    pub state: String,
    /// Its health, where it is known.
    pub healthy: Option<bool>,
}

/// A member of etcd.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EtcdMember {
    /// Its id.
    pub id: u64,
    /// The node it runs on.
    pub hostname: String,
    /// It follows without a vote yet.
    pub learner: bool,
}

impl TalosClient {
    /// The version of its Talos, such as `v1.12.0`.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn version(&self) -> Result<String, TalosError> {
        let version = self.one::<rpc::Version>(Empty {}).await?.version;
        version.map(|v| v.tag).ok_or_else(|| self.lacks("Version", "the version"))
    }

    /// How the machine is.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn status(&self) -> Result<MachineStatus, TalosError> {
        let spec: MachineStatusSpec = self.resource(MACHINE_STATUS).await?;
        let stage = spec.stage();
        let status = spec.status.unwrap_or_default();
        let unmet = status.unmet_conditions.into_iter().map(|u| Unmet { name: u.name, reason: u.reason });
        Ok(MachineStatus { stage, ready: status.ready, unmet: unmet.collect() })
    }

    /// The configuration that the machine runs; `None` when it has none or hides it.
    ///
    /// # Errors
    /// When the call fails otherwise, or the configuration is not readable.
    pub async fn config(&self) -> Result<Option<MachineConfig>, TalosError> {
        let spec: MachineConfigSpec = match self.resource(MACHINE_CONFIG).await {
            Ok(spec) => spec,
            Err(TalosError::Answer { code: tonic::Code::NotFound, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = Secret::new(String::from_utf8(spec.yaml_marshalled).unwrap_or_default());
        MachineConfig::parse(text.expose()).map(Some).map_err(|_| self.lacks("Get", "a readable configuration"))
    }

    /// What tells this machine from one that is made anew in its place: its UUID; `None` when its firmware has none.
    ///
    /// # Errors
    /// When the call fails otherwise.
    pub async fn system_uuid(&self) -> Result<Option<String>, TalosError> {
        match self.resource::<SystemInformationSpec>(SYSTEM_INFORMATION).await {
            Ok(spec) => Ok(Some(spec.uuid).filter(|uuid| !uuid.is_empty())),
            Err(TalosError::Answer { code: tonic::Code::NotFound, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives the machine its configuration. An error after sending does not mean that it did not get it: look again.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn apply(&self, config: &MachineConfig, mode: ApplyMode) -> Result<String, TalosError> {
        let request = ApplyConfigurationRequest {
            data: config.to_yaml().expose().clone().into_bytes(),
            mode: mode.into(),
            dry_run: false,
            try_mode_timeout: None,
        };
        Ok(self.one::<rpc::ApplyConfiguration>(request).await?.mode_details)
    }

    /// Makes the machine found the etcd cluster. Success means that etcd is starting.
    ///
    /// # Errors
    /// When the call fails; [`Class::Already`](super::Class::Already) when the machine has etcd data.
    pub async fn bootstrap(&self) -> Result<(), TalosError> {
        self.one::<rpc::Bootstrap>(BootstrapRequest::default()).await.map(|_| ())
    }

    /// The members of etcd as the machine's own member knows them, by id.
    ///
    /// # Errors
    /// When the call fails: etcd does not run there, for one.
    pub async fn etcd_members(&self) -> Result<Vec<EtcdMember>, TalosError> {
        let members = self.one::<rpc::EtcdMemberList>(EtcdMemberListRequest { query_local: true }).await?.members;
        let member =
            |m: crate::proto::machine::EtcdMember| EtcdMember { id: m.id, hostname: m.hostname, learner: m.is_learner };
        let mut members: Vec<EtcdMember> = members.into_iter().map(member).collect();
        members.sort();
        Ok(members)
    }

    /// The names in a folder of the machine.
    ///
    /// # Errors
    /// When the call fails or the folder can't be read: it is not there, for one.
    pub async fn files(&self, folder: &str) -> Result<Vec<String>, TalosError> {
        let (mut names, mut unread) = (Vec::new(), None);
        let request = FilesRequest { root: folder.to_owned() };
        self.stream::<rpc::ListFiles>(request, |file| {
            if !file.error.is_empty() {
                unread = Some(format!("{}: {}", file.name, file.error));
            } else if !matches!(file.relative_name.as_str(), "" | ".") {
                names.push(file.relative_name);
            }
            unread.is_some()
        })
        .await?;
        match unread {
            Some(message) => {
                Err(TalosError::Answer { to: self.to().clone(), call: "List", code: tonic::Code::Unknown, message })
            }
            None => Ok(names),
        }
    }

    /// The services of the machine.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn services(&self) -> Result<Vec<Service>, TalosError> {
        let services = self.one::<rpc::ServiceList>(Empty {}).await?.services;
        let service = |s: crate::proto::machine::ServiceInfo| Service {
            id: s.id,
            state: s.state,
            healthy: s.health.filter(|h| !h.unknown).map(|h| h.healthy),
        };
        Ok(services.into_iter().map(service).collect())
    }

    /// An administrator's kubeconfig. It points at the cluster's endpoint.
    ///
    /// # Errors
    /// When the call fails or the archive has no kubeconfig.
    pub async fn kubeconfig(&self) -> Result<Secret<String>, TalosError> {
        let mut archive = Vec::new();
        let mut found = first_file(&archive);
        let streamed = self
            .stream::<rpc::Kubeconfig>(Empty {}, |piece| {
                archive.extend_from_slice(&piece.bytes);
                found = first_file(&archive);
                found.is_ok()
            })
            .await;
        match (found, streamed) {
            (Ok(file), _) => Ok(file),
            (Err(_), Err(error)) => Err(error),
            (Err(source), Ok(())) => Err(TalosError::Kubeconfig { to: self.to().clone(), source }),
        }
    }

    /// Reboots the machine.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn reboot(&self) -> Result<(), TalosError> {
        self.one::<rpc::Reboot>(RebootRequest { mode: RebootMode::Default.into() }).await.map(|_| ())
    }

    /// Wipes the machine's state and data and reboots it into maintenance; `graceful` leaves etcd first.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn reset(&self, graceful: bool) -> Result<(), TalosError> {
        let wipe = ["STATE", "EPHEMERAL"].map(|label| ResetPartition { label: label.to_owned(), wipe: true });
        let request = ResetRequest { graceful, reboot: true, system_partitions_to_wipe: wipe.into() };
        self.one::<rpc::Reset>(request).await.map(|_| ())
    }

    async fn resource<S: Message + Default>(&self, address: Address) -> Result<S, TalosError> {
        let request = GetRequest {
            namespace: address.namespace.to_owned(),
            r#type: address.r#type.to_owned(),
            id: address.id.to_owned(),
        };
        let spec = self.unary::<rpc::GetResource>(request).await?.resource.and_then(|r| r.spec);
        let bytes = spec.ok_or_else(|| self.lacks("Get", "the resource"))?.proto_spec;
        S::decode(bytes.as_slice()).map_err(|_| self.lacks("Get", "a readable resource"))
    }

    fn lacks(&self, call: &'static str, what: &'static str) -> TalosError {
        TalosError::Empty { to: self.to().clone(), call, what }
    }
}
