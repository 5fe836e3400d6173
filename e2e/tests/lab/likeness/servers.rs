//! The two servers.

use std::net::SocketAddr;
use std::sync::Arc;

use fluxlift_e2e::audit;
use fluxlift_e2e::control_plane::ControlPlane;
use fluxlift_e2e::likeness::Normaliser;
use fluxlift_e2e::patience;
use fluxlift_e2e::subnet::Subnet;
use fluxlift_e2e::{LabError, Tools};
use fluxlift_gate::TokioClock;
use fluxlift_sim::kube::standalone;
use fluxlift_sim::{Datacenter, Options, World, serve};
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use super::exchange::Exchange;
use super::side::{Past, Side};
use crate::bench::Broken;

/// A real control plane and a simulated one.
pub(super) struct Servers {
    real: ControlPlane,
    sim: Simulated,
    exchanges: [Exchange; 2],
    _folder: TempDir,
    _subnet: Subnet,
}

impl Servers {
    /// Starts both.
    pub(super) async fn start(tools: &Tools) -> Result<Self, Broken> {
        let folder = tempfile::Builder::new().prefix("fluxlift-likeness-").tempdir();
        let folder = folder.map_err(LabError::io("make a folder for the control plane"))?;
        let subnet = Subnet::claim().map_err(LabError::io("find free loopback addresses"))?;
        let real = ControlPlane::start(tools, folder.path(), &subnet).await?;
        let version = real.client().apiserver_version().await.map_err(LabError::kube("ask for the version"))?;
        let sim = Simulated::start(subnet.socket(9, 6443), &version.git_version).await?;
        let kubeconfig = Kubeconfig::read_from(&real.kubeconfig);
        let kubeconfig = kubeconfig.map_err(|error| Broken(format!("the lab's kubeconfig cannot be read: {error}")))?;
        let exchanges = [exchange(kubeconfig).await?, exchange(sim.kubeconfig.clone()).await?];
        Ok(Self { real, sim, exchanges, _folder: folder, _subnet: subnet })
    }

    /// The real side and the simulated one, with nothing seen yet.
    pub(super) fn sides(&self) -> [Side; 2] {
        let normaliser = |user: &str, address: SocketAddr| {
            Normaliser::new().replacing(user, "<administrator>").replacing(address.to_string(), "<address>")
        };
        let [real, sim] = self.exchanges.clone();
        [
            Side::new(real, normaliser(audit::USER, self.real.link.address()), Past::Etcd(self.real.etcd)),
            Side::new(sim, normaliser("admin", self.sim.address), Past::World(self.sim.datacenter.clone())),
        ]
    }

    /// An error when a real program has ended meanwhile.
    pub(super) fn must_run(&mut self) -> Result<(), Broken> {
        Ok(self.real.must_run()?)
    }
}

/// A simulated cluster without machines, on the clock on the wall.
struct Simulated {
    datacenter: Datacenter,
    address: SocketAddr,
    kubeconfig: Kubeconfig,
    _listener: JoinSet<()>,
    _driver: AbortOnDropHandle<()>,
}

impl Simulated {
    async fn start(address: SocketAddr, version: &str) -> Result<Self, Broken> {
        let now = patience::moment();
        let mut world = World::new(Options::default(), now);
        version.clone_into(&mut world.kube.version);
        let kubeconfig = standalone(&mut world, address).map_err(|error| Broken(error.to_string()))?;
        let kubeconfig = Kubeconfig::from_yaml(&kubeconfig).map_err(|error| Broken(error.to_string()))?;
        let datacenter = Datacenter::new(world, Arc::new(TokioClock::starting_at(now)));
        let driver = AbortOnDropHandle::new(datacenter.run());
        let listener = serve::at(&datacenter, &address).await.map_err(LabError::io("serve the simulated API"))?;
        Ok(Self { datacenter, address, kubeconfig, _listener: listener, _driver: driver })
    }
}

/// Clients of the server in `kubeconfig`: its user's, and one of nobody.
async fn exchange(kubeconfig: Kubeconfig) -> Result<Exchange, Broken> {
    let mut nobody = kubeconfig.clone();
    for user in &mut nobody.auth_infos {
        user.auth_info = Some(AuthInfo::default());
    }
    Ok(Exchange { administrator: client(kubeconfig).await?, nobody: client(nobody).await? })
}

async fn client(kubeconfig: Kubeconfig) -> Result<Client, Broken> {
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    let mut config = config.map_err(|error| Broken(format!("the kubeconfig cannot be used: {error}")))?;
    // An answer that tells to come back later is an answer.
    config.default_retry = false;
    Client::try_from(config).map_err(|error| Broken(format!("no client could be made: {error}")))
}
