//! What is wanted, in a form that can lie in the journal.

use std::path::PathBuf;

use fluxlift_core::{ErrorKind, UnitPath, Value};
use fluxlift_engine::unit::Values;
use fluxlift_flux::migration::Census;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::SecretSource;
use super::target::Target;
use crate::standalone::{Standalone, StandaloneUnit};
use crate::system::System;
use crate::ui::Failure;

/// The newest version of Flux that was tried.
pub const FLUX_VERSION: &str = "2.9.4";
/// The version of flux-operator that was tried with it.
pub const OPERATOR_VERSION: &str = "0.58.1";

/// The input with the Git token.
pub(super) const TOKEN: &str = "github_token";

/// What a bootstrap is asked for. Paths are absolute. There is no secret in it: only where secrets come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Request {
    /// The kubeconfig files, by kubectl's rules.
    pub kubeconfig: Vec<PathBuf>,
    /// The context; the current one where none is named.
    pub context: Option<String>,
    /// The UID of the `kube-system` namespace, once it is known.
    #[serde(default)]
    pub cluster: Option<String>,
    /// The repository that Flux follows.
    pub git_url: String,
    /// Its branch.
    pub branch: String,
    /// The folder in it.
    pub path: String,
    /// Where the token for it comes from, if it needs one.
    pub git_token: Option<SecretSource>,
    /// Where the age key comes from that decrypts what is in it.
    pub sops_age_key: Option<SecretSource>,
    /// The version of flux-operator; a chart on this machine brings its own.
    pub operator_version: Option<String>,
    /// Where its chart is; the official one where none is named.
    pub chart: Option<String>,
    /// The digest that the chart must have.
    pub chart_digest: Option<String>,
    /// A file with values for the chart.
    pub operator_values: Option<PathBuf>,
    /// The version of Flux.
    pub flux_version: String,
    /// Where its images come from.
    pub registry: Option<String>,
    /// Its controllers; the default four where none are named.
    pub components: Vec<String>,
    /// A file with patches for what the instance installs.
    pub patches: Option<PathBuf>,
    /// What is taken over from `flux bootstrap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<Handover>,
}

/// What a Flux that is there already hands over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Handover {
    /// The inputs of the instance, as the live objects and Git say them.
    pub inputs: Map<String, Json>,
    /// Who lived under the root before.
    pub census: Census,
    /// The checkout that was judged; the repository was read from its server where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<PathBuf>,
    /// Where the token comes from by which it was read, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_token: Option<SecretSource>,
}

/// Whether secrets are wanted: taking something away needs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Read them.
    Read,
    /// Leave them out.
    LeaveOut,
}

impl Request {
    /// The two units, with everything that they need, on `target`.
    ///
    /// # Errors
    /// When a file or a secret cannot be read.
    pub fn units(&self, target: &Target, secrets: Secrets, system: &System) -> Result<Standalone, Failure> {
        let (operator, instance) = (path("flux-operator"), path("flux-instance"));
        let units = vec![
            StandaloneUnit {
                path: operator.clone(),
                module: "flux_operator".to_owned(),
                needs: Vec::new(),
                inputs: self.operator_inputs(target)?,
            },
            StandaloneUnit {
                path: instance,
                module: "flux_instance".to_owned(),
                needs: vec![operator],
                inputs: self.instance_inputs(target, secrets, system)?,
            },
        ];
        Ok(Standalone { units, dir: system.dir.clone() })
    }

    /// Whether `other` wants the same of the same cluster, however each of them reaches it.
    pub fn wants_the_same_as(&self, other: &Self) -> bool {
        let reached = |request: &Self| Self { kubeconfig: Vec::new(), context: None, ..request.clone() };
        reached(self) == reached(other)
    }

    fn operator_inputs(&self, target: &Target) -> Result<Values, Failure> {
        let local = self.chart.as_ref().is_some_and(|chart| !chart.contains("://"));
        let default = if local { "" } else { OPERATOR_VERSION };
        let mut inputs = cluster_inputs(target);
        set(&mut inputs, "flux_operator_version", Some(self.operator_version.as_deref().unwrap_or(default)));
        set(&mut inputs, "flux_operator_chart", self.chart.as_deref());
        set(&mut inputs, "flux_operator_chart_digest", self.chart_digest.as_deref());
        if let Some(file) = &self.operator_values {
            inputs
                .insert("flux_operator_values".to_owned(), yaml(file, Json::is_object, "a map of values")?.sensitive());
        }
        Ok(inputs)
    }

    fn instance_inputs(&self, target: &Target, secrets: Secrets, system: &System) -> Result<Values, Failure> {
        let mut inputs = cluster_inputs(target);
        set(&mut inputs, "flux_version", Some(&self.flux_version));
        set(&mut inputs, "flux_registry", self.registry.as_deref());
        set(&mut inputs, "git_repository", Some(&self.git_url));
        set(&mut inputs, "git_branch", Some(&self.branch));
        set(&mut inputs, "git_path", Some(&self.path));
        if !self.components.is_empty() {
            let names: Vec<Value> = self.components.iter().map(|name| Value::from(name.as_str())).collect();
            inputs.insert("flux_components".to_owned(), Value::List(names));
        }
        if let Some(file) = &self.patches {
            inputs.insert("kustomize_patches".to_owned(), yaml(file, Json::is_array, "a list of patches")?);
        }
        if let Some(Handover { inputs: taken, census, .. }) = &self.handover {
            inputs.extend(taken.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))));
            inputs.insert("adopt".to_owned(), Value::from(json!(census)));
            // What did not work before is not this command's to force; who was overlooked meanwhile is asked for.
            inputs.insert("rescue_max_force".to_owned(), Value::from(json!(1)));
        }
        if secrets == Secrets::Read {
            if let Some(source) = &self.git_token {
                let token = source.read("Git token", system)?;
                inputs.insert(TOKEN.to_owned(), Value::from(token.expose().trim()).sensitive());
            }
            if let Some(source) = &self.sops_age_key {
                let key = source.read("age key", system)?;
                if !key.expose().lines().any(|line| line.trim_start().starts_with("AGE-SECRET-KEY-")) {
                    let message = format!("{source} holds no age key: no line begins with AGE-SECRET-KEY-");
                    return Err(Failure::new(ErrorKind::Failed, message).with_hint("make one with `age-keygen`"));
                }
                inputs.insert("sops_age_key".to_owned(), Value::from(key.expose().as_str()).sensitive());
            }
        }
        Ok(inputs)
    }
}

fn cluster_inputs(target: &Target) -> Values {
    let content = Value::from(target.chosen.content.expose().as_str()).sensitive();
    let context = Value::from(target.chosen.name.as_str());
    [("kubeconfig_content".to_owned(), content), ("kubeconfig_context".to_owned(), context)].into()
}

fn set(inputs: &mut Values, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        inputs.insert(name.to_owned(), Value::from(value));
    }
}

fn path(name: &str) -> UnitPath {
    match UnitPath::new(name) {
        Ok(path) => path,
        Err(error) => unreachable!("{name} is a unit path: {error}"),
    }
}

/// What a YAML file holds, if it is of that shape.
fn yaml(file: &std::path::Path, fits: fn(&Json) -> bool, shape: &str) -> Result<Value, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::because(format!("{} cannot be read", file.display()), &error))?;
    // The parser's message may quote the line that it stumbled over, which may hold a secret.
    let content: Option<Json> = serde_saphyr::from_str(&text).ok();
    let content = content.filter(fits);
    content
        .map(Value::from)
        .ok_or_else(|| Failure::new(ErrorKind::Failed, format!("{} is not YAML with {shape}", file.display())))
}
