//! A simulated cluster as `flux bootstrap` leaves it: something to try `migrate` on.

use fluxlift_core::Timestamp;
use fluxlift_sim::git::GitRepo;
use fluxlift_sim::{Options, World};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use super::cluster::{apply, cluster};
use super::git_content;
use crate::ui::Failure;

/// Where the Git server has the cluster's repository.
const URL: &str = "http://127.101.0.4:3000/home-ops.git";
/// The repository's name there.
const REPOSITORY: &str = "home-ops.git";
/// The folder that belongs to the cluster.
const PATH: &str = "kubernetes/clusters/cluster-101";
/// How long everything takes to be there and Ready.
const SETTLED: SignedDuration = SignedDuration::from_mins(40);
/// How long the definitions take to be served.
const SERVED: SignedDuration = SignedDuration::from_secs(30);

/// The patches that its owner keeps in Git: for helm-controller, and the key that secrets are decrypted with.
const PATCHES: &str = r"patches:
  - target:
      kind: Deployment
      name: (kustomize-controller|helm-controller)
    patch: |
      - op: add
        path: /spec/template/spec/containers/0/args/-
        value: --requeue-dependency=5s
  - patch: |
      apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata:
        name: flux-system
        namespace: flux-system
      spec:
        decryption:
          provider: sops
          secretRef:
            name: sops-age
";

/// A world with such a cluster, everything delivered and Ready at `now`, and its administrator's kubeconfig.
///
/// # Errors
/// When it can't be made.
pub fn bootstrapped(options: Options, flux_version: &str, now: Timestamp) -> Result<(World, String), Failure> {
    let past = |before: SignedDuration| now.saturating_sub(before).unwrap_or(now);
    let (mut world, kubeconfig) = cluster(options, past(SETTLED + SERVED + SERVED))?;
    world.advance_to(past(SETTLED + SERVED));
    let components = components(flux_version)?;
    let repository = GitRepo::from_files(content(flux_version, &components)?, world.now);
    world.git.publish(REPOSITORY, repository);
    let (first, rest): (Vec<_>, Vec<_>) = components.into_iter().partition(fluxlift_sim::flux::stages::is_first);
    for object in first {
        apply(&mut world, "flux", object)?;
    }
    world.advance_to(past(SETTLED));
    let key = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"age.agekey": "QUdF"},
        "metadata": {"name": "sops-age", "namespace": "flux-system"}});
    for object in rest.into_iter().chain([key]).chain(root()) {
        apply(&mut world, "flux", object)?;
    }
    world.advance_to(now);
    Ok((world, kubeconfig))
}

/// What `gotk-components.yaml` holds: the operator's own manifests, without its marks.
fn components(flux_version: &str) -> Result<Vec<Json>, Failure> {
    let instance = json!({"metadata": {"name": "flux", "namespace": "flux-system"},
        "spec": {"distribution": {"version": flux_version, "registry": "ghcr.io/fluxcd"}}});
    let build = fluxlift_sim::flux::manifests::build(&instance)
        .map_err(|error| Failure::because("the simulated Flux cannot be built", &error))?;
    Ok(build.objects.into_iter().map(unmarked).collect())
}

fn unmarked(mut object: Json) -> Json {
    for field in ["labels", "annotations"] {
        if let Some(map) = object["metadata"][field].as_object_mut() {
            map.retain(|key, _| {
                !key.starts_with("fluxcd.controlplane.io/")
                    && !key.starts_with("kustomize.toolkit.fluxcd.io/")
                    && key != "app.kubernetes.io/managed-by"
            });
        }
    }
    object
}

/// The source and the root, as `flux bootstrap` writes them.
fn root() -> [Json; 2] {
    let metadata = json!({"name": "flux-system", "namespace": "flux-system"});
    [
        json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": metadata,
            "spec": {"interval": "1m0s", "url": URL, "ref": {"branch": "main"}}}),
        json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": metadata,
            "spec": {"interval": "10m0s", "path": format!("./{PATH}"), "prune": true,
                "sourceRef": {"kind": "GitRepository", "name": "flux-system"}}}),
    ]
}

/// The repository: what the reference cluster delivers, and the folder that `flux bootstrap` adds.
fn content(flux_version: &str, components: &[Json]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let own = format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - gotk-components.yaml\n  - \
         gotk-sync.yaml\n{PATCHES}"
    );
    let file = |name: &str, text: String| (format!("{PATH}/flux-system/{name}"), text.into_bytes());
    let folder = [
        file("kustomization.yaml", own),
        file("gotk-components.yaml", documents(components)?),
        file("gotk-sync.yaml", documents(&root())?),
    ];
    Ok(git_content(flux_version).into_iter().map(listed).chain(folder).collect())
}

/// The cluster's own list with the folder in it.
fn listed((path, content): (String, Vec<u8>)) -> (String, Vec<u8>) {
    if path != format!("{PATH}/kustomization.yaml") {
        return (path, content);
    }
    let text = String::from_utf8_lossy(&content).replace("resources:\n", "resources:\n  - flux-system\n");
    (path, text.into_bytes())
}

fn documents(objects: &[Json]) -> Result<String, Failure> {
    let one = |object: &Json| serde_saphyr::to_string(object);
    let documents: Result<Vec<String>, _> = objects.iter().map(one).collect();
    let documents =
        documents.map_err(|error| Failure::because("the simulated repository cannot be written", &error))?;
    Ok(documents.join("---\n"))
}
