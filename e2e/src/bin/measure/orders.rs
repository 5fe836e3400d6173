//! The three ways, as commands.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::ValueEnum;
use fluxlift_e2e::{Lab, LabError, Tools, lab, releases};
use serde_json::json;

/// The programs with which it is done by hand.
pub(crate) const BY_HAND: [&str; 2] = ["helm", "kubectl"];
/// What the request sleeps.
const NAP: Duration = Duration::from_secs(45);
/// The controllers that the request waits for.
const CONTROLLERS: [&str; 4] =
    ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"];

/// A way of bringing up Flux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Order {
    /// `fluxlift bootstrap`
    Bootstrap,
    /// `helm install`, then the FluxInstance with its sync as soon as its definition is served
    Naive,
    /// As the request does: the operator Available, the instance with its sync, the controllers Available, 45 seconds
    Sleep,
}

impl Order {
    /// All of them, in their turn.
    pub(crate) const ALL: [Self; 3] = [Self::Bootstrap, Self::Naive, Self::Sleep];

    /// In one phrase.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bootstrap => "`fluxlift bootstrap`",
            Self::Naive => "the naive order, nothing held",
            Self::Sleep => "the request's flow, with its sleep",
        }
    }
}

impl std::fmt::Display for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bootstrap => "bootstrap",
            Self::Naive => "naive",
            Self::Sleep => "sleep",
        })
    }
}

/// The arguments of fluxlift on this lab.
pub(crate) fn bootstrap(lab: &Lab) -> Vec<String> {
    let kubeconfig = lab.kubeconfig().display().to_string();
    let (url, chart) = (lab.git.url(), lab.registry.flux_operator());
    let told = [
        "bootstrap",
        "--kubeconfig",
        &kubeconfig,
        "--git-url",
        &url,
        "--path",
        releases::PATH,
        "--chart",
        &chart,
        "--operator-version",
        lab::FLUX_OPERATOR_VERSION,
        "--flux-version",
        lab::FLUX_VERSION,
        "--auto-approve",
        "--non-interactive",
        "-o",
        "json",
    ];
    told.map(str::to_owned).to_vec()
}

/// The commands of a way that is gone by hand, one after the other.
pub(crate) fn by_hand(order: Order, lab: &Lab, tools: &Tools) -> Result<Vec<Command>, LabError> {
    let hand = Hand { lab, tools };
    let mut commands = vec![hand.install(order)];
    commands.push(hand.wait("Established", "crd/fluxinstances.fluxcd.controlplane.io"));
    commands.push(hand.apply(&hand.instance()?));
    if order == Order::Sleep {
        for controller in CONTROLLERS {
            let deployment = format!("deployment/{controller}");
            commands.push(hand.kubectl(&["wait", "--for=create", &deployment, "--timeout=120s"]));
            commands.push(hand.wait("Available", &deployment));
        }
        let mut nap = Command::new("sleep");
        nap.arg(NAP.as_secs().to_string());
        commands.push(nap);
    }
    for command in &mut commands {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    Ok(commands)
}

struct Hand<'a> {
    lab: &'a Lab,
    tools: &'a Tools,
}

impl Hand<'_> {
    /// The chart. The request waits for its Deployment, as `helm_release` does; whoever is in a hurry does not.
    fn install(&self, order: Order) -> Command {
        let mut helm = self.program("helm");
        helm.args(["install", "flux-operator", &self.lab.registry.flux_operator(), "--plain-http"]);
        helm.args(["--version", lab::FLUX_OPERATOR_VERSION, "--namespace", "flux-system", "--create-namespace"]);
        if order == Order::Sleep {
            helm.arg("--wait");
        }
        helm
    }

    fn wait(&self, condition: &str, object: &str) -> Command {
        self.kubectl(&["wait", &format!("--for=condition={condition}"), object, "--timeout=120s"])
    }

    fn apply(&self, file: &Path) -> Command {
        self.kubectl(&["apply", "--server-side", "-f", &file.display().to_string()])
    }

    fn kubectl(&self, arguments: &[&str]) -> Command {
        let mut kubectl = self.program("kubectl");
        kubectl.args(["--namespace", "flux-system"]).args(arguments);
        kubectl
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.tools.find(name).unwrap_or_else(|| name.into()));
        command.env("KUBECONFIG", self.lab.kubeconfig()).env("HOME", self.lab.folder());
        command
    }

    /// The instance with its sync, in a file.
    fn instance(&self) -> Result<std::path::PathBuf, LabError> {
        let path = self.lab.folder().join("flux-instance.json");
        let instance = json!({
            "apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxInstance",
            "metadata": {"name": "flux", "namespace": "flux-system"},
            "spec": {
                "distribution": {"version": lab::FLUX_VERSION, "registry": "ghcr.io/fluxcd"},
                "sync": {"kind": "GitRepository", "url": self.lab.git.url(), "ref": "refs/heads/main",
                    "path": releases::PATH},
            },
        });
        std::fs::write(&path, instance.to_string()).map_err(LabError::io(format!("write {}", path.display())))?;
        Ok(path)
    }
}
