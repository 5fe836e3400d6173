//! The situations: each a small file beside this one.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::act::Act;
use super::fields::Fields;
use super::kinds::Subject;
use crate::LabError;

/// One situation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// The name of its file.
    #[serde(skip)]
    pub name: String,
    /// What it is about, and which fact it tries.
    pub about: String,
    /// Whose statuses are compared.
    pub follow: Vec<Subject>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// Something is done, and then waited for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is done, in order.
    #[serde(default, rename = "do")]
    pub acts: Vec<Act>,
    /// What has to hold of objects before the next step; nothing means that the object has to be gone. Controllers write
    /// the conditions of a pass first and what else it brought after: where the next step touches the same object, this
    /// names something of the last write, or the step comes between the two.
    #[serde(default)]
    pub until: BTreeMap<String, Option<Wanted>>,
}

/// How the fields of an object have to begin; nothing means that the field has to be absent.
pub type Wanted = BTreeMap<String, Option<String>>;

/// The words that stand for addresses, and what they are in one theatre.
#[derive(Debug, Clone, Default)]
pub struct Words(pub Vec<(&'static str, String)>);

impl Words {
    /// `text` with the theatre's own addresses.
    pub fn spoken(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
    }

    /// `text` with the words in place of addresses.
    pub fn written(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(meaning, word))
    }
}

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("situations/", $name, ".yaml")))),+]
    };
}

/// All of them, in the order in which they are played: the first brings the controllers, the last takes them away.
const FILES: [(&str, &str); 11] = files![
    "controllers_that_start_late",
    "suspended_objects",
    "first_reconciliation_then_a_new_spec",
    "a_source_that_is_missing",
    "a_chart_that_does_not_exist",
    "a_dependency_that_is_not_ready",
    "an_install_that_fails",
    "a_broken_path_and_a_failing_check",
    "suspended_after_it_was_observed",
    "deletion_with_finalizers",
    "an_instance_that_gets_a_sync_and_goes",
];

impl Situation {
    /// All situations, with the words of one theatre.
    ///
    /// # Errors
    /// When a file is not a situation.
    pub fn all(words: &Words) -> Result<Vec<Self>, LabError> {
        FILES.iter().map(|(name, text)| Self::read(name, &words.spoken(text))).collect()
    }

    fn read(name: &str, text: &str) -> Result<Self, LabError> {
        let read: Result<Self, _> = serde_saphyr::from_str(text);
        let situation = read.map_err(|error| LabError::Unexpected(format!("the situation {name}: {error}")))?;
        Ok(Self { name: name.to_owned(), ..situation })
    }
}

/// Why an object is not as it is wanted; `None` when it is.
pub fn lacks(wanted: Option<&Wanted>, object: Option<&Fields>) -> Option<String> {
    let (Some(wanted), Some(fields)) = (wanted, object) else {
        return match (wanted, object) {
            (None, Some(_)) => Some("it is still there".to_owned()),
            (Some(_), None) => Some("it is not there".to_owned()),
            _ => None,
        };
    };
    wanted.iter().find_map(|(field, start)| {
        let is = fields.get(field);
        let holds = match (start, is) {
            (Some(start), Some(is)) => is.starts_with(start.as_str()),
            (start, is) => start.is_none() && is.is_none(),
        };
        (!holds).then(|| format!("{field} is {is:?}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_situation_that_follows_and_waits_for_something() {
        for situation in Situation::all(&Words::default()).unwrap() {
            assert!(!situation.follow.is_empty() && !situation.about.is_empty(), "{}", situation.name);
            assert!(situation.steps.iter().any(|step| !step.until.is_empty()), "{}", situation.name);
            for name in situation.steps.iter().flat_map(|step| step.until.keys()) {
                assert!(name.parse::<Subject>().is_ok(), "{}: {name}", situation.name);
            }
        }
    }

    #[test]
    fn words_stand_for_addresses_both_ways() {
        let words = Words(vec![("$git", "http://127.0.0.1/a.git".to_owned())]);
        assert_eq!(words.spoken("url: $git"), "url: http://127.0.0.1/a.git");
        assert_eq!(words.written("clone http://127.0.0.1/a.git failed"), "clone $git failed");
    }

    #[test]
    fn an_object_lacks_what_does_not_begin_as_wanted() {
        let wanted: Wanted = [("Ready".to_owned(), Some("True".to_owned())), ("Stalled".to_owned(), None)].into();
        let ready: Fields = [("Ready".to_owned(), "True Succeeded @1: done".to_owned())].into();
        assert_eq!(lacks(Some(&wanted), Some(&ready)), None);
        assert_eq!(lacks(Some(&wanted), None).unwrap(), "it is not there");
        assert_eq!(lacks(None, Some(&ready)).unwrap(), "it is still there");
        let stalled: Fields =
            [("Ready".to_owned(), "True".to_owned()), ("Stalled".to_owned(), "True".to_owned())].into();
        assert!(lacks(Some(&wanted), Some(&stalled)).is_some());
    }
}
