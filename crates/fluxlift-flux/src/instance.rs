//! The FluxInstance: what it is built from, with and without its sync.

use fluxlift_kube::{Object, ObjectRef};
use serde_json::{Map, Value, json};

use crate::Component;
use crate::annotation::UNPROVEN;
use crate::kinds::{FLUX_INSTANCE, NAMESPACE};
use crate::sync::Sync;

/// The only name that flux-operator accepts.
pub const NAME: &str = "flux";
/// The Secret with the age key that kustomize-controller decrypts with.
pub const SOPS_SECRET: &str = "sops-age";
/// Where in that Secret the key is.
pub const SOPS_KEY: &str = "age.agekey";
/// The Secret with the Git credentials.
pub const GIT_SECRET: &str = "flux-system";

/// What a FluxInstance is built from.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The version of the distribution, such as `2.9.4` or `2.x`.
    pub version: String,
    /// Where its images come from.
    pub registry: String,
    /// Its controllers.
    pub components: Vec<String>,
    /// Whether kustomize-controller gets the age key.
    pub decrypts: bool,
    /// The user's own patches, `{patch, target}` each.
    pub patches: Vec<Value>,
    /// What `spec.cluster` says besides its type.
    pub cluster: Map<String, Value>,
    /// The Secret by which the images are pulled.
    pub image_pull_secret: Option<String>,
    /// What it follows.
    pub sync: Sync,
}

/// The controllers that a live instance asks for, as far as they are known here; the default set where it names none.
pub fn components(live: &Object) -> Vec<Component> {
    let named: Vec<Component> =
        live.items("/spec/components").iter().filter_map(|name| Component::named(name.as_str()?)).collect();
    if named.is_empty() { Component::DEFAULT.to_vec() } else { named }
}

/// How far the instance goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Controllers only, where none is yet. The operator looks at their health until the sync ends that look: without it,
    /// it would tell a notification-controller that does not live yet of the install, and try for up to fifteen seconds,
    /// in which it does not take the sync up.
    Fresh,
    /// Controllers only, where some are already: the operator does not wait for their health, for the canaries prove more,
    /// and name what is wrong.
    Controllers,
    /// Everything, marked as not proven yet: how a live instance is changed.
    Unproven,
    /// Everything.
    Whole,
}

impl Stage {
    /// Whether the instance follows a repository at this stage.
    const fn syncs(self) -> bool {
        matches!(self, Self::Unproven | Self::Whole)
    }

    /// Whether the operator waits for the health of what it has applied.
    const fn waits(self) -> bool {
        !matches!(self, Self::Controllers)
    }
}

impl Instance {
    /// The default controllers from the default registry.
    pub fn new(version: impl Into<String>, sync: Sync) -> Self {
        Self {
            version: version.into(),
            registry: "ghcr.io/fluxcd".to_owned(),
            components: crate::Component::DEFAULT.iter().map(|c| c.name().to_owned()).collect(),
            decrypts: false,
            patches: Vec::new(),
            cluster: Map::new(),
            image_pull_secret: None,
            sync,
        }
    }

    /// Which object it is.
    pub fn target() -> ObjectRef {
        ObjectRef::namespaced(FLUX_INSTANCE, NAMESPACE, NAME)
    }

    /// The object to apply.
    pub fn object(&self, stage: Stage) -> Object {
        let mut spec = json!({
            "distribution": {"version": self.version, "registry": self.registry},
            "components": self.components,
            "cluster": {"type": "kubernetes"},
            "wait": stage.waits(),
        });
        for (field, value) in &self.cluster {
            spec["cluster"][field] = value.clone();
        }
        if let Some(secret) = &self.image_pull_secret {
            spec["distribution"]["imagePullSecret"] = json!(secret);
        }
        let patches = self.all_patches();
        if !patches.is_empty() {
            spec["kustomize"] = json!({"patches": patches});
        }
        if stage.syncs() {
            spec["sync"] = self.sync.to_json();
        }
        let object = Object::named(&Self::target()).with("spec", spec);
        if stage == Stage::Unproven { object.with_annotation(UNPROVEN, "true") } else { object }
    }

    /// Our patch for the age key comes before the user's own, which may then change it.
    fn all_patches(&self) -> Vec<Value> {
        let decryption = self.decrypts.then(|| {
            let value = json!({"provider": "sops", "secretRef": {"name": SOPS_SECRET}});
            let patch = json!([{"op": "add", "path": "/spec/decryption", "value": value}]);
            json!({"target": {"kind": "Kustomization"}, "patch": patch.to_string()})
        });
        decryption.into_iter().chain(self.patches.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance() -> Instance {
        let sync = Sync::git("http://127.101.0.4:3000/home-ops.git", "main", "kubernetes/clusters/cluster-101");
        Instance { decrypts: true, ..Instance::new("2.9.4", sync) }
    }

    #[test]
    fn a_change_carries_its_mark_until_the_proof_takes_it_off() {
        let (changed, proven) = (instance().object(Stage::Unproven), instance().object(Stage::Whole));
        assert_eq!((changed.annotation(UNPROVEN), proven.annotation(UNPROVEN)), (Some("true"), None));
        assert_eq!(changed.at("/spec"), proven.at("/spec"));
    }

    #[test]
    fn an_instance_that_names_no_controllers_wants_the_default_ones() {
        let live = |spec: Value| components(&Object::new(json!({"spec": spec})));
        assert_eq!(live(json!({})), Component::DEFAULT);
        let named = json!({"components": ["source-controller", "image-reflector-controller", "source-watcher"]});
        assert_eq!(live(named), [Component::Source, Component::ImageReflector]);
    }

    #[test]
    fn the_first_stage_has_no_sync_and_waits_only_where_no_controller_is_yet() {
        for (stage, waits) in [(Stage::Fresh, true), (Stage::Controllers, false)] {
            let object = instance().object(stage);
            assert!(object.at("/spec/sync").is_null());
            assert_eq!(object.at("/spec/wait"), &json!(waits));
        }
    }

    #[test]
    fn the_whole_instance_reads_like_this() {
        insta::assert_json_snapshot!(instance().object(Stage::Whole).json(), @r#"
        {
          "apiVersion": "fluxcd.controlplane.io/v1",
          "kind": "FluxInstance",
          "metadata": {
            "name": "flux",
            "namespace": "flux-system"
          },
          "spec": {
            "cluster": {
              "type": "kubernetes"
            },
            "components": [
              "source-controller",
              "kustomize-controller",
              "helm-controller",
              "notification-controller"
            ],
            "distribution": {
              "registry": "ghcr.io/fluxcd",
              "version": "2.9.4"
            },
            "kustomize": {
              "patches": [
                {
                  "patch": "[{\"op\":\"add\",\"path\":\"/spec/decryption\",\"value\":{\"provider\":\"sops\",\"secretRef\":{\"name\":\"sops-age\"}}}]",
                  "target": {
                    "kind": "Kustomization"
                  }
                }
              ]
            },
            "sync": {
              "kind": "GitRepository",
              "path": "kubernetes/clusters/cluster-101",
              "ref": "refs/heads/main",
              "url": "http://127.101.0.4:3000/home-ops.git"
            },
            "wait": true
          }
        }
        "#);
    }
}
