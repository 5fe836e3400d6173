//! The world: one value that holds the whole datacenter.

use std::collections::BTreeMap;

use fluxlift_core::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::controllers::{self, Controllers};
use crate::flux::Flux;
use crate::git::GitServer;
use crate::kopiur::Kopiur;
use crate::kube::{self, Kube};
use crate::machine::MachineSpec;
use crate::names::Names;
use crate::proxmox::Cluster;
use crate::referee::Referee;
use crate::registry::Registry;
use crate::talos::{self, Talos};
use crate::volsync::VolSync;
use crate::{Agenda, Options, Wake};

/// The whole datacenter at one instant.
///
/// Every part is plain data. What a part does later it puts on the [`Agenda`]; what it draws at random it draws from
/// `random`. Parts are free functions and methods over `&mut World`, so that one may act on another (Proxmox powers a
/// machine on, Talos starts a kube-apiserver, a controller writes an object).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    /// The moment it is.
    pub now: Timestamp,
    /// What kind of datacenter it is.
    pub options: Options,
    /// The only source of chance.
    pub random: ChaCha8Rng,
    /// What will happen when.
    pub agenda: Agenda,
    /// How often something changed that somebody may be streaming; parts count it up with each such change.
    pub changes: u64,
    /// The Proxmox cluster.
    pub proxmox: Cluster,
    /// The Git server.
    pub git: GitServer,
    /// The chart registry.
    pub registry: Registry,
    /// The Kubernetes cluster.
    pub kube: Kube,
    /// Its controllers and kubelets.
    pub controllers: Controllers,
    /// What Flux keeps outside the API, and what was broken in it on purpose.
    pub flux: Flux,
    /// What volumes hold, and the repositories that they are backed up to.
    #[serde(default)]
    pub volsync: VolSync,
    /// Names with several addresses, and the addresses that do not answer.
    #[serde(default)]
    pub names: Names,
    /// What was broken in kopiur on purpose.
    #[serde(default)]
    pub kopiur: Kopiur,
    /// Who counts what the strategies claim.
    pub referee: Referee,
    /// The machines' operating system.
    pub talos: Talos,
    /// The machines that are switched on, by Proxmox's number.
    pub machines: BTreeMap<u32, MachineSpec>,
}

impl World {
    /// A datacenter with its Proxmox hosts up, no virtual machine, and its Git and chart servers serving.
    pub fn new(options: Options, now: Timestamp) -> Self {
        let random = ChaCha8Rng::seed_from_u64(options.seed);
        let kube = Kube::new(options.seed);
        Self {
            now,
            options,
            random,
            agenda: Agenda::default(),
            changes: 0,
            kube,
            controllers: Controllers::default(),
            flux: Flux::default(),
            volsync: VolSync::default(),
            names: Names::default(),
            kopiur: Kopiur::default(),
            referee: Referee::default(),
            proxmox: Cluster::default(),
            talos: Talos::default(),
            git: GitServer::default(),
            registry: Registry::with_reference_charts(),
            machines: BTreeMap::new(),
        }
    }

    /// Moves the world on to `now`: everything due happens, in order, each at its own moment.
    pub fn advance_to(&mut self, now: Timestamp) {
        self.settle();
        while let Some((at, wake)) = self.agenda.take_due(now) {
            self.now = self.now.max(at);
            self.wake(wake);
            self.settle();
        }
        self.now = self.now.max(now);
    }

    /// Hands a due wake to the part that asked for it.
    fn wake(&mut self, wake: Wake) {
        match wake {
            Wake::Look => {}
            Wake::Proxmox(end) => self.end_task(&end),
            Wake::Talos(wake) => talos::wake(self, wake),
            Wake::Kube(wake) => kube::collect::wake(self, wake),
            Wake::Controller(wake) => controllers::wake::wake(self, *wake),
        }
    }

    /// Lets every part react to what others just changed, until nothing changes any more.
    pub fn settle(&mut self) {
        loop {
            let mut changed = false;
            changed |= kube::collect::settle(self);
            controllers::state::react(self);
            if !changed {
                break;
            }
        }
    }
}
