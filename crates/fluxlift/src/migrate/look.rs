//! A migration whose cluster, repository and code were looked at.

use std::path::PathBuf;
use std::sync::Arc;

use fluxlift_core::{Clock, ErrorKind};
use fluxlift_flux::Instance;
use fluxlift_flux::migration::{Folder, Phase, Plan, Seen, Wish, deleted_with, followed, go_on, plan};
use fluxlift_flux::sync::live_sync;
use fluxlift_kube::Cluster;
use fluxlift_net::Dial;

use super::Code;
use super::code::Whereabouts;
use super::repository::{self, Place};
use crate::bootstrap::target::Target;
use crate::bootstrap::{Bootstrap, Handover, Request, SecretSource};
use crate::standalone::home;
use crate::system::System;
use crate::ui::Failure;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The kubeconfig files, by kubectl's rules.
    pub kubeconfig: Vec<PathBuf>,
    /// The context in them.
    pub context: Option<String>,
    /// Where the repository is read.
    pub place: Place,
    /// Where the token for it comes from.
    pub git_token: Option<SecretSource>,
    /// Where the Terraform code and its state are.
    pub code: Whereabouts,
    /// What is not to be as it was found.
    pub wish: Wish,
    /// The version of flux-operator.
    pub operator_version: Option<String>,
    /// Where its chart is.
    pub chart: Option<String>,
    /// The digest that the chart must have.
    pub chart_digest: Option<String>,
    /// A file with values for it.
    pub operator_values: Option<PathBuf>,
}

/// A cluster that can be migrated, or was.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The cluster.
    pub target: Target,
    /// What to do.
    pub plan: Plan,
    /// The folder in Git, while it is there.
    pub folder: Option<Folder>,
    /// The Terraform code and state, if any was found.
    pub code: Option<Code>,
    /// What the root would delete if the folder left Git now.
    pub deleted_with_folder: Vec<String>,
}

impl Migration {
    /// Looks at everything and judges it. Nothing is written anywhere.
    ///
    /// # Errors
    /// When something cannot be read, and each way to lose workloads.
    pub async fn look(
        asked: &Asked,
        system: &System,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let target = Self::reach(asked, system, Arc::clone(&dial), Arc::clone(&clock)).await?;
        let cluster = target.connect(system, Arc::clone(&dial), Arc::clone(&clock))?;
        let seen = Seen::look(&cluster).await?;
        let sync = followed(&seen)?;
        let token = asked.git_token.as_ref();
        let followed = (&sync, fetched(&seen));
        let (folder, place) = repository::folder(&asked.place, followed, token, system, dial, clock).await?;
        let wish = Wish { place, ..asked.wish.clone() };
        let plan = plan(&seen, folder.as_ref(), &wish)?;
        let code = Code::find(&asked.code)?;
        let deleted_with_folder = match &folder {
            Some(folder) => deleted_with(&cluster, folder, plan.sync.effective_name()).await?,
            None => Vec::new(),
        };
        Ok(Self { target, plan, folder, code, deleted_with_folder })
    }

    /// Finds the cluster.
    ///
    /// # Errors
    /// When no kubeconfig names it, or it does not answer.
    pub async fn reach(
        asked: &Asked,
        system: &System,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<Target, Failure> {
        Target::named(&asked.kubeconfig, asked.context.as_deref(), system, dial, clock).await
    }

    /// The request of a migration of this cluster that was begun, has made the instance, and did not come to its end. What
    /// is half done is judged by what was seen before; only where the chart comes from may be said anew.
    ///
    /// # Errors
    /// When there is no folder for state, the cluster does not answer, or something that was asked for or has happened
    /// since would take workloads down.
    pub async fn unfinished(
        asked: &Asked,
        target: &Target,
        system: &System,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Request>, Failure> {
        let home = home::of_cluster(&target.identity, system)?;
        let Some(begun) = Bootstrap::unfinished_handover(&home) else { return Ok(None) };
        let cluster = target.connect(system, Arc::clone(&dial), Arc::clone(&clock))?;
        if cluster.get(&Instance::target()).await?.is_none() {
            return Ok(None);
        }
        Self::still_harmless(asked, &cluster, system, dial, clock).await?;
        Ok(Some(Request {
            operator_version: asked.operator_version.clone().or(begun.operator_version),
            chart: asked.chart.clone().or(begun.chart),
            chart_digest: asked.chart_digest.clone().or(begun.chart_digest),
            operator_values: asked.operator_values.clone().or(begun.operator_values),
            ..begun
        }))
    }

    /// Judges what may have become dangerous since a migration was begun.
    async fn still_harmless(
        asked: &Asked,
        cluster: &Cluster,
        system: &System,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<(), Failure> {
        judged_again(cluster, (&asked.place, asked.git_token.as_ref()), &asked.wish, system, dial, clock).await?;
        Code::find(&asked.code).map(drop)
    }

    /// Judges whether what `request` asks for may go on, if it is a migration: what it was judged by may have left Git since.
    ///
    /// # Errors
    /// When the cluster or the repository cannot be read, and each way to lose workloads.
    pub async fn may_go_on(
        request: &Request,
        system: &System,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<(), Failure> {
        let Some(Handover { checkout, git_token, .. }) = &request.handover else { return Ok(()) };
        let target = Target::find(request, system, Arc::clone(&dial), Arc::clone(&clock)).await?;
        let cluster = target.connect(system, Arc::clone(&dial), Arc::clone(&clock))?;
        let place = checkout.clone().map_or(Place::Server, Place::Checkout);
        judged_again(&cluster, (&place, git_token.as_ref()), &Wish::default(), system, dial, clock).await
    }

    /// The request that takes the operator off again: the one of the migration that was begun here.
    ///
    /// # Errors
    /// When the operator has taken the root over, no migration was begun from here, or the folder that is to look after the
    /// controllers again has left Git.
    pub async fn way_back(
        asked: &Asked,
        target: &Target,
        system: &System,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
    ) -> Result<Request, Failure> {
        let cluster = target.connect(system, Arc::clone(&dial), Arc::clone(&clock))?;
        if cluster.get(&Instance::target()).await?.as_ref().and_then(live_sync).is_some() {
            let message = "flux-operator has taken the root over: the way back ends where the sync begins";
            return Err(Failure::new(ErrorKind::Failed, message)
                .with_hint("go on with `fluxlift migrate`; nothing was changed"));
        }
        let home = home::of_cluster(&target.identity, system)?;
        let request = Bootstrap::remembered(&home)?;
        if request.handover.is_none() {
            let message = format!("no migration of the cluster at {} was begun from here", target.server);
            return Err(Failure::new(ErrorKind::Failed, message).with_hint("nothing was changed"));
        }
        Self::still_harmless(asked, &cluster, system, dial, clock).await?;
        Ok(request)
    }

    /// Whether there is nothing left to do in the cluster.
    pub fn is_adopted(&self) -> bool {
        self.plan.phase == Phase::Adopted
    }

    /// What the two units are asked for.
    pub fn request(&self, asked: &Asked) -> Request {
        let plan = &self.plan;
        Request {
            kubeconfig: asked.kubeconfig.clone(),
            context: asked.context.clone(),
            cluster: None,
            git_url: plan.sync.url.clone(),
            branch: plan.sync.reference.clone(),
            path: plan.sync.path.clone(),
            git_token: None,
            sops_age_key: None,
            operator_version: asked.operator_version.clone(),
            chart: asked.chart.clone(),
            chart_digest: asked.chart_digest.clone(),
            operator_values: asked.operator_values.clone(),
            flux_version: plan.version.clone(),
            registry: Some(plan.registry.clone()),
            components: plan.components.clone(),
            patches: None,
            handover: Some(Handover {
                inputs: plan.inputs(),
                census: plan.census.clone(),
                checkout: match &asked.place {
                    Place::Checkout(root) => Some(root.clone()),
                    Place::Server => None,
                },
                git_token: asked.git_token.clone(),
            }),
        }
    }
}

/// Judges what may have become dangerous since a migration was begun.
async fn judged_again(
    cluster: &Cluster,
    (place, token): (&Place, Option<&SecretSource>),
    wish: &Wish,
    system: &System,
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
) -> Result<(), Failure> {
    let seen = Seen::look(cluster).await?;
    let sync = followed(&seen)?;
    let (folder, place) = repository::folder(place, (&sync, fetched(&seen)), token, system, dial, clock).await?;
    Ok(go_on(&seen, folder.as_ref(), &Wish { place, ..wish.clone() })?)
}

/// What Flux has fetched of the repository. Of a root that is taken over nothing is carried along any more, and whoever takes
/// the folder out of Git next is ahead of Flux.
fn fetched(seen: &Seen) -> Option<&str> {
    match seen.adopted() {
        Some(_) => None,
        None => seen.roots().first().and_then(|root| seen.source_of(root)?.text("/status/artifact/revision")),
    }
}
