//! Which canaries to send.

use fluxlift_core::GateName;
use fluxlift_kube::{Kind, Object, ObjectRef};

use super::shard::Shard;
use super::{LABEL, Species};
use crate::annotation::REQUESTED_AT;
use crate::kinds::NAMESPACE;
use crate::{Component, Controllers};

/// One canary to send: its species, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Canary {
    /// Its species.
    pub species: Species,
    /// The Deployment that it proves.
    pub deployment: String,
    /// The label that this Deployment demands.
    pub shard: Option<Shard>,
}

impl Canary {
    /// The canaries of the main controllers.
    pub fn of_components(components: &[Component]) -> Vec<Self> {
        let canaries = components.iter().flat_map(|component| Species::of(*component));
        canaries
            .map(|species| Self { deployment: species.component().name().to_owned(), species, shard: None })
            .collect()
    }

    /// The canaries of the shards that are running.
    pub fn of_shards(controllers: &Controllers, components: &[Component]) -> Vec<Self> {
        let mut canaries = Vec::new();
        for component in components.iter().filter(|component| component.can_be_sharded()) {
            for deployment in controllers.deployments_of(*component) {
                let Some(shard) = Shard::of(deployment) else { continue };
                canaries.extend(Species::of(*component).into_iter().map(|species| Self {
                    species,
                    deployment: deployment.name().to_owned(),
                    shard: Some(shard.clone()),
                }));
            }
        }
        canaries
    }

    /// What its gate is called: `canary helm-controller HelmRelease`.
    pub fn gate(&self) -> GateName {
        GateName::new(format!("canary {} {}", self.deployment, self.species.kind().kind()))
    }

    /// The object to POST.
    pub(super) fn object(&self, kind: &Kind, name: &str, run: &str, token: &str) -> Object {
        let object = Object::named(&ObjectRef::namespaced(kind.clone(), NAMESPACE, name))
            .with("spec", self.species.spec(name))
            .with_label(LABEL, run)
            .with_annotation(REQUESTED_AT, token);
        match &self.shard {
            Some(shard) => object.with_label(&shard.key, &shard.value),
            None => object,
        }
    }
}
