//! What a run would do, and why.

use serde::Serialize;

use super::case::{Action, Backup, Case, Survey};
use super::{Choice, RestoreError, mark};

/// What a run would do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The destinations that are meant.
    pub cases: Vec<Case>,
    /// Backups that a restore holds, and that belong to no destination that is meant.
    pub stray: Vec<String>,
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
        let mut cases = choice.of(survey)?;
        if *choice == Choice::All {
            cases = cases.into_iter().map(Case::spared).collect();
        }
        let meant =
            |backup: &Backup| cases.iter().any(|case| case.backups.iter().any(|other| other.target == backup.target));
        let stray = held.iter().filter(|backup| !meant(backup)).map(|backup| mark::told(&backup.object)).collect();
        Ok(Self { cases, stray, beyond })
    }

    /// The plan, as it is shown.
    pub fn rows(&self) -> Vec<Planned> {
        self.cases.iter().map(Planned::of).collect()
    }

    /// Whether there is nothing left to do: all is restored, and says so.
    pub fn is_done(&self) -> bool {
        self.cases.iter().all(|case| matches!(case.action, Action::Nothing(_)))
    }

    /// Whether a run would act.
    pub fn acts(&self) -> bool {
        self.cases.iter().any(Case::works)
    }

    /// The plan as a document: `proven`, `destinations`, `stray`, `beyond`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "proven": self.is_done(), "destinations": self.rows(), "stray": self.stray,
            "beyond": self.beyond })
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
}
