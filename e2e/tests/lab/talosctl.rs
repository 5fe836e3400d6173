//! The simulated machines, asked by the real talosctl: a wrong field number in either of us shows here.
//!
//! No control plane is needed. A demo brings a whole simulated cluster up, and is then served on loopback.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use fluxlift_e2e::LabError;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::bench::{Alone, Broken, Case, Verdict, case, ensure, note};

pub(crate) const CASES: [Case; 1] =
    [case!(talosctl_understands_what_the_simulated_machines_tell, needs["talosctl"], alone)];

/// The unit whose outputs hold the talosconfig.
const CONFIG_UNIT: &str = "terraform/infra/live/clusters/cluster-101/config";
/// The machines of the reference tree.
const CONTROL_PLANES: [&str; 3] = ["127.101.0.11", "127.101.0.12", "127.101.0.13"];
const WORKER: &str = "127.101.0.21";
const TALOS: &str = "v1.12.0";

async fn talosctl_understands_what_the_simulated_machines_tell(alone: &Alone<'_>) -> Verdict {
    let folder = tempfile::tempdir().map_err(LabError::io("make a folder"))?;
    // Everybody on this machine who serves the datacenter does so at the same addresses.
    let _turn = turn()?;
    let demo = folder.path().join("demo");
    let dir = demo.display().to_string();
    run(Command::new(alone.fluxlift).args(["demo", "--dir", &dir, "-o", "json"]), folder.path()).await?;
    let raw = ["output", "talosconfig", "--raw", "--working-dir"];
    let config = run(Command::new(alone.fluxlift).args(raw).arg(demo.join(CONFIG_UNIT)), folder.path()).await?;
    let path = folder.path().join("talosconfig");
    std::fs::write(&path, config).map_err(LabError::io("write the talosconfig"))?;
    let _served = serve(alone.fluxlift, &dir, folder.path()).await?;
    let talosctl = Talosctl { binary: alone.tools.need("talosctl")?, config: path, home: folder.path().to_owned() };

    let version = talosctl.say(&[&CONTROL_PLANES[..], &[WORKER]].concat(), &["version"]).await?;
    let tags = version.lines().filter(|line| line.trim_start().starts_with("Tag:") && line.contains(TALOS)).count();
    // The first is the client's own.
    ensure(tags == 5, || format!("four machines and the client are {TALOS}, not {tags}:\n{version}"))?;
    for node in [CONTROL_PLANES[0], WORKER] {
        ensure(version.contains(node), || format!("{node} is not told:\n{version}"))?;
    }

    let table = talosctl.say(&[CONTROL_PLANES[0]], &["get", "machineconfig"]).await?;
    ensure(table.contains("MachineConfig") && table.contains("v1alpha1"), || format!("no machine config:\n{table}"))?;
    let yaml = talosctl.say(&[WORKER], &["get", "mc", "v1alpha1", "-o", "yaml"]).await?;
    ensure(yaml.contains("kind: HostnameConfig") && yaml.contains("type: worker"), || {
        format!("the configuration is not whole:\n{yaml}")
    })?;
    let stage = talosctl.say(&[WORKER], &["get", "machinestatus", "-o", "json"]).await?;
    let stage: Value = serde_json::from_str(&stage).map_err(|error| Broken(format!("{error}: {stage}")))?;
    ensure(stage["spec"]["stage"] == "running", || format!("the worker is {stage}"))?;

    let kubeconfig = talosctl.say(&[CONTROL_PLANES[0]], &["kubeconfig", "-"]).await?;
    ensure(kubeconfig.contains("client-certificate-data") && kubeconfig.contains("https://127.101.0.10:6443"), || {
        "the kubeconfig is not whole".to_owned()
    })?;

    let services = talosctl.say(&[CONTROL_PLANES[1]], &["services"]).await?;
    ensure(services.lines().any(|line| line.contains("etcd") && line.contains("Running")), || services.clone())?;
    let members = talosctl.say(&[CONTROL_PLANES[2]], &["etcd", "members"]).await?;
    ensure(CONTROL_PLANES.iter().all(|node| members.contains(&format!("https://{node}:2380"))), || members.clone())?;

    let health = talosctl.say(&[CONTROL_PLANES[0]], &["health", "--wait-timeout", "30s"]).await?;
    let fine = health.lines().filter(|line| line.ends_with(": OK") || line.ends_with(": SKIP")).count();
    note(format_args!("talosctl health: {fine} checks"));
    ensure(fine == 16, || format!("{fine} of 16 checks are told:\n{health}"))
}

/// The real talosctl, with the talosconfig of the run.
struct Talosctl {
    binary: PathBuf,
    config: PathBuf,
    home: PathBuf,
}

impl Talosctl {
    /// What it says of these nodes.
    async fn say(&self, nodes: &[&str], arguments: &[&str]) -> Result<String, Broken> {
        let mut command = Command::new(&self.binary);
        command.arg("--talosconfig").arg(&self.config).args(["--nodes", &nodes.join(",")]).args(arguments);
        run(&mut command, &self.home).await
    }
}

/// Runs a command to its end and gives what it said, its progress included.
async fn run(command: &mut Command, home: &Path) -> Result<String, Broken> {
    let shown = format!("{:?}", command.as_std());
    let output = prepared(command, home).stderr(Stdio::piped()).output().await.map_err(LabError::io(&shown))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure(output.status.success(), || format!("{shown} ended with {}:\n{}", output.status, text(&output.stderr)))?;
    // talosctl tells of health where others tell of progress.
    Ok(if output.stdout.is_empty() { text(&output.stderr) } else { text(&output.stdout) })
}

fn prepared<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    command.env_clear().env("HOME", home).env("CI", "1").env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true)
}

/// Serves the datacenter of the demo in `dir`, for as long as the child lives.
async fn serve(fluxlift: &Path, dir: &str, home: &Path) -> Result<Child, Broken> {
    let mut command = Command::new(fluxlift);
    command.args(["sim", "--dir", dir, "-o", "json"]);
    let mut child =
        prepared(&mut command, home).stderr(Stdio::null()).spawn().map_err(LabError::io("serve the sim"))?;
    let stdout = child.stdout.take().ok_or_else(|| Broken("the sim has no output".to_owned()))?;
    let mut lines = BufReader::new(stdout).lines();
    // One document, when every address answers; a datacenter that cannot be served ends without one.
    match lines.next_line().await.map_err(LabError::io("wait for the sim"))? {
        Some(_) => {
            // Whoever writes into a pipe that nobody reads is ended.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            Ok(child)
        }
        None => Err(Broken("the simulated datacenter cannot be served: are its addresses taken?".to_owned())),
    }
}

/// Waits until nobody else of this user serves the datacenter.
fn turn() -> Result<File, Broken> {
    let user = std::env::var("USER").unwrap_or_default();
    let path = std::env::temp_dir().join(format!("fluxlift-loopback-{user}.lock"));
    let file = File::options().create(true).append(true).open(path);
    let file = file.and_then(|file| file.lock().map(|()| file));
    Ok(file.map_err(LabError::io("wait for one's turn to serve the datacenter"))?)
}
