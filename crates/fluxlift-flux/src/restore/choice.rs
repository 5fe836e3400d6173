//! Which destinations are meant.

use super::RestoreError;
use super::case::{Case, Survey};

/// Which destinations are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// All that there are.
    All,
    /// Those of these names: `NAME`, or `NAMESPACE/NAME`.
    Names(Vec<String>),
}

impl Choice {
    /// The cases that are meant, in the order of the survey.
    ///
    /// # Errors
    /// When a name fits none, or more than one.
    pub fn of(&self, survey: Survey) -> Result<Vec<Case>, RestoreError> {
        let Self::Names(names) = self else { return Ok(survey.cases) };
        let mut meant = Vec::new();
        for name in names {
            let fits: Vec<usize> = (0..survey.cases.len()).filter(|at| survey.cases[*at].is_called(name)).collect();
            match fits[..] {
                [one] => meant.push(one),
                [] => return Err(unknown(name, &survey.cases)),
                _ => {
                    let fits: Vec<&Case> = fits.iter().map(|at| &survey.cases[*at]).collect();
                    let titles = fits.iter().map(|case| title(case, &fits)).collect();
                    return Err(RestoreError::Ambiguous { name: name.clone(), fits: titles });
                }
            }
        }
        let cases = survey.cases.into_iter().enumerate();
        Ok(cases.filter(|(at, _)| meant.contains(at)).map(|(_, case)| case).collect())
    }
}

/// What tells `case` from these: a destination of another kind may have the same path.
fn title(case: &Case, among: &[&Case]) -> String {
    let same = among.iter().filter(|other| other.path() == case.path()).count();
    if same > 1 { case.target.to_string() } else { case.path() }
}

fn unknown(name: &str, cases: &[Case]) -> RestoreError {
    RestoreError::Unknown { name: name.to_owned(), known: cases.iter().map(Case::path).collect() }
}

#[cfg(test)]
mod tests {
    use fluxlift_kube::ObjectRef;

    use super::*;
    use crate::restore::kopiur::kinds::RESTORE;

    fn survey() -> Survey {
        let cases = ["apps/atuin", "apps/plex", "media/plex"];
        Survey { cases: cases.map(Case::of_path).into(), ..Survey::default() }
    }

    fn of(names: &[&str]) -> Result<Vec<String>, RestoreError> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Ok(Choice::Names(names).of(survey())?.iter().map(Case::path).collect())
    }

    #[test]
    fn a_name_is_enough_where_it_fits_one_and_comes_once_however_often_it_is_named() {
        assert_eq!(of(&["atuin", "apps/atuin"]).unwrap(), ["apps/atuin"]);
        assert_eq!(of(&["media/plex"]).unwrap(), ["media/plex"]);
        assert_eq!(Choice::All.of(survey()).unwrap().len(), 3);
    }

    #[test]
    fn a_name_that_fits_two_or_none_is_refused_with_what_there_is() {
        assert_eq!(of(&["plex"]).unwrap_err().to_string(), "plex fits apps/plex and media/plex");
        let restore = ObjectRef::namespaced(RESTORE, "apps", "plex");
        let cases = vec![Case { target: restore, ..Case::of_path("apps/plex") }, Case::of_path("apps/plex")];
        let both = || Survey { cases: cases.clone(), ..Survey::default() };
        let error = Choice::Names(vec!["plex".to_owned()]).of(both()).unwrap_err();
        assert_eq!(error.to_string(), "plex fits restore/apps/plex and replicationdestination/apps/plex");
        assert_eq!(Choice::Names(vec!["restore/apps/plex".to_owned()]).of(both()).unwrap().len(), 1);
        assert_eq!(of(&["sonarr"]).unwrap_err().to_string(), "there is no destination sonarr");
    }
}
