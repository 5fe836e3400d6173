//! What a way of restoring has to know.

use async_trait::async_trait;
use fluxlift_kube::{Cluster, Kind, Object, ObjectRef};

use super::{RestoreError, Round};

/// What is to be done about a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Trigger a restore and prove it.
    Restore,
    /// A run of ours was killed after it had triggered one: go on from there.
    Resume,
    /// Its own restore has ended well and a claim still waits for the image: prove the rest.
    Adopt,
    /// It is restored, and this shows it.
    Nothing(String),
    /// It may not be restored as it is.
    Refuse {
        /// Why not.
        why: String,
        /// What a person can do.
        act: String,
        /// Whether its claims are known to hold nothing that was restored: no backup of them may be made then.
        holds: bool,
    },
}

impl Action {
    /// One word for it: `restore`, `resume`, `adopt`, `nothing`, `refuse`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Restore => "restore",
            Self::Resume => "resume",
            Self::Adopt => "adopt",
            Self::Nothing(_) => "nothing",
            Self::Refuse { .. } => "refuse",
        }
    }
}

/// One destination with all that belongs to it, as it was seen.
#[derive(Debug, Clone)]
pub struct Case {
    /// Which object it is.
    pub target: ObjectRef,
    /// The object.
    pub object: Object,
    /// Where its repository is, so that two that share one are known to. Not for people: it may be a digest.
    pub repository: String,
    /// The same for people, without secrets: `s3`, `claim default/kopia`.
    pub place: String,
    /// The claims that are filled from it.
    pub claims: Vec<Object>,
    /// The backups that must be held until it is proven.
    pub backups: Vec<Object>,
    /// What is to be done.
    pub action: Action,
    /// The claim that a restore would write over, if that may be in use by now.
    pub overwrites: Option<String>,
    /// Whether a claim waits for it and nothing goes on that would fill it: only a restore of ours will.
    pub awaits_us: bool,
}

impl Case {
    /// `namespace/name`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.namespace(), self.target.name)
    }

    /// The namespace that it lives in.
    pub fn namespace(&self) -> &str {
        self.target.namespace.as_deref().unwrap_or_default()
    }

    /// Why its backups must stand still; `None` where they may go on.
    pub(super) fn holds(&self) -> Option<String> {
        match &self.action {
            Action::Restore | Action::Resume | Action::Adopt => Some("is not proven yet".to_owned()),
            Action::Refuse { why, holds: true, .. } => Some(format!("is not proven: {why}")),
            Action::Refuse { .. } | Action::Nothing(_) => None,
        }
    }

    /// The same, where nobody has named it: data that may be in use is not written over then.
    #[must_use]
    pub(super) fn spared(mut self) -> Self {
        if let (Action::Restore, Some(claim)) = (&self.action, &self.overwrites) {
            self.action = Action::Refuse {
                why: format!("it restores over claim {claim}, which may be in use, and no restore of it is proven"),
                act: format!("name it, if its data is to be replaced: fluxlift restore {}", self.path()),
                holds: false,
            };
        }
        self
    }

    /// Whether a person means it by `name`.
    pub(super) fn is_called(&self, name: &str) -> bool {
        name == self.target.name || name == self.path()
    }

    #[cfg(test)]
    pub(super) fn of_path(path: &str) -> Self {
        let (namespace, name) = path.split_once('/').unwrap();
        Self {
            target: ObjectRef::namespaced(super::volsync::kinds::DESTINATION, namespace, name),
            object: Object::default(),
            repository: String::new(),
            place: String::new(),
            claims: Vec::new(),
            backups: Vec::new(),
            action: Action::Restore,
            overwrites: None,
            awaits_us: false,
        }
    }
}

/// What a provider saw in a cluster.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Its destinations, by namespace and name.
    pub cases: Vec<Case>,
    /// The backups that a restore holds, whichever run that was.
    pub held: Vec<Object>,
    /// What it found and can't restore, for people.
    pub beyond: Vec<String>,
}

/// A way of restoring.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// The kind of its backups.
    fn backups(&self) -> Kind;

    /// What there is to restore in `namespace`, or everywhere.
    ///
    /// # Errors
    /// When the cluster refuses or does not answer, or the provider is not installed.
    async fn survey(&self, cluster: &Cluster, namespace: Option<&str>) -> Result<Survey, RestoreError>;

    /// Proves that whoever is to do the restores works, by something harmless in `namespace`.
    ///
    /// # Errors
    /// When it is not proven.
    async fn prove_live(&self, round: &Round, namespace: &str) -> Result<(), RestoreError>;

    /// Holds a backup for the restore of these destinations, and proves that it stands still. `why` says how that restore
    /// stands. False when it stood still already.
    ///
    /// # Errors
    /// When it can't be held, or goes on.
    async fn hold(
        &self,
        round: &Round,
        backup: &Object,
        destinations: &[String],
        why: &str,
    ) -> Result<bool, RestoreError>;

    /// Holds a backup as [`Provider::hold`] does, and leaves the proof that it stands still to that.
    ///
    /// # Errors
    /// When it can't be held.
    async fn pause(
        &self,
        round: &Round,
        backup: &Object,
        destinations: &[String],
        why: &str,
    ) -> Result<bool, RestoreError>;

    /// Lets a backup go, if it is held by a restore: it is then as it was before. False when it is not held.
    ///
    /// # Errors
    /// When the cluster refuses or does not answer.
    async fn release(&self, round: &Round, backup: &ObjectRef) -> Result<bool, RestoreError>;

    /// Takes the marks of a run off a destination, wherever that run came to. False when there are none.
    ///
    /// # Errors
    /// When the cluster refuses or does not answer.
    async fn forget(&self, round: &Round, destination: &ObjectRef) -> Result<bool, RestoreError>;

    /// Makes sure that a restore can work, and changes nothing.
    ///
    /// # Errors
    /// When something that it needs is not proven.
    async fn prepare(&self, round: &Round, case: &Case) -> Result<(), RestoreError>;

    /// Restores, from the trigger to the bound claims. The words say what was restored, for people.
    ///
    /// # Errors
    /// When a step is not proven.
    async fn restore(&self, round: &Round, case: &Case) -> Result<String, RestoreError>;
}
