//! From what was seen to a plan or a refusal. No I/O.

use fluxlift_kube::Object;
use serde_json::{Map, Value};

use super::above::{self, Above};
use super::arguments;
use super::carry::{self, Carried};
use super::census::Census;
use super::folder::Folder;
use super::plan::{Phase, Plan};
use super::refusal::Refusal;
use super::seen::Seen;
use crate::annotation::KUSTOMIZATION_NAME;
use crate::controllers::image_name;
use crate::kinds::NAMESPACE;
use crate::ready::Readiness;
use crate::sync::folder as plain;
use crate::{Component, Sync, sync};

/// The controllers beyond the default four.
const OPTIONAL: [&str; 3] = ["image-reflector-controller", "image-automation-controller", "source-watcher"];

/// What was asked for; what is not said is as it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// The folder that the root applies.
    pub path: Option<String>,
    /// The name of the root.
    pub name: Option<String>,
    /// The controllers.
    pub components: Vec<String>,
    /// The version of Flux.
    pub version: Option<String>,
    /// Where the repository was looked at, for people: an address with its branch, or a checkout.
    pub place: String,
}

/// Plans the migration of the cluster that `seen` shows, whose repository has `folder`; `None` when it has no such folder.
///
/// # Errors
/// With each way to lose workloads, by its name.
pub fn plan(seen: &Seen, folder: Option<&Folder>, wish: &Wish) -> Result<Plan, Refusal> {
    if let Some(root) = seen.adopted() {
        return Ok(adopted(seen, root, folder));
    }
    let root = root(seen)?;
    let source = source(seen, root)?;
    check_root(root)?;
    let mut sync = following(root, source)?;
    check_names(&sync, root, seen, wish)?;
    let nothing = Folder { path: Plan::folder_of(&sync.path), ..Folder::default() };
    check_folder(&nothing.path, folder, root, wish)?;
    let folder = folder.unwrap_or(&nothing);
    if let Some(field) = folder.foreign.first() {
        let file = format!("{}/kustomization.yaml", folder.path);
        return Err(Refusal::NotCarried { file, field: field.clone() });
    }
    let deployments: Vec<&Object> = seen.deployments.iter().filter(|one| is_controller(one)).collect();
    let above = [folder.above.clone(), Some(Above::of_root(&root.title(), root.at("/spec")))];
    let above: Vec<Above> = above.into_iter().flatten().collect();
    above::check(&above, folder, &deployments)?;
    let components = components(seen, folder, wish)?;
    let live = version(seen, &deployments);
    let version = match (&wish.version, live) {
        (Some(wanted), Some(live)) if is_older(wanted, live) => {
            return Err(Refusal::Downgrade { live: live.to_owned(), wanted: wanted.clone() });
        }
        (Some(wanted), _) => wanted.clone(),
        (None, live) => live.ok_or(Refusal::NoVersion)?.to_owned(),
    };
    let first = deployments.first();
    let image = first.and_then(|one| one.text("/spec/template/spec/containers/0/image")).unwrap_or_default();
    if sync.name.as_deref() == Some(NAMESPACE) {
        sync.name = None;
    }
    Ok(Plan {
        phase: if seen.instance.is_some() { Phase::HalfWay } else { Phase::Bootstrapped },
        root: root.title(),
        version,
        registry: image.rsplit_once('/').map_or("ghcr.io/fluxcd", |(registry, _)| registry).to_owned(),
        image_pull_secret: first
            .and_then(|one| one.text("/spec/template/spec/imagePullSecrets/0/name"))
            .map(str::to_owned),
        components,
        cluster: cluster(seen, &deployments),
        patches: carry::patches(folder, root, source, &deployments),
        folder: folder.path.clone(),
        moves: folder.extras.clone(),
        elsewhere: folder.elsewhere.clone(),
        notes: notes(root, &sync, folder, &above),
        objects: seen.kustomizations.len() + seen.releases.len(),
        census: Census::of(seen, root),
        sync,
    })
}

/// Whether a migration that was begun may go on with what it was asked for then. What is half done would not be planned as
/// it was before, so only what can have become dangerous since is judged: another wish, or a folder that has left Git.
///
/// # Errors
/// With the way to lose workloads, by its name.
pub fn go_on(seen: &Seen, folder: Option<&Folder>, wish: &Wish) -> Result<(), Refusal> {
    if seen.adopted().is_some() {
        return Ok(());
    }
    let root = root(seen)?;
    let sync = following(root, source(seen, root)?)?;
    check_names(&sync, root, seen, wish)?;
    check_folder(&Plan::folder_of(&sync.path), folder, root, wish)
}

/// What the cluster follows: what the repository has to be asked for.
///
/// # Errors
/// When there is no root, more than one, or one that follows no branch and no tag.
pub fn followed(seen: &Seen) -> Result<Sync, Refusal> {
    if seen.adopted().is_some() {
        return Ok(instance_sync(&seen.instance.clone().unwrap_or_default()));
    }
    let root = root(seen)?;
    following(root, source(seen, root)?)
}

fn root(seen: &Seen) -> Result<&Object, Refusal> {
    match seen.roots()[..] {
        [] => Err(Refusal::NoRoot),
        [root] => Ok(root),
        ref several => Err(Refusal::SeveralRoots { names: several.iter().map(|one| one.title()).collect() }),
    }
}

fn source<'s>(seen: &'s Seen, root: &Object) -> Result<&'s Object, Refusal> {
    let found = seen.source_of(root).filter(|source| source.kind() == "GitRepository");
    found.ok_or_else(|| {
        let text = |field: &str| root.text(&format!("/spec/sourceRef/{field}")).unwrap_or("nothing").to_owned();
        Refusal::NoSource { root: root.title(), what: format!("{} {}", text("kind"), text("name")) }
    })
}

fn check_root(root: &Object) -> Result<(), Refusal> {
    if root.flag("/spec/suspend") {
        return Err(Refusal::Suspended { root: root.title() });
    }
    match Readiness::of(root) {
        Readiness::Ready(_) => Ok(()),
        other => Err(Refusal::NotReady { root: root.title(), why: other.to_string() }),
    }
}

/// What the root follows, as the sync of a FluxInstance says it.
fn following(root: &Object, source: &Object) -> Result<Sync, Refusal> {
    let at = |field: &str| source.text(&format!("/spec/{field}")).map(str::to_owned);
    let reference = match (at("ref/name"), at("ref/branch"), at("ref/tag")) {
        (Some(name), ..) => name,
        (None, branch, tag) if at("ref/semver").is_none() && at("ref/commit").is_none() => match (branch, tag) {
            (_, Some(tag)) => format!("refs/tags/{tag}"),
            (branch, None) => format!("refs/heads/{}", branch.as_deref().unwrap_or("master")),
        },
        _ => {
            let what = if at("ref/semver").is_some() { "a range of versions" } else { "one commit" };
            return Err(Refusal::Reference { source_name: source.title(), what: what.to_owned() });
        }
    };
    Ok(Sync {
        kind: source.kind().to_owned(),
        url: at("url").unwrap_or_default(),
        reference,
        path: root.text("/spec/path").unwrap_or_default().to_owned(),
        pull_secret: at("secretRef/name"),
        name: Some(root.name().to_owned()),
        interval: unusual_interval(at("interval")),
        provider: cloud(at("provider")),
    })
}

/// What is said of an interval, unless it is what an instance has by itself.
fn unusual_interval(said: Option<String>) -> Option<String> {
    said.filter(|interval| !["1m", "1m0s"].contains(&interval.as_str()))
}

fn cloud(said: Option<String>) -> Option<String> {
    said.filter(|provider| provider != "generic")
}

/// Whether root and source would keep name, folder and repository.
fn check_names(found: &Sync, root: &Object, seen: &Seen, wish: &Wish) -> Result<(), Refusal> {
    let theirs = seen.instance.as_ref().and_then(sync::live_sync);
    let said = |field: &str| theirs.and_then(|sync| sync[field].as_str()).map(str::to_owned);
    let name = wish.name.clone().or_else(|| theirs.map(|_| said("name").unwrap_or_else(|| NAMESPACE.to_owned())));
    if let Some(wanted) = name.filter(|wanted| wanted != root.name()) {
        return Err(Refusal::OtherName { live: root.name().to_owned(), wanted });
    }
    if let Some(wanted) =
        wish.path.clone().or_else(|| said("path")).filter(|wanted| plain(wanted) != plain(&found.path))
    {
        return Err(Refusal::OtherPath { root: root.title(), live: found.path.clone(), wanted });
    }
    match said("url").filter(|wanted| *wanted != found.url) {
        Some(wanted) => Err(Refusal::OtherSource { root: root.title(), live: found.url.clone(), wanted }),
        None => Ok(()),
    }
}

/// Whether the folder is still there for a root that manages itself from it.
fn check_folder(path: &str, folder: Option<&Folder>, root: &Object, wish: &Wish) -> Result<(), Refusal> {
    if folder.is_some() || root.label(KUSTOMIZATION_NAME).is_none() {
        return Ok(());
    }
    Err(Refusal::FolderGone { folder: path.to_owned(), place: wish.place.clone(), root: root.title() })
}

fn is_controller(deployment: &Object) -> bool {
    Component::named(deployment.name()).is_some() || OPTIONAL.contains(&deployment.name())
}

/// The controllers that run, all of which come along.
fn components(seen: &Seen, folder: &Folder, wish: &Wish) -> Result<Vec<String>, Refusal> {
    let part_of_flux = |one: &&Object| one.label("app.kubernetes.io/part-of") == Some("flux") || is_controller(one);
    let mut running: Vec<String> = Vec::new();
    for deployment in seen.deployments.iter().filter(part_of_flux) {
        let image = image_name(deployment.text("/spec/template/spec/containers/0/image").unwrap_or_default());
        let is_known = is_controller(deployment) || Component::named(image).is_some() || OPTIONAL.contains(&image);
        let is_wanted = wish.components.is_empty() || wish.components.iter().any(|name| name == deployment.name());
        let is_shard = deployment.name() != image && Component::named(image).is_some();
        if !is_known || (!is_wanted && !is_shard) {
            return Err(Refusal::LeavesController { controller: deployment.name().to_owned() });
        }
        if is_controller(deployment) {
            running.push(deployment.name().to_owned());
        }
    }
    let mut components = if wish.components.is_empty() { running } else { wish.components.clone() };
    let order =
        |name: &String| Component::ALL.iter().position(|known| known.name() == name).unwrap_or(Component::ALL.len());
    components.sort_by_key(order);
    let definitions = folder.members.iter().filter(|member| member.kind == "CustomResourceDefinition");
    match definitions
        .map(|member| &member.name)
        .find(|name| owner(name).is_some_and(|owner| !components.iter().any(|c| c == owner)))
    {
        Some(name) => Err(Refusal::LeavesDefinition { definition: name.clone(), folder: folder.path.clone() }),
        None => Ok(components),
    }
}

/// The controller whose definition it is; `None` for what is not Flux's.
fn owner(definition: &str) -> Option<&'static str> {
    let (plural, group) = definition.split_once('.')?;
    match group {
        "source.toolkit.fluxcd.io" => Some("source-controller"),
        "kustomize.toolkit.fluxcd.io" => Some("kustomize-controller"),
        "helm.toolkit.fluxcd.io" => Some("helm-controller"),
        "notification.toolkit.fluxcd.io" => Some("notification-controller"),
        "image.toolkit.fluxcd.io" if plural == "imageupdateautomations" => Some("image-automation-controller"),
        "image.toolkit.fluxcd.io" => Some("image-reflector-controller"),
        "source.extensions.fluxcd.io" => Some("source-watcher"),
        _ => None,
    }
}

/// The version that `flux bootstrap` has written on everything.
fn version<'s>(seen: &'s Seen, deployments: &[&'s Object]) -> Option<&'s str> {
    const LABEL: &str = "app.kubernetes.io/version";
    let labelled = deployments.iter().copied().chain(&seen.policies).find_map(|one| one.label(LABEL));
    labelled.map(|version| version.trim_start_matches('v'))
}

/// Whether one exact version is older than another.
fn is_older(wanted: &str, live: &str) -> bool {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let plain = version.trim_start_matches('v').split(['-', '+']).next()?;
        plain.split('.').map(|part| part.parse().ok()).collect()
    };
    // A range such as 2.x means the newest of it; only its known numbers are compared.
    let known = |version: &str| {
        version.split('.').map_while(|part| part.trim_start_matches('v').parse::<u64>().ok()).collect::<Vec<_>>()
    };
    match (numbers(wanted), numbers(live)) {
        (Some(wanted), Some(live)) => wanted < live,
        _ => {
            let (wanted, live) = (known(wanted), known(live));
            live.get(..wanted.len()).is_some_and(|live| wanted.as_slice() < live)
        }
    }
}

fn cluster(seen: &Seen, deployments: &[&Object]) -> Map<String, Value> {
    let mut cluster = Map::new();
    let is_flux = |policy: &Object| ["allow-egress", "allow-scraping", "allow-webhooks"].contains(&policy.name());
    if !seen.policies.iter().any(is_flux) {
        cluster.insert("networkPolicy".to_owned(), Value::from(false));
    }
    let domain = deployments.iter().find_map(|one| arguments::domain(one));
    if let Some(domain) = domain.filter(|domain| *domain != "cluster.local") {
        cluster.insert("domain".to_owned(), Value::from(domain));
    }
    cluster
}

fn notes(root: &Object, sync: &Sync, folder: &Folder, above: &[Above]) -> Vec<String> {
    let unread = |above: &Above| {
        let (by, fields, folder) = (&above.by, above.unread.join(" and "), &folder.path);
        format!(
            "{by} has {fields}, which may change Flux's own objects as well: what they change there does not go along, unless \
             the patches of {folder}/kustomization.yaml say the same"
        )
    };
    let mut notes: Vec<String> = above.iter().filter(|above| !above.unread.is_empty()).map(unread).collect();
    if !root.flag("/spec/prune") {
        notes.push(format!("{} does not prune now; under the operator it will", root.title()));
    }
    if let Some(secret) = &sync.pull_secret {
        notes.push(format!("secret/{NAMESPACE}/{secret} goes on to be used; nobody renews it but you"));
    }
    notes
}

/// A cluster that is over already: what the live instance says.
fn adopted(seen: &Seen, root: &Object, folder: Option<&Folder>) -> Plan {
    let instance = seen.instance.clone().unwrap_or_default();
    let text = |pointer: &str| instance.text(pointer).map(str::to_owned);
    let patches = instance.items("/spec/kustomize/patches").iter();
    let mut cluster = instance.at("/spec/cluster").as_object().cloned().unwrap_or_default();
    cluster.retain(|field, value| field != "type" && !is_default_of_cluster(field, value));
    Plan {
        phase: Phase::Adopted,
        root: root.title(),
        version: text("/spec/distribution/version").unwrap_or_default(),
        registry: text("/spec/distribution/registry").unwrap_or_default(),
        image_pull_secret: text("/spec/distribution/imagePullSecret"),
        components: instance
            .items("/spec/components")
            .iter()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect(),
        cluster,
        sync: instance_sync(&instance),
        patches: patches.cloned().map(|patch| Carried { from: instance.title(), patch }).collect(),
        folder: folder.map_or_else(
            || Plan::folder_of(instance.text("/spec/sync/path").unwrap_or_default()),
            |folder| folder.path.clone(),
        ),
        moves: folder.map(|folder| folder.extras.clone()).unwrap_or_default(),
        elsewhere: folder.map(|folder| folder.elsewhere.clone()).unwrap_or_default(),
        notes: Vec::new(),
        objects: seen.kustomizations.len() + seen.releases.len(),
        census: Census::of(seen, root),
    }
}

/// What the API server fills into `spec.cluster` by itself.
fn is_default_of_cluster(field: &str, value: &Value) -> bool {
    match field {
        "networkPolicy" => value == &Value::Bool(true),
        "domain" => value == "cluster.local",
        "multitenant" | "tenantDefaultServiceAccount" => value == &Value::Bool(false) || value == "default",
        _ => false,
    }
}

/// The sync of a live instance.
fn instance_sync(instance: &Object) -> Sync {
    let text = |field: &str| instance.text(&format!("/spec/sync/{field}")).map(str::to_owned);
    Sync {
        kind: text("kind").unwrap_or_default(),
        url: text("url").unwrap_or_default(),
        reference: text("ref").unwrap_or_default(),
        path: text("path").unwrap_or_default(),
        pull_secret: text("pullSecret"),
        name: text("name"),
        interval: unusual_interval(text("interval")),
        provider: cloud(text("provider")),
    }
}
