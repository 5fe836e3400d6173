//! Who holds which backup, and when one may go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fluxlift_kube::ObjectRef;

use super::case::{Action, Case, path};
use super::mark;

/// The backups of a run: each may go once all destinations that it belongs to are proven.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<Waits>);

/// The backups, each with the destinations that it waits for.
type Waits = BTreeMap<ObjectRef, BTreeSet<ObjectRef>>;

impl Holds {
    /// The backups of these cases. A destination that is not touched needs none held; one that was refused keeps what an
    /// earlier run held. One of `others` that this run leaves alone counts where it is not proven, or where the backup
    /// says that it is held for it.
    pub(super) fn of(cases: &[Case], others: &[Case]) -> Self {
        let mut holds = Waits::new();
        for case in cases {
            for backup in &case.backups {
                let waits = holds.entry(backup.target.clone()).or_default();
                if !matches!(case.action, Action::Nothing(_)) {
                    waits.insert(case.target.clone());
                }
            }
        }
        for other in others.iter().filter(|other| !matches!(other.action, Action::Nothing(_))) {
            for backup in &other.backups {
                let Some(waits) = holds.get_mut(&backup.target) else { continue };
                if other.holds().is_some() || mark::is_held_for(&backup.object, &other.path()) {
                    waits.insert(other.target.clone());
                }
            }
        }
        Self(Mutex::new(holds))
    }

    /// The destinations that `backup` waits for, as `namespace/name`.
    pub(super) fn destinations(&self, backup: &ObjectRef) -> Vec<String> {
        self.lock().get(backup).into_iter().flatten().map(path).collect()
    }

    /// One destination is proven: the backups that wait for no other.
    pub(super) fn proven(&self, destination: &ObjectRef) -> Vec<ObjectRef> {
        let mut holds = self.lock();
        let mut free = Vec::new();
        for (backup, waits) in holds.iter_mut() {
            if waits.remove(destination) && waits.is_empty() {
                free.push(backup.clone());
            }
        }
        free
    }

    /// Nothing came of one destination: the backups that waited for it alone. One that others wait for as well stays, even
    /// when those are proven.
    pub(super) fn withdrawn(&self, destination: &ObjectRef) -> Vec<ObjectRef> {
        let mut holds = self.lock();
        let mut free = Vec::new();
        for (backup, waits) in holds.iter_mut().filter(|(_, waits)| waits.len() == 1) {
            if waits.remove(destination) {
                free.push(backup.clone());
            }
        }
        free
    }

    /// The backups that wait for nothing from the beginning: an earlier run may have left them held.
    pub(super) fn free(&self) -> Vec<ObjectRef> {
        self.lock().iter().filter(|(_, waits)| waits.is_empty()).map(|(backup, _)| backup.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use fluxlift_kube::Object;
    use serde_json::json;

    use super::*;
    use crate::restore::Backup;
    use crate::restore::volsync::kinds::SOURCE;

    fn case(path: &str, backups: &[&str], action: Action) -> Case {
        let object = |name: &str| Object::new(json!({"metadata": {"name": name, "namespace": "apps"}}));
        let backup = |name: &&str| Backup::of(&SOURCE, &object(name));
        Case { backups: backups.iter().map(backup).collect(), action, ..Case::of_path(path) }
    }

    fn at(path: &str) -> ObjectRef {
        Case::of_path(path).target
    }

    fn names(backups: Vec<ObjectRef>) -> Vec<String> {
        backups.into_iter().map(|backup| backup.name).collect()
    }

    #[test]
    fn a_backup_of_two_destinations_goes_when_both_are_proven() {
        let cases =
            [case("apps/a", &["x", "y"], Action::Restore), case("apps/b", &["y"], Action::Adopt(String::new()))];
        let holds = Holds::of(&cases, &[]);
        assert_eq!(names(holds.proven(&at("apps/a"))), ["x"]);
        assert_eq!(names(holds.proven(&at("apps/b"))), ["y"]);
        assert_eq!(names(holds.proven(&at("apps/b"))), [""; 0]);
    }

    #[test]
    fn a_backup_that_one_of_two_destinations_never_came_to_need_stays_for_the_other() {
        let cases = [case("apps/a", &["x", "y"], Action::Restore), case("apps/b", &["y"], Action::Restore)];
        let holds = Holds::of(&cases, &[]);
        assert_eq!(names(holds.withdrawn(&at("apps/a"))), ["x"]);
        assert_eq!(names(holds.proven(&at("apps/b"))), [""; 0]);
    }

    #[test]
    fn what_belongs_to_a_proven_destination_alone_is_free_from_the_beginning() {
        let refused = Action::Refuse { why: String::new(), act: String::new(), holds: false };
        let cases = [case("apps/a", &["x"], Action::Nothing(String::new())), case("apps/b", &["y"], refused)];
        assert_eq!(names(Holds::of(&cases, &[]).free()), ["x"]);
    }

    #[test]
    fn a_backup_that_belongs_to_one_that_is_not_meant_as_well_waits_for_that_too() {
        let held = |names: &str, action: Action| {
            let mut other = case("apps/b", &["x", "y"], action);
            for backup in &mut other.backups {
                let object = std::mem::take(&mut backup.object).with_label(mark::HELD, "run");
                backup.object = object.with_annotation(mark::HELD_FOR, names);
            }
            other
        };
        let refused = || Action::Refuse { why: String::new(), act: String::new(), holds: false };
        let freed = |other: Case| {
            let holds = Holds::of(&[case("apps/a", &["x"], Action::Restore)], &[other]);
            names(holds.proven(&at("apps/a")))
        };
        assert_eq!(freed(case("apps/b", &["x"], Action::Restore)), [""; 0], "b is not proven");
        assert_eq!(freed(held("apps/a,apps/b", refused())), [""; 0], "an earlier run holds it for b");
        assert_eq!(freed(held("apps/a", refused())), ["x"]);
        assert_eq!(freed(held("apps/a,apps/b", Action::Nothing(String::new()))), ["x"], "b is proven");
        assert_eq!(freed(held("apps/gone", refused())), ["x"]);
    }
}
