//! From a Flux that `flux bootstrap` made to flux-operator, with the real controllers: nothing is lost on the way, nor when
//! its folder leaves Git.

use std::collections::BTreeMap;
use std::time::Duration;

use fluxlift_e2e::patience::{Seen, until};
use fluxlift_e2e::{bootstrapped, lab, laws, releases};
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::newcomer::states;
use crate::stage::{DEPLOYMENT, Kind, NAMESPACES, RELEASES, Stage, done, printed};

pub(crate) const CASES: [Case; 1] =
    [case!(a_flux_that_was_bootstrapped_is_handed_over_and_nothing_is_lost_not_even_when_its_folder_goes)];

const KUSTOMIZATION: Kind = Kind("kustomize.toolkit.fluxcd.io", "v1", "Kustomization");
const SOURCE: Kind = Kind("source.toolkit.fluxcd.io", "v1", "GitRepository");
/// Who Flux is to its own root, and who to the operator.
const BY_FLUX: &str = "kustomize.toolkit.fluxcd.io/name";
const BY_OPERATOR: &str = "fluxcd.controlplane.io/name";
/// How long the programs may take for what comes next.
const SOON: Duration = Duration::from_secs(120);

async fn a_flux_that_was_bootstrapped_is_handed_over_and_nothing_is_lost_not_even_when_its_folder_goes(
    stage: &mut Stage,
) -> Verdict {
    let delivered = releases::files(RELEASES, &stage.lab.registry.tiny());
    let own = bootstrapped::folder(&stage.lab, &stage.tools).await?;
    let mut all = delivered.clone();
    all.extend(own.clone());
    stage.lab.git.repository.commit(&all, "what flux bootstrap adds").await?;
    bootstrapped::install(&stage.lab, &stage.tools, &own).await?;
    until("everything is delivered by a Flux that manages itself", SOON, async || match settled(stage).await {
        Ok(()) => Seen::There(()),
        Err(Broken(why)) => Seen::NotYet(why),
    })
    .await?;
    let root = stage.get(KUSTOMIZATION, "flux-system").await?.unwrap_or_default();
    ensure(root["metadata"]["labels"][BY_FLUX] == "flux-system", || format!("it does not manage itself: {root}"))?;
    let before = uids(stage).await?;

    let check = printed(&done(migrate(stage, &["--check"]).await?)?)?;
    ensure(check["phase"] == "bootstrapped", || format!("the check says {check}"))?;
    ensure(laws::writes(&stage.history().await?).is_empty(), || "a check has written".to_owned())?;

    let (other, refused) = ("clusters/other", migrate(stage, &["--path", "clusters/other", "--auto-approve"]).await?);
    ensure(refused.code == Some(1) && refused.stderr.contains(other), || format!("not refused:\n{}", refused.stderr))?;
    ensure(stage.get(DEPLOYMENT, "flux-operator").await?.is_none(), || "a refusal installed an operator".to_owned())?;

    let handed = done(migrate(stage, &["--auto-approve"]).await?)?;
    let writes = laws::writes(&stage.history().await?).len();
    ensure(writes > 0, || "who counts writes sees none".to_owned())?;
    note(format_args!("handed over in {:.1?}, with {writes} writes of its own", handed.took));
    alive(stage, &before, "handed over").await?;
    let root = stage.get(KUSTOMIZATION, "flux-system").await?.unwrap_or_default();
    let labels = &root["metadata"]["labels"];
    ensure(labels[BY_FLUX].is_null() && labels[BY_OPERATOR] == "flux", || format!("the root's labels are {labels}"))?;
    patched(stage).await?;
    stage.all_ready().await?;

    let last = stage.lab.git.repository.commit(&delivered, "the folder goes, as migrate says").await?;
    let now = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": last}}});
    stage.edit(SOURCE, "flux-system", &now).await?;
    until("the root is at the commit without the folder", SOON, async || {
        match stage.get(KUSTOMIZATION, "flux-system").await {
            Ok(Some(root)) if at(&root, &last) => Seen::There(()),
            seen => Seen::NotYet(format!("{seen:?}")),
        }
    })
    .await?;
    alive(stage, &before, "without its folder").await?;
    patched(stage).await?;
    stage.all_ready().await?;

    let again = done(migrate(stage, &["--auto-approve"]).await?)?;
    note(format_args!("again: {:.1?}", again.took));
    alive(stage, &before, "asked again").await?;
    stage.laws_of(&states(stage)).await
}

/// An error unless all releases are Ready and what its owner patched is in force.
async fn settled(stage: &Stage) -> Verdict {
    stage.all_ready().await?;
    patched(stage).await
}

async fn patched(stage: &Stage) -> Verdict {
    let deployment = stage.get(DEPLOYMENT, "helm-controller").await?.unwrap_or_default();
    let arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"].as_array();
    let times = arguments.into_iter().flatten().filter(|word| *word == bootstrapped::PATCHED).count();
    ensure(times == 1, || format!("{} stands {times} times in {arguments:?}", bootstrapped::PATCHED))
}

fn at(root: &Value, commit: &str) -> bool {
    root["status"]["lastAppliedRevision"].as_str().is_some_and(|revision| revision.ends_with(commit))
}

/// The UIDs of everything that must live on, by title.
async fn uids(stage: &Stage) -> Result<BTreeMap<String, String>, Broken> {
    let mut found = BTreeMap::new();
    let uid = |object: &Value| object["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    for release in stage.releases().await? {
        found.insert(format!("HelmRelease {}", release["metadata"]["name"]), uid(&release));
    }
    for kind in [DEPLOYMENT, KUSTOMIZATION, SOURCE] {
        let listed = stage.api(kind, "flux-system").list(&ListParams::default()).await;
        for object in listed.map_err(|error| Broken(format!("{} cannot be listed: {error}", kind.2)))?.items {
            let name = object.metadata.name.unwrap_or_default();
            found.insert(format!("{} {name}", kind.2), object.metadata.uid.unwrap_or_default());
        }
    }
    for name in ["flux-system", releases::NAMESPACE] {
        let namespace = stage.get(NAMESPACES, name).await?.unwrap_or_default();
        found.insert(format!("Namespace {name}"), uid(&namespace));
    }
    Ok(found)
}

/// An error unless everything of `before` is the same object still.
async fn alive(stage: &Stage, before: &BTreeMap<String, String>, when: &str) -> Verdict {
    let now = uids(stage).await?;
    let lost: Vec<&String> =
        before.iter().filter(|(title, uid)| now.get(*title) != Some(uid)).map(|(t, _)| t).collect();
    ensure(lost.is_empty(), || format!("{when}: gone or made anew: {lost:?}"))
}

/// `fluxlift migrate` with these options.
async fn migrate(stage: &Stage, options: &[&str]) -> Result<fluxlift_e2e::product::Outcome, Broken> {
    let (kubeconfig, chart) = (stage.lab.kubeconfig().display().to_string(), stage.lab.registry.flux_operator());
    let mut arguments = vec!["migrate", "--kubeconfig", &kubeconfig, "--non-interactive", "-o", "json"];
    arguments.extend(["--chart", &chart, "--operator-version", lab::FLUX_OPERATOR_VERSION]);
    arguments.extend(options);
    Ok(stage.fluxlift.run(&arguments, None).await?)
}
