//! The gated way: controllers, canaries, sync.

use fluxlift_core::Deadline;
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_flux::canary::{CanaryError, Deadlines, Expect};
use fluxlift_flux::gates::InstanceReady;
use fluxlift_flux::instance::Stage;
use fluxlift_flux::kinds::FLUX_INSTANCE;
use fluxlift_flux::{CanaryRun, Instance};
use fluxlift_gate::GateError;
use fluxlift_kube::{ApplyAs, Cluster, Object};

use super::Inputs;
use super::survey::Survey;

/// How long flux-operator may take over an instance.
const INSTANCE: Deadline = Deadline::minutes(15);

/// One bring-up in progress.
pub struct Bringup<'a> {
    /// The engine's context.
    pub cx: &'a UnitContext,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The unit's inputs.
    pub inputs: &'a Inputs,
    /// What they describe.
    pub instance: &'a Instance,
}

impl Bringup<'_> {
    /// Brings the instance from what `survey` saw to what should be, and proves everything that it delivers. What is
    /// `Some` is a shortfall: Flux itself is proven, but not everything that it delivers is.
    ///
    /// # Errors
    /// When an act is refused or a controller is not proven; then the sync is not added. When canaries can't be taken away.
    pub async fn run(&self, survey: &Survey) -> Result<Option<UnitError>, UnitError> {
        let (applied, canaries) = match &survey.live {
            Some(live) if survey.is_synced() && survey.differences.is_empty() => return self.converge(live).await,
            Some(_) if survey.is_synced() => self.change().await?,
            _ => self.install(survey.live.is_some() || survey.controllers).await?,
        };
        // The canaries have done their work: nobody waits for their removal but the end of the run.
        let (converged, removed) = tokio::join!(self.converge(&applied), canaries.remove());
        match (converged, removed) {
            (Ok(shortfall), Ok(())) => Ok(shortfall),
            (Ok(_), Err(error)) => Err(error.into()),
            (Err(error), Ok(())) => Err(error),
            (Err(error), Err(left)) => {
                self.left_behind(&left);
                Err(error)
            }
        }
    }

    /// No sync yet: the sync comes when the last canary is proven, not before and not later.
    async fn install(&self, controllers_exist: bool) -> Result<(Object, CanaryRun), UnitError> {
        let expect = if controllers_exist {
            let applied = self.apply(Stage::Controllers).await?;
            self.ready(&applied).await?;
            Expect::AfterRollout
        } else {
            self.apply(Stage::Fresh).await?;
            Expect::Fresh
        };
        let canaries = self.canaries();
        if let Err(error) = canaries.prove(expect).await {
            self.remove(canaries).await;
            return Err(error.into());
        }
        self.whole(canaries).await
    }

    /// Everything is proven: the sync is added, or the mark taken off.
    async fn whole(&self, canaries: CanaryRun) -> Result<(Object, CanaryRun), UnitError> {
        match self.apply(Stage::Whole).await {
            Ok(applied) => Ok((applied, canaries)),
            Err(error) => {
                self.remove(canaries).await;
                Err(error)
            }
        }
    }

    /// A live instance with its sync changes: it keeps the sync, and is proven after its rollout. Until then it carries
    /// a mark: whoever comes after a crash or a failed canary finds it, and proves what we did not.
    async fn change(&self) -> Result<(Object, CanaryRun), UnitError> {
        let applied = self.apply(Stage::Unproven).await?;
        self.ready(&applied).await?;
        let canaries = self.canaries();
        if let Err(error) = canaries.prove(Expect::AfterRollout).await {
            self.remove(canaries).await;
            return Err(error.into());
        }
        self.whole(canaries).await
    }

    /// Takes the canaries of a failed round away. What hinders that is told, and does not hide why the round failed.
    async fn remove(&self, canaries: CanaryRun) {
        if let Err(error) = canaries.remove().await {
            self.left_behind(&error);
        }
    }

    fn left_behind(&self, error: &CanaryError) {
        self.cx.gates.events.warn(format!("canaries were left behind, the next apply sweeps them: {error}"));
    }

    fn canaries(&self) -> CanaryRun {
        let components = self.inputs.components();
        let within = Deadlines::default();
        let deadlines = Deadlines { canary: within.canary.min(self.cx.deadline), ..within };
        CanaryRun::new(&self.cx.gates, self.cluster, &components, deadlines, self.cx.seed)
    }

    /// Applies the instance at `stage`.
    pub(super) async fn apply(&self, stage: Stage) -> Result<Object, UnitError> {
        let object = self.instance.object(stage);
        let cx = self.cx;
        let applied = self.cluster.apply(&FLUX_INSTANCE, &object, ApplyAs::OWNER).await?;
        let what = match stage {
            Stage::Fresh | Stage::Controllers => "without a sync",
            Stage::Unproven => "with its sync, marked as not proven yet",
            Stage::Whole => "with its sync",
        };
        cx.gates.events.step("applied", format!("{} {what}", applied.title()));
        Ok(applied)
    }

    /// Waits until flux-operator has applied `instance`.
    pub(super) async fn ready(&self, instance: &Object) -> Result<Option<Object>, GateError> {
        let seen = self.cluster.observe_one(Instance::target());
        self.cx.gates.prove(&InstanceReady::new(instance), INSTANCE, seen).await
    }
}
