//! What is broken in the world, as a scenario writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use fluxlift_core::ErrorKind;
use fluxlift_sim::World;
use fluxlift_sim::controllers::Program;
use fluxlift_sim::flux::{Faults, PathFault};
use fluxlift_sim::kube::{Effect, Fault, GroupResource, Key, Status};
use fluxlift_sim::machine::Power;
use fluxlift_sim::talos::TalosFault;
use serde::Deserialize;

use super::Span;
use crate::ui::Failure;

/// Everything that is broken; what is not named works.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Behaviour {
    /// Programs whose caches take so much longer to sync.
    #[serde(default)]
    pub held: BTreeMap<String, Span>,
    /// Programs that stand still.
    #[serde(default)]
    pub frozen: Vec<String>,
    /// Programs that never lead.
    #[serde(default)]
    pub not_leading: Vec<String>,
    /// How the way to source-controller is broken.
    #[serde(default)]
    pub path: Path,
    /// Releases whose Helm actions fail: `namespace/name`.
    #[serde(default)]
    pub failing_releases: Vec<String>,
    /// GitRepositories whose fetches fail: `namespace/name`.
    #[serde(default)]
    pub failing_repositories: Vec<String>,
    /// Machines whose member of etcd stays a learner.
    #[serde(default)]
    pub no_vote: Vec<Ipv4Addr>,
    /// Machines whose next call of this name breaks off before it arrives.
    #[serde(default)]
    pub lost_requests: Vec<LostRequest>,
    /// Machines that are switched off.
    #[serde(default)]
    pub off: Vec<Ipv4Addr>,
    /// Addresses of names to which packets vanish.
    #[serde(default)]
    pub silent: BTreeSet<IpAddr>,
    /// What goes wrong at the Kubernetes API.
    #[serde(default)]
    pub api: Vec<ApiFault>,
}

/// How the way from helm- and kustomize-controller to source-controller is broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// It is not.
    #[default]
    Open,
    /// Connections are refused.
    Refused,
    /// Packets vanish.
    BlackHole,
    /// The name does not resolve.
    NoSuchName,
}

/// A call to a machine that never arrives.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LostRequest {
    /// The machine.
    pub machine: Ipv4Addr,
    /// The call, such as `Kubeconfig`.
    pub call: String,
    /// How often.
    pub times: usize,
}

/// Something that goes wrong for some requests to the Kubernetes API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApiFault {
    /// For which resource, such as `fluxinstances.fluxcd.controlplane.io`; for all where none is named.
    pub resource: Option<String>,
    /// What happens.
    pub does: ApiEffect,
    /// Before each one that it strikes, how many requests it lets pass.
    #[serde(default)]
    pub lets_pass: u32,
    /// How many requests it strikes.
    pub times: u32,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApiEffect {
    /// 404, as for a path that is not served.
    NotFound,
    /// The connection breaks before it arrives.
    Break,
}

impl Behaviour {
    /// Breaks what is named in `world`, and mends all else.
    ///
    /// # Errors
    /// When something is named that there is not.
    pub fn put_on(&self, world: &mut World) -> Result<(), Failure> {
        let mut faults = Faults { path: self.path.into(), ..Faults::default() };
        for (name, Span(long)) in &self.held {
            faults.held.insert(program(name)?, *long);
        }
        for name in &self.frozen {
            faults.frozen.insert(program(name)?);
        }
        for name in &self.not_leading {
            faults.not_leading.insert(program(name)?);
        }
        for release in &self.failing_releases {
            faults.failing_releases.insert(key(&RELEASES, release)?, u32::MAX);
        }
        for repository in &self.failing_repositories {
            faults.failing_sources.insert(key(&REPOSITORIES, repository)?, u32::MAX);
        }
        world.flux.faults = faults;
        world.names.silent.clone_from(&self.silent);
        world.kube.faults.0 = self.api.iter().flat_map(ApiFault::strikes).collect();
        let lost = self.lost_requests.iter().flat_map(|lost| {
            let fault = TalosFault::LostRequest { address: lost.machine, call: lost.call.clone() };
            std::iter::repeat_n(fault, lost.times)
        });
        let no_vote = self.no_vote.iter().map(|address| TalosFault::NoVote { address: *address });
        world.talos.faults = lost.chain(no_vote).collect();
        for address in &self.off {
            let vmid = world.talos.at(*address);
            let vmid = vmid.ok_or_else(|| wrong(format!("no machine that is on has the address {address}")))?;
            world.power(Power::Off { vmid });
        }
        world.changes += 1;
        world.settle();
        Ok(())
    }
}

const RELEASES: GroupResource = GroupResource::known("helm.toolkit.fluxcd.io", "helmreleases");
const REPOSITORIES: GroupResource = GroupResource::known("source.toolkit.fluxcd.io", "gitrepositories");

fn wrong(message: String) -> Failure {
    Failure::new(ErrorKind::Failed, message)
}

fn program(name: &str) -> Result<Program, Failure> {
    let of_kubernetes = [Program::KubeControllerManager, Program::KubeScheduler];
    Program::of_image(name)
        .or_else(|| of_kubernetes.into_iter().find(|program| program.name() == name))
        .ok_or_else(|| wrong(format!("no program is called {name}")))
}

fn key(resource: &GroupResource, title: &str) -> Result<Key, Failure> {
    let (namespace, name) = title.split_once('/').ok_or_else(|| wrong(format!("{title:?} is not namespace/name")))?;
    Ok(Key::namespaced(resource, namespace, name))
}

impl From<Path> for PathFault {
    fn from(path: Path) -> Self {
        match path {
            Path::Open => Self::None,
            Path::Refused => Self::Refused,
            Path::BlackHole => Self::BlackHole,
            Path::NoSuchName => Self::NoSuchName,
        }
    }
}

impl ApiFault {
    /// The faults of the API that come to this: the first that fits a request strikes it, so one a strike.
    fn strikes(&self) -> impl Iterator<Item = Fault> + '_ {
        let resource = self.resource.as_ref().map(|name| {
            let (plural, group) = name.split_once('.').unwrap_or((name, ""));
            GroupResource::new(group, plural)
        });
        let effect = match self.does {
            ApiEffect::NotFound => Effect::Refuse(Status::no_such_path()),
            ApiEffect::Break => Effect::Drop { handled: false },
        };
        let (count, strikes) = if self.lets_pass == 0 { (self.times, 1) } else { (1, self.times) };
        (1..=strikes).map(move |_| Fault {
            resource: resource.clone(),
            skip: self.lets_pass,
            ..Fault::any(count, effect.clone())
        })
    }
}
