//! What proves that a cluster stands.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fluxlift_core::{Deadline, Evidence, GateName, Secret, chain};
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_gate::observe::every;
use fluxlift_gate::{ObserveError, Tried};
use fluxlift_net::Authority;
use fluxlift_talos::client::{Access, Class, Identity, TalosClient, TalosError};
use fluxlift_talos::node::{
    ApiServer, ApiServersReady, EtcdConsistent, Kubeconfig, NodesRegistered, ReadySights, look_at_control_plane,
};
use fluxlift_talos::secrets::ClientIdentity;
use futures::future::join_all;

use super::Inputs;
use super::etcd::{ControlPlanes, sights};

/// How long etcd may take until all control planes are members with a vote.
const MEMBERS: Deadline = Deadline::minutes(15);
/// How long an API server may take, its image included.
const SERVERS: Deadline = Deadline::minutes(15);
/// How long nodes may take to register.
const NODES: Deadline = Deadline::minutes(10);
/// How often all of this is looked at.
const GLANCE: Duration = Duration::from_secs(2);
/// How long control planes may take to hand out a kubeconfig.
const KUBECONFIG: Deadline = Deadline::minutes(5);
/// Where an API server answers on its own machine.
const API_SERVER: u16 = 6443;

/// The control planes and the way to them.
pub struct Site<'a> {
    /// What the tree says.
    pub inputs: &'a Inputs,
    /// The way.
    pub access: Access,
    /// Who we are.
    pub ours: ClientIdentity,
}

impl Site<'_> {
    /// The Talos API of a control plane.
    pub fn api(&self, node: &str) -> Authority {
        let address = self.inputs.control_plane_nodes.get(node).map_or(node, String::as_str);
        Access::api(address)
    }

    /// The control planes as they are now.
    pub async fn control_planes(&self) -> ControlPlanes {
        let look = async |node: &String| {
            (node.clone(), look_at_control_plane(&self.access, &self.api(node), &self.ours).await)
        };
        join_all(self.inputs.control_plane_nodes.keys().map(look)).await.into_iter().collect()
    }

    /// Proves that etcd has exactly the control planes as voting members.
    ///
    /// # Errors
    /// When it is split, or not so in time.
    pub async fn prove_members(&self, cx: &UnitContext) -> Result<(), UnitError> {
        let gate = EtcdConsistent { nodes: self.names() };
        let source = every(GLANCE, || async { Ok::<_, ObserveError>(sights(&self.control_planes().await)) });
        cx.gates.prove(&gate, MEMBERS.min(cx.deadline), source).await?;
        Ok(())
    }

    /// Proves that each API server is ready, then that the cluster's endpoint answers. The endpoint is asked last: it is
    /// dead before etcd lives.
    ///
    /// # Errors
    /// When one is not ready in time.
    pub async fn prove_api(&self, kubeconfig: &Kubeconfig, cx: &UnitContext) -> Result<(), UnitError> {
        let own = |address: &String| kubeconfig.api_server(&self.access, Authority::new(address.as_str(), API_SERVER));
        let mut servers = BTreeMap::new();
        for (node, address) in &self.inputs.control_plane_nodes {
            servers.insert(node.clone(), own(address)?);
        }
        let gate = ApiServersReady { name: "kube-apiserver ready on each control plane", nodes: self.names() };
        let source = every(GLANCE, || async { Ok::<_, ObserveError>(readiness(&servers).await) });
        cx.gates.prove(&gate, SERVERS.min(cx.deadline), source).await?;

        let endpoint = self.inputs.endpoint()?;
        let name = endpoint.to_string();
        let server = BTreeMap::from([(name.clone(), kubeconfig.api_server(&self.access, endpoint)?)]);
        let gate = ApiServersReady { name: "cluster endpoint answers", nodes: [name].into() };
        let source = every(GLANCE, || async { Ok::<_, ObserveError>(readiness(&server).await) });
        cx.gates.prove(&gate, SERVERS.min(cx.deadline), source).await?;
        Ok(())
    }

    /// Proves that every machine has registered in Kubernetes. Ready is not asked for: the CNI comes later.
    ///
    /// # Errors
    /// When one is missing in time.
    pub async fn prove_nodes(&self, kubeconfig: &Kubeconfig, cx: &UnitContext) -> Result<(), UnitError> {
        let server = kubeconfig.api_server(&self.access, self.inputs.endpoint()?)?;
        let gate = NodesRegistered { nodes: self.inputs.expected_nodes() };
        let source = every(GLANCE, || async { server.nodes().await.map_err(ObserveError::transient) });
        cx.gates.prove(&gate, NODES.min(cx.deadline), source).await?;
        Ok(())
    }

    /// Fetches a kubeconfig from the first control plane that gives one, `first` before the others.
    ///
    /// # Errors
    /// When none does in time.
    pub async fn kubeconfig(&self, first: Option<&str>, cx: &UnitContext) -> Result<Kubeconfig, UnitError> {
        let others = self.inputs.control_plane_nodes.keys().map(String::as_str).filter(|node| Some(*node) != first);
        let nodes: Vec<&str> = first.into_iter().chain(others).collect();
        let name = GateName::new("a control plane gives a kubeconfig");
        let text = cx.gates.attempt(name, KUBECONFIG.min(cx.deadline), GLANCE, || self.ask_all(&nodes)).await??;
        Ok(Kubeconfig::parse(text)?)
    }

    async fn ask_all(&self, nodes: &[&str]) -> Tried<Secret<String>, TalosError> {
        let mut last = String::from("there is no control plane");
        for node in nodes {
            match self.fetch(node).await {
                Ok(text) => return Tried::Done(text, Evidence::new(format!("node/{node}"), "kubeconfig=given")),
                Err(error) if error.class() == Class::Final => return Tried::Never(error),
                Err(error) => last = chain(&error),
            }
        }
        Tried::Again(last)
    }

    async fn fetch(&self, node: &str) -> Result<Secret<String>, TalosError> {
        let to = self.api(node);
        TalosClient::connect(&self.access, &to, Identity::Configured(&self.ours)).await?.kubeconfig().await
    }

    fn names(&self) -> BTreeSet<String> {
        self.inputs.control_plane_nodes.keys().cloned().collect()
    }
}

async fn readiness(servers: &BTreeMap<String, ApiServer>) -> ReadySights {
    let ask = async |(node, server): (&String, &ApiServer)| (node.clone(), server.ready().await);
    join_all(servers.iter().map(ask)).await.into_iter().collect()
}
