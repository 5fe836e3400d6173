//! From the sync to the last release: instance, source, root, delivered set.

use fluxlift_core::{Deadline, ErrorKind};
use fluxlift_engine::unit::UnitError;
use fluxlift_flux::Delivered;
use fluxlift_flux::gates::{RootReady, SourceReady};
use fluxlift_flux::kinds::{GIT_REPOSITORY, KUSTOMIZATION, NAMESPACE};
use fluxlift_flux::migration::{Adopted, Holdings};
use fluxlift_flux::rescue::{Force, RescueError, Standby};
use fluxlift_kube::{Object, ObjectRef, both};

use super::bringup::Bringup;
use super::restores::Restores;

/// How long the source may take to have its first artifact.
const SOURCE: Deadline = Deadline::minutes(10);
/// How long the root may take to apply it.
const ROOT: Deadline = Deadline::minutes(15);
/// How long a root may take to be the operator's, once the operator says that it has applied it.
const ADOPTED: Deadline = Deadline::minutes(5);
/// How long everything that it brings may take: images are pulled, databases start.
const DELIVERED: Deadline = Deadline::minutes(45);

impl Bringup<'_> {
    /// Proves everything after the sync was added, and restores what it has brought. Backups are held from the first
    /// moment on, and until all data is back nothing is reset or forced: a release that waits for its data has not failed
    /// of itself. What is `Some` is a shortfall: Flux itself is proven, but not
    /// everything that it delivers is.
    ///
    /// # Errors
    /// When instance, source or root are not proven, or the cluster cannot be observed.
    pub async fn converge(&self, applied: &Object) -> Result<Option<UnitError>, UnitError> {
        self.flux(applied).await?;
        self.adopted().await?;
        let most = self.inputs.most_force();
        let gentle = if self.inputs.restore == Restores::Off { most } else { most.min(Some(Force::Source)) };
        let mut shortfall = self.guarded(self.fallen_short(gentle)).await?;
        let restored = self.restore().await?;
        // What waited for its data is looked at once more; and what had failed is rescued, unless its data may be missing.
        let most = if restored.shortfall.is_some() { gentle } else { most };
        if shortfall.is_some() && (restored.acted || most != gentle) {
            shortfall = self.fallen_short(most).await?;
        }
        match (shortfall, restored.shortfall) {
            (Some(delivered), Some(restored)) => {
                self.cx.gates.events.warn(restored.chain());
                Ok(Some(delivered))
            }
            (delivered, restored) => Ok(delivered.or(restored)),
        }
    }

    /// What of the delivered set is not proven, although it was rescued with as much force as `most`.
    async fn fallen_short(&self, most: Option<Force>) -> Result<Option<UnitError>, UnitError> {
        match self.delivered(most).await {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotProven => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }

    /// Flux itself. The operator first: until it has applied this instance, source and root are still those of before,
    /// and Ready at an older address, ref or path. After that each gate waits for its own object, so they wait together.
    async fn flux(&self, applied: &Object) -> Result<(), UnitError> {
        let gates = &self.cx.gates;
        let name = self.instance.sync.effective_name();
        let source = ObjectRef::namespaced(GIT_REPOSITORY, NAMESPACE, name);
        let root = ObjectRef::namespaced(KUSTOMIZATION, NAMESPACE, name);
        let source_gate = SourceReady::new(source.to_string(), &self.instance.sync);
        let root_gate = RootReady::new(name);
        let pair = both(self.cluster.observe_one(source.clone()), self.cluster.observe_one(root));
        self.ready(applied).await?;
        tokio::try_join!(
            async { gates.prove(&source_gate, SOURCE, self.cluster.observe_one(source)).await.map(|_| ()) },
            async { gates.prove(&root_gate, ROOT, pair).await.map(|_| ()) },
        )?;
        Ok(())
    }

    /// Of a root that was taken over: it is the operator's, and nobody was lost on the way.
    async fn adopted(&self) -> Result<(), UnitError> {
        let Some(census) = &self.inputs.adopt else { return Ok(()) };
        let holdings = Holdings::observe(self.cluster).await?;
        let gate = Adopted::new(census.clone());
        tokio::select! {
            proven = self.cx.gates.prove(&gate, ADOPTED, holdings) => Ok(proven.map(|_| ())?),
            never = self.reclaim() => match never {},
        }
    }

    async fn delivered(&self, most: Option<Force>) -> Result<(), UnitError> {
        let gates = &self.cx.gates;
        let mut standby = Standby::new(gates, self.cluster, most).await?;
        let set = Delivered::new(NAMESPACE, self.instance.sync.effective_name());
        match standby.prove(set, DELIVERED.min(self.cx.deadline)).await {
            Ok(_) => Ok(()),
            // What is stuck or interrupted here is a matter of this run, not of a rescue by hand.
            Err(RescueError::Gate(error)) => Err((*error).into()),
            Err(error) => Err(error.into()),
        }
    }
}
