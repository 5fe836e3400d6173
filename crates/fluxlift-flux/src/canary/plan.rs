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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_source_gets_a_canary_of_its_own() {
        let canaries = Canary::of_components(&Component::DEFAULT);
        let sources = canaries.iter().filter(|canary| canary.species.component() == Component::Source).count();
        assert_eq!((canaries.len(), sources), (8, 5));
    }

    #[test]
    fn the_canary_of_a_shard_carries_its_label_and_no_owner_of_flux() {
        let shard = Shard { key: "sharding.fluxcd.io/key".to_owned(), value: "shard1".to_owned() };
        let canary =
            Canary { species: Species::Release, deployment: "helm-controller-shard1".to_owned(), shard: Some(shard) };
        let object = canary.object(&canary.species.kind(), "c", "run", "token");
        assert_eq!(object.label("sharding.fluxcd.io/key"), Some("shard1"));
        assert_eq!(object.label(LABEL), Some("run"));
        assert_eq!(object.annotation(REQUESTED_AT), Some("token"));
        assert!(object.flag("/spec/suspend"));
        assert!(object.json()["metadata"]["labels"].as_object().is_some_and(|labels| labels.len() == 2));
    }
}
