//! The inputs, as the tree passes them.

use fluxlift_core::{Secret, Value};
use fluxlift_engine::unit::{UnitError, UnitSpec};
use fluxlift_flux::instance::GIT_SECRET;
use fluxlift_flux::migration::Census;
use fluxlift_flux::rescue::Force;
use fluxlift_flux::{Component, Instance, Sync};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::restores::Restores;
use crate::cluster_access::ClusterAccess;

/// The unit's inputs.
#[derive(Debug, Clone, Deserialize)]
pub struct Inputs {
    /// The version of the Flux distribution: `2.4.0`, or a range such as `2.x`.
    pub flux_version: String,
    /// Where the images of the distribution come from.
    #[serde(default = "registry")]
    pub flux_registry: String,
    /// The controllers; the default four where none are named.
    #[serde(default)]
    pub flux_components: Vec<String>,
    /// The repository that Flux follows.
    pub git_repository: String,
    /// Its branch.
    #[serde(default = "branch")]
    pub git_branch: String,
    /// The folder in it; `kubernetes/clusters/<cluster>` where none is named.
    pub git_path: Option<String>,
    /// The age key that decrypts what is in the repository.
    pub sops_age_key: Option<Secret<String>>,
    /// The token for a private repository.
    pub github_token: Option<Secret<String>>,
    /// The Secret in the cluster by which the repository is read, when no token makes one.
    pub git_pull_secret: Option<String>,
    /// How often the repository is looked at; every minute where nothing is said.
    pub git_interval: Option<String>,
    /// Who gives the credentials for the repository: a cloud.
    pub git_provider: Option<String>,
    /// The name of source and root; that of the namespace where none is given.
    pub sync_name: Option<String>,
    /// What `spec.cluster` of the instance says besides its type, such as `networkPolicy`.
    #[serde(default)]
    pub flux_cluster: Map<String, Json>,
    /// The Secret by which the images of the distribution are pulled.
    pub flux_image_pull_secret: Option<String>,
    /// Who lives under the root that `flux bootstrap` left, when it is to be taken over.
    pub adopt: Option<Census>,
    /// Patches of the user's own for what the instance installs: `{patch, target}` each.
    #[serde(default)]
    pub kustomize_patches: Vec<Json>,
    /// How much force a rescue of what is stuck may use, as `fluxlift rescue --max-force` counts it; 0 for no rescue.
    #[serde(default = "max_force")]
    pub rescue_max_force: u8,
    /// The checkout of the repository that the tree is in.
    pub repo_root: Option<String>,
    /// Whether `scripts/post-bootstrap.sh` of `repo_root` runs, where there is one, when all is proven.
    #[serde(default = "yes")]
    pub post_bootstrap: bool,
    /// What is restored from backups after the sync.
    #[serde(default)]
    pub restore: Restores,
    /// The cluster.
    #[serde(flatten)]
    pub cluster: ClusterAccess,
}

fn registry() -> String {
    "ghcr.io/fluxcd".to_owned()
}

fn branch() -> String {
    "main".to_owned()
}

const fn max_force() -> u8 {
    Force::Force.number()
}

const fn yes() -> bool {
    true
}

impl Inputs {
    /// Reads the inputs of `spec`.
    ///
    /// # Errors
    /// When one is missing or of another type.
    pub fn read(spec: &UnitSpec) -> Result<Self, UnitError> {
        let inputs: Self = Value::Map(spec.inputs.clone())
            .parse()
            .map_err(|error| UnitError::caused_by("the inputs of flux_instance do not fit", error))?;
        if inputs.rescue_max_force != 0 && inputs.most_force().is_none() {
            let error = format!("rescue_max_force is {}, and there is no such force", inputs.rescue_max_force);
            return Err(UnitError::new(error).with_hint("it is 0 for no rescue, or 1 to 6 as for `fluxlift rescue`"));
        }
        if let Some(name) = inputs.flux_components.iter().find(|name| !is_known(name)) {
            return Err(UnitError::new(format!("flux_components names {name:?}, which Flux does not have")));
        }
        // Without these two nothing follows the repository, and no canary could prove that it is followed.
        let proven = inputs.components();
        match [Component::Source, Component::Kustomize].into_iter().find(|needed| !proven.contains(needed)) {
            Some(missing) => Err(UnitError::new(format!("flux_components does not name {missing}")).with_hint(
                format!("add {missing:?}: it is needed to follow the repository", missing = missing.name()),
            )),
            None => Ok(inputs),
        }
    }

    /// How much force a rescue may use; `None` for no rescue.
    pub fn most_force(&self) -> Option<Force> {
        Force::numbered(self.rescue_max_force)
    }

    /// The key, if there is one.
    pub fn age_key(&self) -> Option<&Secret<String>> {
        self.sops_age_key.as_ref().filter(|key| !key.expose().trim().is_empty())
    }

    /// The token, if there is one.
    pub fn token(&self) -> Option<&Secret<String>> {
        self.github_token.as_ref().filter(|token| !token.expose().trim().is_empty())
    }

    /// The folder in the repository.
    pub fn path(&self, spec: &UnitSpec) -> String {
        self.git_path.clone().filter(|path| !path.is_empty()).unwrap_or_else(|| {
            let cluster = spec.dir.parent().and_then(|dir| dir.file_name()).unwrap_or_default();
            format!("kubernetes/clusters/{}", cluster.to_string_lossy())
        })
    }

    /// The instance that these inputs describe.
    pub fn instance(&self, spec: &UnitSpec) -> Instance {
        let mut sync = Sync::git(&self.git_repository, &self.git_branch, self.path(spec));
        sync.pull_secret = self.token().map(|_| GIT_SECRET.to_owned()).or_else(|| self.git_pull_secret.clone());
        sync.name.clone_from(&self.sync_name);
        sync.interval.clone_from(&self.git_interval);
        sync.provider.clone_from(&self.git_provider);
        let mut instance = Instance::new(&self.flux_version, sync);
        instance.registry.clone_from(&self.flux_registry);
        instance.decrypts = self.age_key().is_some();
        instance.patches.clone_from(&self.kustomize_patches);
        instance.cluster.clone_from(&self.flux_cluster);
        instance.image_pull_secret.clone_from(&self.flux_image_pull_secret);
        if !self.flux_components.is_empty() {
            instance.components.clone_from(&self.flux_components);
        }
        instance
    }

    /// The controllers that are proven by canaries.
    pub fn components(&self) -> Vec<Component> {
        if self.flux_components.is_empty() {
            return Component::DEFAULT.to_vec();
        }
        let listed = |component: &Component| self.flux_components.iter().any(|name| name == component.name());
        Component::ALL.into_iter().filter(listed).collect()
    }
}

/// Installed, but without a canary: its ArtifactGenerators cannot be suspended.
const UNPROVEN: &str = "source-watcher";

/// The components that Flux has.
fn is_known(name: &str) -> bool {
    Component::named(name).is_some() || name == UNPROVEN
}
