//! Carrying a plan out.

use std::future::Future;

use fluxlift_core::{ErrorKind, Explain};
use fluxlift_gate::GateError;
use serde_json::json;

use super::cleanup::Applied;
use super::owner::{Owner, owner_of};
use super::{Action, ActionError, Decision, Plan, Request};
use crate::manifest::{Object, ObjectId, is_kept, is_namespaced, parse_manifest};
use crate::release::{History, NewRelease, Release, Status, StoredRelease};

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The revision that is deployed now.
    pub revision: u32,
    /// Whether anything was changed.
    pub changed: bool,
}

/// An object of the plan, and what was there before.
struct Target<'a> {
    object: &'a Object,
    id: ObjectId,
    exists: bool,
    ours: bool,
}

impl Action<'_> {
    /// Carries `plan` out; `gates` proves that the release came up, and decides whether it counts as deployed.
    ///
    /// When nothing is to be changed the gates are still asked: a release that is stored as deployed may have fallen
    /// over since.
    ///
    /// # Errors
    /// When an object cannot be applied or a gate is not proven. The revision is then stored as failed and, unless the
    /// run was interrupted or the options say otherwise, what it created is removed; definitions always stay.
    pub async fn run<F, Fut>(&self, request: &Request, plan: &Plan, gates: F) -> Result<Outcome, ActionError>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<(), GateError>>,
    {
        let release = request.title();
        let revision = match &plan.decision {
            Decision::Refuse { left, status } => {
                return Err(ActionError::Blocked { release, revision: *left, status: *status });
            }
            Decision::None { revision } => {
                gates().await.map_err(|source| gate_failed(release, source))?;
                // A run that died after its last gate may not have come to this.
                self.supersede(&plan.history, *revision).await?;
                return Ok(Outcome { revision: *revision, changed: false });
            }
            Decision::Install { revision }
            | Decision::Upgrade { revision, .. }
            | Decision::TakeOver { revision, .. } => *revision,
        };
        let owner = Owner { name: request.name.as_str(), namespace: request.namespace.as_str() };
        self.end_pending(&plan.history).await?;
        let targets = self.survey(request, plan, owner).await?;
        self.create_namespace(request).await?;
        let stored = self.begin(request, plan, revision).await?;
        let mut applied = Vec::new();
        let came_up = match self.apply(request, plan, &targets, owner, &mut applied).await {
            Ok(()) => gates().await.map_err(|source| gate_failed(release, source)),
            Err(error) => Err(error),
        };
        match came_up {
            Ok(()) => self.finish(request, plan, &stored).await?,
            Err(error) => return Err(self.fail(request, &stored, owner, &applied, error).await),
        }
        Ok(Outcome { revision, changed: true })
    }

    /// What dead runs left as pending becomes failed: no other tool touches a release that is pending.
    async fn end_pending(&self, history: &History) -> Result<(), ActionError> {
        for stored in history.iter().filter(|stored| stored.release.status().is_pending()) {
            let what = format!("revision {} of {}", stored.release.revision(), super::storage::title(&stored.release));
            self.mark(stored, Status::Failed, "Taken over: the run that began it did not end it").await?;
            self.events.step("took over", what);
        }
        Ok(())
    }

    /// Looks at every object before the first write, so that a refusal leaves nothing behind.
    async fn survey<'p>(
        &self,
        request: &Request,
        plan: &'p Plan,
        owner: Owner<'_>,
    ) -> Result<Vec<Target<'p>>, ActionError> {
        let mut targets = Vec::new();
        let mut foreign = Vec::new();
        let looked = self.look_at_all(request, &plan.rendered.objects).await?;
        for (object, (id, live)) in plan.rendered.objects.iter().zip(looked) {
            let ours = live.as_ref().is_some_and(|live| owner.owns(live));
            if let Some(live) = live.as_ref().filter(|_| !ours && !request.options.take_ownership) {
                foreign.push(format!("{id} ({})", owner_of(live)));
            }
            targets.push(Target { object, id, exists: live.is_some(), ours });
        }
        // Definitions take a moment to be established: they start first, whatever the order of the others.
        targets.sort_by_key(|target| !target.object.is_definition());
        if foreign.is_empty() {
            Ok(targets)
        } else {
            Err(ActionError::NotOurs { release: request.title(), objects: foreign })
        }
    }

    async fn create_namespace(&self, request: &Request) -> Result<(), ActionError> {
        let name = request.namespace.as_str();
        if !request.options.create_namespace {
            return Ok(());
        }
        let id = ObjectId {
            api_version: "v1".to_owned(),
            kind: "Namespace".to_owned(),
            namespace: None,
            name: name.to_owned(),
        };
        let failed =
            |source| ActionError::Cluster { release: request.title(), doing: format!("creating {id}"), source };
        if self.cluster.get(&id).await.map_err(failed)?.is_none() {
            let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
            match self.cluster.create(&namespace).await {
                Ok(_) => self.events.step("created", id.to_string()),
                // Somebody else made it meanwhile: as good.
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }

    async fn begin(&self, request: &Request, plan: &Plan, revision: u32) -> Result<StoredRelease, ActionError> {
        let now = self.clock.now();
        let first_deployed = plan.history.iter().find_map(|stored| stored.release.first_deployed()).unwrap_or(now);
        let (status, description) = if plan.decision.is_upgrade() {
            (Status::PendingUpgrade, "Preparing upgrade")
        } else {
            (Status::PendingInstall, "Initial install underway")
        };
        self.store(&NewRelease {
            name: &request.name,
            namespace: &request.namespace,
            revision,
            chart: &request.chart,
            config: &request.values,
            manifest: &plan.rendered.manifest(),
            notes: &plan.rendered.notes,
            first_deployed,
            now,
            status,
            description,
        })
        .await
    }

    /// Definitions first, then everything else in order, then the removal of what is no longer wanted.
    async fn apply<'p>(
        &self,
        request: &Request,
        plan: &'p Plan,
        targets: &[Target<'p>],
        owner: Owner<'_>,
        applied: &mut Vec<Applied<'p>>,
    ) -> Result<(), ActionError> {
        let failed = |id: &ObjectId, source| ActionError::Cluster {
            release: request.title(),
            doing: format!("applying {id}"),
            source,
        };
        for object in &plan.rendered.definitions {
            // As in Helm: what is in crds/ is installed once and then left to whoever uses it.
            let (id, live) = self.look(request.title(), owner.namespace, object).await?;
            if live.is_none() {
                self.cluster.apply(&object.body).await.map_err(|source| failed(&id, source))?;
            }
        }
        let ever_deployed = plan.history.was_deployed_before(u32::MAX);
        for target in targets {
            let id = self.resolve(request, target).await?;
            let created = !target.exists || (target.ours && !ever_deployed);
            applied.push(Applied { object: target.object, id: id.clone(), created });
            let body = owner.claim(&target.object.body, &id);
            self.cluster.apply(&body).await.map_err(|source| failed(&id, source))?;
        }
        let what = format!("{} objects of {} {}", targets.len(), request.chart.name(), request.chart.version());
        self.events.step("applied", what);
        self.remove_unwanted(request, plan, owner, applied).await
    }

    /// The full name of a target. A kind that was not served at first may have been defined meanwhile.
    async fn resolve(&self, request: &Request, target: &Target<'_>) -> Result<ObjectId, ActionError> {
        let mut id = target.id.clone();
        if target.exists || is_namespaced(&id).is_some() {
            return Ok(id);
        }
        let asked = self.cluster.is_namespaced(&id.api_version, &id.kind).await;
        let asked = asked.map_err(|source| ActionError::Cluster {
            release: request.title(),
            doing: format!("looking up {} of {}", id.kind, id.api_version),
            source,
        })?;
        match asked {
            Some(true) => id.namespace = id.namespace.or_else(|| Some(request.namespace.to_string())),
            Some(false) => id.namespace = None,
            None => {
                let (kind, api_version) = (id.kind, id.api_version);
                return Err(ActionError::NotServed { release: request.title(), kind, api_version });
            }
        }
        Ok(id)
    }

    /// Objects of earlier revisions that this one no longer renders.
    async fn remove_unwanted(
        &self,
        request: &Request,
        plan: &Plan,
        owner: Owner<'_>,
        applied: &[Applied<'_>],
    ) -> Result<(), ActionError> {
        for object in self.objects_of(request.title(), plan.history.present())? {
            let (id, live) = self.look(request.title(), owner.namespace, &object).await?;
            let Some(live) = live else { continue };
            // Somebody may have annotated what is there: that too is a wish to keep it.
            if object.is_kept() || is_kept(&live) || applied.iter().any(|a| a.id.same_object(&id)) {
                continue;
            }
            let removed = self.remove_owned(owner, &id).await;
            let doing = format!("removing {id}");
            if removed.map_err(|source| ActionError::Cluster { release: request.title(), doing, source })? {
                self.events.step("removed", id.to_string());
            }
        }
        Ok(())
    }

    /// The objects of stored manifests, those that are installed last first.
    pub(super) fn objects_of<'r>(
        &self,
        release: String,
        revisions: impl Iterator<Item = &'r Release>,
    ) -> Result<Vec<Object>, ActionError> {
        let mut objects: Vec<Object> = Vec::new();
        for revision in revisions {
            let parsed = parse_manifest(revision.manifest())
                .map_err(|source| ActionError::Render { release: release.clone(), source: Box::new(source) })?;
            for object in parsed {
                if !objects.iter().any(|known| known.id().same_object(&object.id())) {
                    objects.push(object);
                }
            }
        }
        objects.reverse();
        Ok(objects)
    }

    /// The revision counts; the ones before it no longer do.
    async fn finish(&self, request: &Request, plan: &Plan, stored: &StoredRelease) -> Result<(), ActionError> {
        let upgrade = plan.decision.is_upgrade();
        let description = if upgrade { "Upgrade complete" } else { "Install complete" };
        self.mark(stored, Status::Deployed, description).await?;
        // Read anew: what was pending has become failed, under another resourceVersion.
        let history = self.history(request.name.as_str(), request.namespace.as_str()).await?;
        let current = stored.release.revision();
        self.supersede(&history, current).await?;
        let surplus = history.len().saturating_sub(request.options.history_limit.max(2));
        for old in history.iter().take(surplus) {
            self.forget(old).await?;
        }
        let verb = if upgrade { "upgraded" } else { "installed" };
        let what = format!("{} {} (revision {current})", request.chart.name(), request.chart.version());
        self.events.step(verb, what);
        Ok(())
    }

    /// Marks every deployed revision but the current one as superseded.
    async fn supersede(&self, history: &History, current: u32) -> Result<(), ActionError> {
        let deployed = history.iter().filter(|stored| stored.release.status() == Status::Deployed);
        for old in deployed.filter(|stored| stored.release.revision() != current) {
            self.mark(old, Status::Superseded, "Superseded").await?;
        }
        Ok(())
    }

    /// The revision failed: say so in its record first, then tidy up.
    async fn fail(
        &self,
        request: &Request,
        stored: &StoredRelease,
        owner: Owner<'_>,
        applied: &[Applied<'_>],
        error: ActionError,
    ) -> ActionError {
        let interrupted = error.kind() == ErrorKind::Interrupted;
        // Only our own words: messages of others may quote values.
        let why = if interrupted { "Interrupted" } else { "Failed: it was not applied or did not come up" };
        let marked = self.mark(stored, Status::Failed, why).await;
        if marked.is_err() {
            self.events.warn(format!(
                "revision {} of {} could not be marked as failed; the next run takes it over",
                stored.release.revision(),
                request.title()
            ));
        }
        if interrupted || !request.options.cleanup_on_failure {
            return error;
        }
        let remains = self.take_back(owner, applied).await;
        match error {
            ActionError::Gate { release, source, .. } => ActionError::Gate { release, left: remains, source },
            other => {
                if let Some(remains) = remains {
                    self.events.warn(format!("{} was not cleaned up: {remains}", request.title()));
                }
                other
            }
        }
    }
}

fn gate_failed(release: String, source: GateError) -> ActionError {
    ActionError::Gate { release, left: None, source: Box::new(source) }
}
