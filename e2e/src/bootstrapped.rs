//! What `flux bootstrap` leaves in Git and in a cluster, made from the manifests of a Flux release with kustomize.

use std::collections::BTreeMap;
use std::path::Path;

use tokio::process::Command;

use crate::lab::FLUX_VERSION;
use crate::tools::FLUX_OPERATOR_CONFIG;
use crate::{Lab, LabError, Tools, releases};

/// The folder that belongs to Flux, below the cluster's own.
pub const FOLDER: &str = "flux-system";

/// The controllers that are installed unless somebody asks for others.
const CONTROLLERS: [&str; 4] =
    ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"];

/// What the owner of the cluster added to the folder: an argument for one controller.
pub const PATCHED: &str = "--requeue-dependency=5s";

const OWN: &str = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - gotk-components.yaml
  - gotk-sync.yaml
patches:
  - target:
      kind: Deployment
      name: helm-controller
    patch: |
      - op: add
        path: /spec/template/spec/containers/0/args/-
        value: --requeue-dependency=5s
";

const NAMESPACE: &str = "apiVersion: v1
kind: Namespace
metadata:
  name: flux-system
  labels:
    pod-security.kubernetes.io/warn: restricted
    pod-security.kubernetes.io/warn-version: latest
";

/// The names of cluster-wide roles end with the namespace.
const ROLES: &str = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - rbac.yaml
nameSuffix: -flux-system
";

/// The files of the folder.
///
/// # Errors
/// When the release's manifests are not there or cannot be built.
pub async fn folder(lab: &Lab, tools: &Tools) -> Result<BTreeMap<String, String>, LabError> {
    let files = [
        ("kustomization.yaml", OWN.to_owned()),
        ("gotk-components.yaml", components(lab, tools).await?),
        ("gotk-sync.yaml", sync(&lab.git.url())),
    ];
    Ok(files.into_iter().map(|(name, text)| (format!("{}/{FOLDER}/{name}", releases::PATH), text)).collect())
}

/// Definitions, controllers and their rights, as `flux install --export` prints them.
async fn components(lab: &Lab, tools: &Tools) -> Result<String, LabError> {
    let config = tools.must(FLUX_OPERATOR_CONFIG).join("data/flux").join(format!("v{FLUX_VERSION}"));
    let base = lab.folder().join("gotk");
    let write = |path: &str, text: &str| write(&base.join(path), text);
    let copy = |name: &str, to: &str| write(to, &read(&config.join(name))?);
    copy("rbac.yaml", "roles/rbac.yaml")?;
    copy("policies.yaml", "policies.yaml")?;
    write("roles/kustomization.yaml", ROLES)?;
    write("namespace.yaml", NAMESPACE)?;
    let mut own = format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: {FOLDER}\nlabels:\n  - pairs:\n      \
         app.kubernetes.io/instance: {FOLDER}\n      app.kubernetes.io/part-of: flux\n      \
         app.kubernetes.io/version: v{FLUX_VERSION}\nresources:\n  - namespace.yaml\n  - policies.yaml\n  - roles\n"
    );
    let images = CONTROLLERS.map(|name| format!("  - name: fluxcd/{name}\n    newName: ghcr.io/fluxcd/{name}\n"));
    for name in CONTROLLERS {
        copy(&format!("{name}.yaml"), &format!("{name}.yaml"))?;
        own += &format!("  - {name}.yaml\n");
    }
    write("kustomization.yaml", &format!("{own}images:\n{}", images.concat()))?;
    kubectl(lab, tools, &["kustomize", &base.display().to_string()]).await
}

/// The source and the root.
fn sync(url: &str) -> String {
    format!(
        "apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 1m0s
  ref:
    branch: main
  url: {url}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 10m0s
  path: ./{path}
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
",
        path = releases::PATH
    )
}

/// Installs what is in `files`, the sync last, and waits for nothing but the definitions.
///
/// # Errors
/// What kubectl says.
pub async fn install(lab: &Lab, tools: &Tools, files: &BTreeMap<String, String>) -> Result<(), LabError> {
    for name in ["gotk-components.yaml", "gotk-sync.yaml"] {
        let path = lab.folder().join(name);
        write(&path, files.get(&format!("{}/{FOLDER}/{name}", releases::PATH)).map_or("", String::as_str))?;
        let path = path.display().to_string();
        kubectl(lab, tools, &["apply", "--server-side", "--field-manager=flux", "--filename", &path]).await?;
        kubectl(lab, tools, &["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]).await?;
    }
    Ok(())
}

async fn kubectl(lab: &Lab, tools: &Tools, arguments: &[&str]) -> Result<String, LabError> {
    let doing = format!("kubectl {}", arguments.join(" "));
    let output = Command::new(tools.must("kubectl"))
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", lab.folder())
        .env("KUBECONFIG", lab.kubeconfig())
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(LabError::io(&doing))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(LabError::Unexpected(format!("{doing}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

fn read(path: &Path) -> Result<String, LabError> {
    std::fs::read_to_string(path).map_err(LabError::io(format!("read {}", path.display())))
}

fn write(path: &Path, text: &str) -> Result<(), LabError> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(LabError::io(format!("make {}", folder.display())))?;
    std::fs::write(path, text).map_err(LabError::io(format!("write {}", path.display())))
}
