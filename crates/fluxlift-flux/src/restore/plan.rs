//! What a run would do, and why.

use serde::Serialize;

use super::case::{Action, Backup, Case, Survey};
use super::{Choice, RestoreError, mark};

/// What a run would do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The destinations that are meant.
    pub cases: Vec<Case>,
    /// Destinations that are not meant, and may share backups with those that are.
    pub others: Vec<Case>,
    /// Backups that a restore holds, and that belong to destinations that are not meant.
    pub stray: Vec<String>,
    /// Backups that a restore holds, and that belong to no destination any more. Told where all are meant.
    pub orphans: Vec<String>,
    /// What was found and can't be restored, for people.
    pub beyond: Vec<String>,
}

/// One destination of a plan, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `restore`, `resume`, `adopt`, `nothing` or `refuse`.
    pub action: &'static str,
    /// Why that.
    pub why: String,
    /// Where its repository is.
    pub repository: String,
    /// The claims that are filled from it.
    pub claims: Vec<String>,
    /// The backups that are held meanwhile.
    pub holds: Vec<String>,
}

impl Plan {
    /// The plan for those that `choice` means.
    ///
    /// # Errors
    /// When a name fits none, or more than one.
    pub fn of(survey: Survey, choice: &Choice) -> Result<Self, RestoreError> {
        let (held, beyond) = (survey.held.clone(), survey.beyond.clone());
        let all: Vec<Case> = survey.cases.iter().chain(&survey.others).cloned().collect();
        let mut cases = choice.of(survey)?;
        if *choice == Choice::All {
            cases = cases.into_iter().map(Case::spared).collect();
        }
        let others = all.into_iter().filter(|other| cases.iter().all(|case| case.target != other.target));
        let others: Vec<Case> = others.map(Case::spared).collect();
        let belongs = |backup: &Backup, cases: &[Case]| {
            cases.iter().any(|case| case.backups.iter().any(|other| other.target == backup.target))
        };
        let unmeant: Vec<&Backup> = held.iter().filter(|backup| !belongs(backup, &cases)).collect();
        let (orphans, stray): (Vec<&Backup>, Vec<&Backup>) =
            unmeant.into_iter().partition(|backup| *choice == Choice::All && !belongs(backup, &others));
        let told = |backups: Vec<&Backup>| backups.into_iter().map(|backup| mark::told(&backup.object)).collect();
        Ok(Self { stray: told(stray), orphans: told(orphans), cases, others, beyond })
    }

    /// The plan, as it is shown.
    pub fn rows(&self) -> Vec<Planned> {
        self.cases.iter().map(Planned::of).collect()
    }

    /// Whether there is nothing left to do: all is restored, and says so, and no backup stands still for nobody.
    pub fn is_done(&self) -> bool {
        self.orphans.is_empty() && self.cases.iter().all(|case| matches!(case.action, Action::Nothing(_)))
    }

    /// Whether a run would act.
    pub fn acts(&self) -> bool {
        self.cases.iter().any(Case::works)
    }

    /// Whether it would do something that `confirmed` would not.
    pub fn goes_beyond(&self, confirmed: &Self) -> bool {
        let knows = |case: &Case| {
            confirmed.cases.iter().any(|other| other.target == case.target && other.action == case.action)
        };
        self.cases.iter().any(|case| case.works() && !knows(case))
    }

    /// The plan as a document: `proven`, `destinations`, `stray`, `orphans`, `beyond`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "proven": self.is_done(), "destinations": self.rows(), "stray": self.stray,
            "orphans": self.orphans, "beyond": self.beyond })
    }
}

impl Planned {
    fn of(case: &Case) -> Self {
        let name = |backup: &Backup| backup.target.name.clone();
        let why = match &case.action {
            Action::Restore if case.claims.is_empty() => {
                "its image is not proven, and no claim asks for it yet".to_owned()
            }
            Action::Restore => "a claim waits for its image".to_owned(),
            Action::Resume => "a restore of ours was triggered and is not proven".to_owned(),
            Action::Adopt(why) | Action::Nothing(why) | Action::Refuse { why, .. } => why.clone(),
        };
        Self {
            namespace: case.namespace().to_owned(),
            name: case.target.name.clone(),
            action: case.action.word(),
            why,
            repository: case.place.clone(),
            claims: case.claims.iter().map(|claim| claim.name().to_owned()).collect(),
            holds: case.holds().map(|_| case.backups.iter().map(name).collect()).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_that_may_be_in_use_is_written_over_only_where_somebody_has_named_it() {
        let over = || Case { overwrites: Some("plex".to_owned()), ..Case::of_path("media/plex-dst") };
        let survey = || Survey { cases: vec![over(), Case::of_path("media/sonarr-dst")], ..Survey::default() };
        let actions = |choice| Plan::of(survey(), &choice).unwrap().rows().into_iter().map(|row| row.action);
        assert_eq!(actions(Choice::All).collect::<Vec<_>>(), ["refuse", "restore"]);
        let named = Choice::Names(vec!["plex-dst".to_owned()]);
        assert_eq!(actions(named).collect::<Vec<_>>(), ["restore"]);
        let all = Plan::of(survey(), &Choice::All).unwrap();
        assert!(all.acts() && !all.is_done());
    }

    #[test]
    fn what_somebody_has_confirmed_is_not_gone_beyond() {
        let plan = |cases: &[(&str, Action)]| {
            let case = |(path, action): &(&str, Action)| Case { action: action.clone(), ..Case::of_path(path) };
            Plan::of(Survey { cases: cases.iter().map(case).collect(), ..Survey::default() }, &Choice::All).unwrap()
        };
        let nothing = Action::Nothing("it is restored".to_owned());
        let confirmed = plan(&[("apps/a", Action::Restore), ("apps/b", nothing.clone())]);
        assert!(!plan(&[("apps/a", Action::Restore), ("apps/b", nothing.clone())]).goes_beyond(&confirmed));
        assert!(!plan(&[("apps/a", nothing.clone())]).goes_beyond(&confirmed), "it does less");
        assert!(plan(&[("apps/a", Action::Restore), ("apps/b", Action::Restore)]).goes_beyond(&confirmed));
        assert!(plan(&[("apps/a", Action::Restore), ("apps/c", Action::Restore)]).goes_beyond(&confirmed));
    }

    #[test]
    fn a_backup_that_is_held_for_a_destination_that_is_gone_leaves_something_to_do() {
        let held = fluxlift_kube::Object::new(
            serde_json::json!({"kind": "ReplicationSource", "metadata": {"name": "b", "namespace": "apps",
            "uid": "u", "annotations": {mark::HELD_BY: "me@here"}}}),
        );
        let held = Backup::of(&super::super::volsync::kinds::SOURCE, &held);
        let shared = Case { backups: vec![held.clone()], ..Case::of_path("apps/b") };
        let nothing = Case { action: Action::Nothing(String::new()), ..Case::of_path("apps/a") };
        let plan = |others: Vec<Case>, choice: &Choice| {
            let survey = Survey { cases: vec![nothing.clone()], others, held: vec![held.clone()], ..Survey::default() };
            let plan = Plan::of(survey, choice).unwrap();
            (plan.is_done(), plan.orphans.len(), plan.stray.len())
        };
        assert_eq!(plan(Vec::new(), &Choice::All), (false, 1, 0));
        assert_eq!(plan(vec![shared], &Choice::All), (true, 0, 1), "another run has to do with it");
        assert_eq!(plan(Vec::new(), &Choice::Names(vec!["a".to_owned()])), (true, 0, 1));
    }
}
