//! A lab with fluxlift in front of it.

use std::path::{Path, PathBuf};

use fluxlift_e2e::conditions::is_ready_now;
use fluxlift_e2e::history::History;
use fluxlift_e2e::laws::{self, Listed};
use fluxlift_e2e::ledger::{self, Claim};
use fluxlift_e2e::node::{Controller, NAMESPACE};
use fluxlift_e2e::observer::Observer;
use fluxlift_e2e::product::{Fluxlift, Outcome};
use fluxlift_e2e::{Lab, LabError, Tools, lab, releases};
use kube::Api;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams,
};
use serde_json::{Value, json};
use tokio::process::Child;

use crate::bench::{Broken, Verdict, ensure};

/// The native modules of the two phases.
pub(crate) const OPERATOR: &str = "flux_operator";
pub(crate) const INSTANCE: &str = "flux_instance";

/// How many releases Git holds.
pub(crate) const RELEASES: usize = 50;

/// The observer's program.
const OBSERVE: &str = env!("CARGO_BIN_EXE_observe");

/// What a case works with.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) fluxlift: Fluxlift,
    pub(crate) tools: Tools,
    observer: Observer,
}

impl Stage {
    /// A fresh lab whose Git repository holds the releases.
    pub(crate) async fn start(tools: &Tools, fluxlift: &Path) -> Result<Self, Broken> {
        let lab = Lab::start(tools).await?;
        let observer = Observer::start(Path::new(OBSERVE), lab.control_plane.etcd, lab.folder())?;
        lab.git.repository.commit(&releases::files(RELEASES, &lab.registry.tiny()), "the releases").await?;
        let fluxlift = Fluxlift::new(fluxlift, lab.folder().join("fluxlift"));
        Ok(Self { lab, fluxlift, tools: tools.clone(), observer })
    }

    /// Everything that happened so far, as the observer wrote it down.
    pub(crate) async fn history(&self) -> Result<History, Broken> {
        Ok(self.observer.history().await?)
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
        let state = self.fluxlift.state(module).display().to_string();
        let arguments = [verb, "--native", module, "--state-dir", &state, "-o", "json", "--non-interactive"];
        Ok(self.fluxlift.run(&arguments, Some(inputs)).await?)
    }

    /// Starts phase 2 by fluxlift, with these inputs, and does not wait for it.
    pub(crate) fn start_phase_two(&self, inputs: &Value) -> Result<Child, Broken> {
        let state = self.fluxlift.state(INSTANCE).display().to_string();
        let arguments = ["apply", "--native", INSTANCE, "--state-dir", &state, "-o", "json"];
        Ok(self.fluxlift.start(&arguments, Some(inputs))?)
    }

    /// What fluxlift says that it proved, in all of its runs.
    pub(crate) fn claims(&self) -> Result<Vec<Claim>, Broken> {
        let mut claims = ledger::claims(&self.fluxlift.state(OPERATOR))?;
        claims.extend(ledger::claims(&self.fluxlift.state(INSTANCE))?);
        Ok(claims)
    }

    /// The laws that hold of every run, whatever it was for.
    pub(crate) async fn laws(&self) -> Verdict {
        self.laws_of(&[self.fluxlift.state(OPERATOR), self.fluxlift.state(INSTANCE)]).await
    }

    /// The same, where fluxlift keeps its states in these folders, in the order of its phases.
    pub(crate) async fn laws_of(&self, states: &[PathBuf]) -> Verdict {
        let (mut claims, mut shown) = (Vec::new(), Vec::new());
        for state in states {
            claims.extend(ledger::claims(state)?);
            shown.extend(self.shown(state).await?);
        }
        let history = self.history().await?;
        laws::nothing_is_left_behind(&history)?;
        laws::only_what_is_listed_is_left(&history, &Listed::of(&shown))?;
        Ok(laws::every_proof_holds_of_the_object_as_it_was(&history, &claims)?)
    }

    /// What `fluxlift state show` prints of every unit that it remembers in `state`.
    async fn shown(&self, state: &Path) -> Result<Vec<Value>, Broken> {
        let folder = state.display().to_string();
        let listed = done(self.fluxlift.run(&["state", "list", "--state-dir", &folder, "-o", "json"], None).await?)?;
        let mut shown = Vec::new();
        for unit in printed(&listed)?["units"].as_array().into_iter().flatten() {
            let unit = unit["unit"].as_str().unwrap_or_default();
            let told = self.fluxlift.run(&["state", "show", unit, "--state-dir", &folder, "-o", "json"], None).await?;
            shown.push(printed(&done(told)?)?);
        }
        Ok(shown)
    }

    /// Phase 1 by fluxlift.
    pub(crate) async fn phase_one(&self) -> Result<Outcome, Broken> {
        done(self.run("apply", OPERATOR, &self.operator()).await?)
    }

    /// Phase 2 by fluxlift.
    pub(crate) async fn phase_two(&self) -> Result<Outcome, Broken> {
        done(self.run("apply", INSTANCE, &self.instance()).await?)
    }

    /// One object of `flux-system`, or of the cluster where its kind has no namespaces.
    pub(crate) async fn get(&self, kind: Kind, name: &str) -> Result<Option<Value>, Broken> {
        let api = self.api(kind, NAMESPACE);
        match api.get_opt(name).await {
            Ok(found) => Ok(found.map(whole).transpose()?),
            Err(error) => Err(LabError::kube(format!("read {} {name}", kind.2))(error).into()),
        }
    }

    /// Changes one object of `flux-system` or of the cluster, as somebody with kubectl does.
    pub(crate) async fn edit(&self, kind: Kind, name: &str, patch: &Value) -> Verdict {
        let by_hand = PatchParams { field_manager: Some("kubectl-edit".to_owned()), ..PatchParams::default() };
        let edited = self.api(kind, NAMESPACE).patch(name, &by_hand, &Patch::Merge(patch)).await;
        edited.map(|_| ()).map_err(|error| LabError::kube(format!("edit {} {name}", kind.2))(error).into())
    }

    /// Creates one object of `flux-system`, as somebody with kubectl does.
    pub(crate) async fn create(&self, kind: Kind, object: &Value) -> Verdict {
        let object = serde_json::from_value(object.clone()).map_err(|error| Broken(error.to_string()))?;
        let created = self.api(kind, NAMESPACE).create(&PostParams::default(), &object).await;
        created.map(|_| ()).map_err(|error| LabError::kube(format!("create a {}", kind.2))(error).into())
    }

    /// Kills the programs of a controller and frees its Lease: whoever is started next need not wait until it runs out.
    pub(crate) async fn kill(&self, controller: &str) -> Verdict {
        self.lab.node.controllers(controller).iter().for_each(Controller::kill);
        let freed = self.api(LEASE, NAMESPACE).delete(&lease_of(controller), &DeleteParams::default()).await;
        match freed {
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            freed => freed.map(|_| ()).map_err(|error| LabError::kube("free a Lease")(error).into()),
        }
    }

    /// Objects of a kind, in one namespace; of the cluster where the kind has none.
    pub(crate) fn api(&self, kind: Kind, namespace: &str) -> Api<DynamicObject> {
        if CLUSTER_WIDE.contains(&kind.2) {
            return Api::all_with(self.lab.client(), &kind.resource());
        }
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
        found.into_iter().map(whole).collect()
    }

    /// How many releases are Ready.
    pub(crate) async fn ready(&self) -> Result<usize, Broken> {
        Ok(self.releases().await?.iter().filter(|release| is_ready_now(release)).count())
    }

    /// An error unless all releases are Ready.
    pub(crate) async fn all_ready(&self) -> Verdict {
        let ready = self.ready().await?;
        ensure(ready == RELEASES, || format!("{ready} of {RELEASES} releases are Ready"))
    }
}

/// A kind, with what a client needs of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind(pub(crate) &'static str, pub(crate) &'static str, pub(crate) &'static str);

/// The kinds that have no namespaces.
const CLUSTER_WIDE: [&str; 4] = ["ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "Namespace"];

pub(crate) const DEPLOYMENT: Kind = Kind("apps", "v1", "Deployment");
pub(crate) const LEASE: Kind = Kind("coordination.k8s.io", "v1", "Lease");
pub(crate) const POD: Kind = Kind("", "v1", "Pod");
pub(crate) const FLUX_REPORT: Kind = Kind("fluxcd.controlplane.io", "v1", "FluxReport");
pub(crate) const SERVICE: Kind = Kind("", "v1", "Service");
pub(crate) const CLUSTER_ROLE: Kind = Kind("rbac.authorization.k8s.io", "v1", "ClusterRole");
pub(crate) const CLUSTER_ROLE_BINDING: Kind = Kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding");
pub(crate) const DEFINITION: Kind = Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
pub(crate) const FLUX_INSTANCE: Kind = Kind("fluxcd.controlplane.io", "v1", "FluxInstance");
pub(crate) const NAMESPACES: Kind = Kind("", "v1", "Namespace");
pub(crate) const HELM_RELEASE: Kind = Kind("helm.toolkit.fluxcd.io", "v2", "HelmRelease");

impl Kind {
    fn resource(self) -> ApiResource {
        ApiResource::from_gvk(&GroupVersionKind::gvk(self.0, self.1, self.2))
    }
}

fn whole(object: DynamicObject) -> Result<Value, Broken> {
    serde_json::to_value(object).map_err(|error| Broken(error.to_string()))
}

/// The Lease of a controller's leader.
pub(crate) fn lease_of(controller: &str) -> String {
    format!("{controller}-leader-election")
}

/// An error unless the instance has no sync.
pub(crate) async fn unsynced(stage: &Stage) -> Verdict {
    let instance = stage.get(FLUX_INSTANCE, "flux").await?.unwrap_or_default();
    ensure(instance["spec"]["sync"].is_null(), || format!("the instance has a sync: {}", instance["spec"]))
}

/// The document that fluxlift printed.
pub(crate) fn printed(outcome: &Outcome) -> Result<Value, Broken> {
    serde_json::from_str(&outcome.stdout).map_err(|error| Broken(format!("{error}: {}", outcome.stdout)))
}

/// What a run did to its one unit: `create`, `update`, `none`.
pub(crate) fn change(outcome: &Outcome) -> Result<String, Broken> {
    Ok(printed(outcome)?["units"][0]["change"].as_str().unwrap_or_default().to_owned())
}

/// An error unless fluxlift ended with 0.
pub(crate) fn done(outcome: Outcome) -> Result<Outcome, Broken> {
    ensure(outcome.code == Some(0), || format!("fluxlift ended with {:?}:\n{}", outcome.code, outcome.stderr))?;
    Ok(outcome)
}
