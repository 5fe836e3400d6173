//! The unit as the engine sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use fluxlift_core::{ChangeKind, Secret, Value, chain};
use fluxlift_engine::unit::{Applied, Change, Check, Prior, Unit, UnitContext, UnitError, UnitSpec, Values};
use fluxlift_talos::node::{Decision, EtcdSight, Kubeconfig, decide};
use jiff::SignedDuration;

use super::proofs::Site;
use super::{BootstrapError, Inputs, etcd, record};
use crate::Outside;
use crate::talos_access::{self, access};

/// How long before its end the kubeconfig is fetched anew.
const RENEWAL: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A cluster's etcd and the way into its Kubernetes.
#[derive(Debug)]
pub struct Bootstrap {
    spec: UnitSpec,
    outside: Arc<Outside>,
}

impl Bootstrap {
    /// The unit that `spec` describes.
    pub const fn new(spec: UnitSpec, outside: Arc<Outside>) -> Self {
        Self { spec, outside }
    }

    fn inputs(&self) -> Result<Inputs, UnitError> {
        Ok(talos_access::inputs("talos_bootstrap", &self.spec.inputs)?)
    }

    fn site<'a>(&self, inputs: &'a Inputs) -> Result<Site<'a>, UnitError> {
        Ok(Site { inputs, access: access(&self.outside), ours: inputs.identity()? })
    }

    /// The kubeconfig in the state, while it lasts.
    fn kept(&self, prior: Option<&Prior>) -> Option<Kubeconfig> {
        let text = prior?.outputs.get("kubeconfig")?.as_str()?.to_owned();
        let kubeconfig = Kubeconfig::parse(Secret::new(text)).ok()?;
        let (_, until) = kubeconfig.lifetime()?;
        (until.duration_since(self.outside.clock.now()) > RENEWAL).then_some(kubeconfig)
    }

    fn path(&self, inputs: &Inputs, kubeconfig: &Kubeconfig) -> PathBuf {
        inputs.kubeconfig_file(&self.spec, &kubeconfig.cluster)
    }
}

/// The outputs of a cluster that is up.
fn leaves(kubeconfig: &Kubeconfig, path: &Path) -> Values {
    let outputs = [
        ("kubeconfig", Value::from(kubeconfig.text.expose().as_str()).sensitive()),
        ("kubeconfig_path", Value::from(path.display().to_string())),
        ("cluster_ready", Value::from(true)),
    ];
    outputs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Whether the file is there with this content, readable by its owner alone.
fn is_written(path: &Path, text: &Secret<String>) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let private = std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 == 0);
    private && std::fs::read_to_string(path).is_ok_and(|found| found == *text.expose())
}

#[async_trait]
impl Unit for Bootstrap {
    fn keeps_secrets(&self) -> bool {
        true
    }

    async fn plan(&self, cx: &UnitContext) -> Result<Change, UnitError> {
        if self.spec.inputs.values().any(Value::has_unknown) {
            return Ok(Change::because(ChangeKind::Unknown, ["an input is not known yet"]));
        }
        let inputs = self.inputs()?;
        inputs.endpoint()?;
        inputs.chosen()?;
        if cx.prior.is_none() {
            return Ok(Change::because(ChangeKind::Create, ["the cluster was not bootstrapped yet"]));
        }
        let (mut reasons, mut outputs) = (Vec::new(), None);
        for (node, sight) in etcd::sights(&self.site(&inputs)?.control_planes().await) {
            if !matches!(sight, EtcdSight::Running(_)) {
                reasons.push(format!("etcd on {node} {sight}"));
            }
        }
        match self.kept(cx.prior.as_ref()) {
            None => reasons.push("the kubeconfig is to be fetched anew".to_owned()),
            Some(kubeconfig) => {
                let path = self.path(&inputs, &kubeconfig);
                if !is_written(&path, &kubeconfig.text) {
                    reasons.push(format!("{} is missing or not as it was written", path.display()));
                }
                let left = leaves(&kubeconfig, &path);
                // What needs them must be planned with those that an apply leaves, even where nothing else changes.
                if cx.prior.as_ref().is_some_and(|prior| prior.outputs != left) {
                    reasons.push(format!("the kubeconfig is told to lie at {}", path.display()));
                }
                outputs = Some(left);
            }
        }
        if reasons.is_empty() {
            return Ok(Change::none());
        }
        Ok(Change { outputs, ..Change::because(ChangeKind::Update, reasons) })
    }

    async fn apply(&self, cx: &UnitContext) -> Result<Applied, UnitError> {
        let inputs = self.inputs()?;
        let site = self.site(&inputs)?;
        let founder = etcd::found(&site, cx).await?;
        site.prove_members(cx).await?;
        let kubeconfig = match self.kept(cx.prior.as_ref()) {
            Some(kept) => kept,
            None => site.kubeconfig(founder.as_ref().map(|f| f.node.as_str()), cx).await?,
        };
        site.prove_api(&kubeconfig, cx).await?;
        site.prove_nodes(&kubeconfig, cx).await?;
        let path = self.path(&inputs, &kubeconfig);
        if !is_written(&path, &kubeconfig.text) {
            fluxlift_kube::write_kubeconfig(&path, &kubeconfig.text)
                .map_err(|source| BootstrapError::File { path: path.clone(), source })?;
            cx.gates.events.step("wrote", format!("{}", path.display()));
        }
        Ok(Applied {
            outputs: leaves(&kubeconfig, &path),
            identity: record::identity(founder.as_ref()),
            shortfall: None,
        })
    }

    async fn destroy(&self, cx: &UnitContext) -> Result<(), UnitError> {
        let outputs = cx.prior.as_ref().map(|prior| &prior.outputs);
        let text = |name| outputs.and_then(|o| o.get(name)).and_then(Value::as_str).map(str::to_owned);
        if let (Some(path), Some(kubeconfig)) = (text("kubeconfig_path"), text("kubeconfig")) {
            let path = PathBuf::from(path);
            if is_written(&path, &Secret::new(kubeconfig)) {
                std::fs::remove_file(&path).map_err(|source| BootstrapError::File { path: path.clone(), source })?;
                cx.gates.events.step("removed", format!("{}", path.display()));
            }
        }
        // Etcd lives and dies with its machines.
        cx.gates.events.step("left", "etcd on the control planes");
        Ok(())
    }

    async fn preflight(&self, cx: &UnitContext) -> Vec<Check> {
        let name = "etcd".to_owned();
        if cx.prior.is_none() || self.spec.inputs.values().any(Value::has_unknown) {
            let outcome = Ok("not asked: the machines are made by earlier units".to_owned());
            return vec![Check { name, outcome }];
        }
        let look = async {
            let inputs = self.inputs()?;
            let planes = self.site(&inputs)?.control_planes().await;
            let recorded = record::recall(&*cx.acts, cx.prior.as_ref(), &planes);
            Ok::<_, UnitError>(decide(&recorded, inputs.chosen()?, &etcd::sights(&planes)))
        };
        let outcome = match look.await {
            Ok(Decision::Refuse { why }) => Err(why),
            Ok(Decision::Bootstrap(node)) => Ok(format!("it will be bootstrapped on {node}")),
            Ok(Decision::GoOn | Decision::Adopt) => Ok("it is bootstrapped".to_owned()),
            Err(error) => Err(chain(&error)),
        };
        vec![Check { name, outcome }]
    }
}
