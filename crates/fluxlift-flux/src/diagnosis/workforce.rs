//! Who is there to handle an object: the controllers, their shards, namespaces and workers.

use std::collections::BTreeMap;
use std::time::Duration;

use super::subject::Subject;
use crate::Component;
use crate::annotation::RESCUE;
use crate::canary::shard::{Shard, argument};
use crate::controllers::Controllers;
use crate::kinds::NAMESPACE;

/// The key by which Flux's documentation shards; another one is not judged.
const SHARD_KEY: &str = "sharding.fluxcd.io/key";
/// How many workers a controller has unless it is told otherwise.
const WORKERS: usize = 4;

/// Which objects a controller selects by the shard label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selects {
    /// All, or by a label that is not judged here.
    Any,
    /// Those without the label.
    Unlabelled,
    /// Those whose label has this value.
    Shard(String),
}

/// One Deployment of a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crew {
    /// The name of its Deployment.
    pub deployment: String,
    /// Why it may not be at work; `None` when a current leader lives.
    pub trouble: Option<String>,
    /// Whether its leader holds the Lease and does nothing.
    pub frozen: bool,
    /// Whether a rescue that has not ended has restarted it.
    pub restarted: bool,
    /// How many objects it can work on at a time.
    pub workers: usize,
    /// What it selects.
    pub selects: Selects,
    /// Whether it looks at all namespaces, and not only at its own.
    pub everywhere: bool,
}

/// All controllers. The default knows of none, and then nothing is said of any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Workforce(pub BTreeMap<Component, Vec<Crew>>);

/// Whose business an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handler<'a> {
    /// This Deployment's.
    Crew(&'a Crew),
    /// Nobody's: no controller selects its shard.
    NoShard,
    /// Nobody's: its controller looks at its own namespace only.
    Elsewhere(&'a Crew),
    /// It is not known.
    Unknown,
}

impl Workforce {
    /// What the cluster shows of them.
    pub fn of(controllers: &Controllers) -> Self {
        let crew = |component, deployment: &fluxlift_kube::Object| Crew {
            deployment: deployment.name().to_owned(),
            trouble: controllers.trouble(component, deployment.name(), Duration::ZERO),
            frozen: controllers.is_frozen(component, deployment),
            restarted: deployment.annotation(RESCUE).is_some(),
            workers: argument(deployment, "concurrent").and_then(|count| count.parse().ok()).unwrap_or(WORKERS),
            selects: selects(deployment),
            everywhere: argument(deployment, "watch-all-namespaces").as_deref() != Some("false"),
        };
        let of = |component| {
            let crews = controllers.deployments_of(component).map(|deployment| crew(component, deployment));
            (component, crews.collect())
        };
        Self(Component::ALL.into_iter().map(of).collect())
    }

    /// The controller that handles objects like `subject`.
    pub(crate) fn component(subject: &Subject) -> Component {
        match subject.place.kind {
            "HelmRelease" => Component::Helm,
            "Kustomization" => Component::Kustomize,
            _ => Component::Source,
        }
    }

    /// The controller that looks after `subject`, where one is known to.
    pub(crate) fn crew(&self, subject: &Subject) -> Option<&Crew> {
        match self.handler(subject) {
            Handler::Crew(crew) => Some(crew),
            _ => None,
        }
    }

    pub(super) fn handler(&self, subject: &Subject) -> Handler<'_> {
        let Some(crews) = self.0.get(&Self::component(subject)) else { return Handler::Unknown };
        let selected = |crew: &&Crew| match (&crew.selects, &subject.shard) {
            (Selects::Any, _) | (Selects::Unlabelled, None) => true,
            (Selects::Shard(value), Some(shard)) => value == shard,
            _ => false,
        };
        match crews.iter().find(selected) {
            None if crews.is_empty() => Handler::Unknown,
            None => Handler::NoShard,
            Some(crew) if !crew.everywhere && subject.place.namespace != NAMESPACE => Handler::Elsewhere(crew),
            Some(crew) => Handler::Crew(crew),
        }
    }
}

fn selects(deployment: &fluxlift_kube::Object) -> Selects {
    match (argument(deployment, "watch-label-selector"), Shard::of(deployment)) {
        (_, Some(shard)) if shard.key == SHARD_KEY => Selects::Shard(shard.value),
        (Some(selector), None) if selector.contains(SHARD_KEY) => Selects::Unlabelled,
        _ => Selects::Any,
    }
}
