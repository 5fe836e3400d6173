//! One thing to restore with all that belongs to it, and what is to be done about it.

use fluxlift_kube::{Kind, Object, ObjectRef};

/// What is to be done about a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Trigger a restore and prove it.
    Restore,
    /// A run of ours was killed after it had triggered one: go on from there.
    Resume,
    /// Its own restore goes on or has ended well, and this is what remains to be proven.
    Adopt(String),
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
            Self::Adopt(_) => "adopt",
            Self::Nothing(_) => "nothing",
            Self::Refuse { .. } => "refuse",
        }
    }
}

/// Something that makes backups by itself, as it was seen.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Which object it is.
    pub target: ObjectRef,
    /// The object.
    pub object: Object,
}

impl Backup {
    /// The backup that `object` of this kind is.
    pub fn of(kind: &Kind, object: &Object) -> Self {
        Self { target: object.reference(kind), object: object.clone() }
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
    pub backups: Vec<Backup>,
    /// What is to be done.
    pub action: Action,
    /// The claim that a restore would write over, if that may be in use by now.
    pub overwrites: Option<String>,
    /// Whether a claim waits for it and nothing goes on that would fill it: only a restore of ours will.
    pub awaits_us: bool,
    /// Whether a claim waits that may be filled, without us, from what no proven restore made.
    pub exposed: bool,
}

impl Case {
    /// `namespace/name`.
    pub fn path(&self) -> String {
        path(&self.target)
    }

    /// The namespace that it lives in.
    pub fn namespace(&self) -> &str {
        self.target.namespace.as_deref().unwrap_or_default()
    }

    /// Whether there is something to be done about it.
    pub(super) const fn works(&self) -> bool {
        matches!(self.action, Action::Restore | Action::Resume | Action::Adopt(_))
    }

    /// Why its backups must stand still; `None` where they may go on.
    pub(super) fn holds(&self) -> Option<String> {
        match &self.action {
            Action::Restore | Action::Resume | Action::Adopt(_) => Some("is not proven yet".to_owned()),
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
        name == self.target.name || name == self.path() || name == self.target.to_string()
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
            exposed: false,
        }
    }
}

/// `namespace/name`.
pub(super) fn path(target: &ObjectRef) -> String {
    format!("{}/{}", target.namespace.as_deref().unwrap_or_default(), target.name)
}

/// What a provider saw in a cluster.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Its destinations, by namespace and name.
    pub cases: Vec<Case>,
    /// Those outside of the namespace that is asked for: a backup may belong to one of them as well.
    pub others: Vec<Case>,
    /// The backups that a restore holds, whichever run that was.
    pub held: Vec<Backup>,
    /// What it found and can't restore, for people.
    pub beyond: Vec<String>,
}

impl Survey {
    /// The same for who asks for `namespace` alone. An identity may be backed up and restored elsewhere: what is held for
    /// one that is asked for counts wherever it is.
    #[must_use]
    pub(super) fn within(mut self, namespace: Option<&str>) -> Self {
        let Some(namespace) = namespace else { return self };
        let (cases, others) = self.cases.into_iter().partition(|case| case.namespace() == namespace);
        (self.cases, self.others) = (cases, others);
        let concerned = |backup: &Backup| {
            backup.target.namespace.as_deref() == Some(namespace)
                || self.cases.iter().any(|case| case.backups.iter().any(|one| one.target == backup.target))
        };
        self.held.retain(concerned);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_one_namespace_is_told_of_what_is_held_elsewhere_for_it() {
        let kind = &super::super::volsync::kinds::SOURCE;
        let backup = |namespace: &str| Backup {
            target: ObjectRef::namespaced(kind.clone(), namespace, "app"),
            object: Object::default(),
        };
        let shared = Case { backups: vec![backup("old")], ..Case::of_path("apps/a") };
        let held = ["apps", "old", "media"].map(backup).into();
        let survey = Survey { cases: vec![shared, Case::of_path("media/b")], held, ..Survey::default() };
        let apps = survey.within(Some("apps"));
        let paths = |cases: &[Case]| cases.iter().map(Case::path).collect::<Vec<_>>();
        assert_eq!((paths(&apps.cases), paths(&apps.others)), (vec!["apps/a".to_owned()], vec!["media/b".to_owned()]));
        assert_eq!(
            apps.held.iter().map(|one| one.target.namespace.as_deref().unwrap()).collect::<Vec<_>>(),
            ["apps", "old"]
        );
    }
}
