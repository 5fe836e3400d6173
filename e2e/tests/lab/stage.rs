//! A lab with fluxlift in front of it.

use std::path::Path;

use fluxlift_e2e::product::{Fluxlift, Outcome};
use fluxlift_e2e::{Lab, LabError, Tools, lab, releases};
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams};
use serde_json::{Value, json};

use crate::bench::{Broken, Verdict, ensure};

/// How many releases Git holds.
pub(crate) const RELEASES: usize = 50;

/// What a case works with.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) fluxlift: Fluxlift,
}

impl Stage {
    /// A fresh lab whose Git repository holds the releases.
    pub(crate) async fn start(tools: &Tools, fluxlift: &Path) -> Result<Self, Broken> {
        let lab = Lab::start(tools).await?;
        lab.git.repository.commit(&releases::files(RELEASES, &lab.registry.tiny()), "the releases").await?;
        let fluxlift = Fluxlift::new(fluxlift, lab.folder().join("fluxlift"));
        Ok(Self { lab, fluxlift })
    }

    /// The failure, and where the logs are.
    pub(crate) fn explain(&mut self, why: &str) -> String {
        format!("{why}\nthe logs are in {}", self.lab.keep().display())
    }

    /// The inputs of flux_operator.
    pub(crate) fn operator(&self) -> Value {
        json!({"flux_operator_version": lab::FLUX_OPERATOR_VERSION, "flux_operator_chart": self.lab.registry.flux_operator(),
            "kubeconfig_path": self.lab.kubeconfig()})
    }

    /// The inputs of flux_instance.
    pub(crate) fn instance(&self) -> Value {
        json!({"flux_version": lab::FLUX_VERSION, "git_repository": self.lab.git.url(), "git_branch": "main",
            "git_path": releases::PATH, "kubeconfig_path": self.lab.kubeconfig()})
    }

    /// `fluxlift <verb> --native <module>`, whatever comes of it.
    pub(crate) async fn run(&self, verb: &str, module: &str, inputs: &Value) -> Result<Outcome, Broken> {
        let arguments = [verb, "--native", module, "-o", "json"];
        Ok(self.fluxlift.run(&arguments, Some(inputs)).await?)
    }

    /// Phase 1 by fluxlift.
    pub(crate) async fn phase_one(&self) -> Result<Outcome, Broken> {
        done(self.run("apply", "flux_operator", &self.operator()).await?)
    }

    /// Phase 2 by fluxlift.
    pub(crate) async fn phase_two(&self) -> Result<Outcome, Broken> {
        done(self.run("apply", "flux_instance", &self.instance()).await?)
    }

    /// Objects of a kind, in one namespace.
    pub(crate) fn api(&self, kind: Kind, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.lab.client(), namespace, &kind.resource())
    }

    /// The releases that there are.
    pub(crate) async fn releases(&self) -> Result<Vec<Value>, Broken> {
        let api = self.api(HELM_RELEASE, releases::NAMESPACE);
        let found = match api.list(&ListParams::default()).await {
            Ok(found) => found.items,
            Err(kube::Error::Api(status)) if status.code == 404 => Vec::new(),
            Err(error) => return Err(LabError::kube("list the releases")(error).into()),
        };
        let whole = |object: DynamicObject| serde_json::to_value(object).map_err(|error| Broken(error.to_string()));
        found.into_iter().map(whole).collect()
    }

    /// An error unless all releases are Ready.
    pub(crate) async fn all_ready(&self) -> Verdict {
        let ready = self.releases().await?.iter().filter(|release| is_ready(release)).count();
        ensure(ready == RELEASES, || format!("{ready} of {RELEASES} releases are Ready"))
    }
}

/// A kind, with what a client needs of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind(&'static str, &'static str, &'static str);

pub(crate) const DEPLOYMENT: Kind = Kind("apps", "v1", "Deployment");
pub(crate) const FLUX_INSTANCE: Kind = Kind("fluxcd.controlplane.io", "v1", "FluxInstance");
pub(crate) const HELM_RELEASE: Kind = Kind("helm.toolkit.fluxcd.io", "v2", "HelmRelease");

impl Kind {
    fn resource(self) -> ApiResource {
        ApiResource::from_gvk(&GroupVersionKind::gvk(self.0, self.1, self.2))
    }
}

/// Whether an object's condition Ready is True.
pub(crate) fn is_ready(object: &Value) -> bool {
    has_condition(object, "Ready")
}

/// Whether a condition of an object is True.
pub(crate) fn has_condition(object: &Value, kind: &str) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| condition["type"] == kind && condition["status"] == "True")
}

/// An error unless fluxlift ended with 0.
pub(crate) fn done(outcome: Outcome) -> Result<Outcome, Broken> {
    ensure(outcome.code == Some(0), || format!("fluxlift ended with {:?}:\n{}", outcome.code, outcome.stderr))?;
    Ok(outcome)
}
