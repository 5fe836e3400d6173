//! What a lab has shown, kept: so that the simulation is held against reality wherever the tests run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::fields::Fields;
use super::sequence::{Sequence, collapsed};
use super::theatre::Shown;
use crate::LabError;

/// What a status brings: its new fields, and those that are gone; nothing is an object that is gone.
type News = Option<BTreeMap<String, Option<String>>>;

/// The file of one situation.
#[derive(Debug, Serialize, Deserialize)]
struct Recording(BTreeMap<String, Vec<News>>);

/// Where the recording of a situation is kept.
fn path(situation: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/flux_likeness/recorded/{situation}.json"))
}

/// Keeps what was shown in a situation.
///
/// # Errors
/// When the file cannot be written.
pub fn keep(situation: &str, shown: &Shown) -> Result<(), LabError> {
    let sequences = shown.iter().map(|(subject, sequence)| (subject.to_string(), news(sequence)));
    let path = path(situation);
    let text = serde_json::to_string_pretty(&Recording(sequences.collect()));
    let text = text.map_err(|error| LabError::Unexpected(error.to_string()))?;
    std::fs::write(&path, text + "\n").map_err(LabError::io(format!("write {}", path.display())))
}

/// What a lab has shown in a situation.
///
/// # Errors
/// When there is no such recording, or it cannot be read.
pub fn kept(situation: &str) -> Result<Shown, LabError> {
    let path = path(situation);
    let text = std::fs::read_to_string(&path).map_err(LabError::io(format!("read {}", path.display())))?;
    let bad = |error: String| LabError::Unexpected(format!("{}: {error}", path.display()));
    let Recording(sequences) = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
    sequences.iter().map(|(name, news)| Ok((name.parse().map_err(bad)?, collapsed(statuses(news))))).collect()
}

fn news(sequence: &Sequence) -> Vec<News> {
    let mut before = Fields::new();
    let mut all = Vec::new();
    for status in sequence {
        let after = status.clone().unwrap_or_default();
        let gone = before.keys().filter(|name| !after.contains_key(*name)).map(|name| (name.clone(), None));
        let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
        let changed = changed.map(|(name, value)| (name.clone(), Some(value.clone())));
        all.push(status.is_some().then(|| gone.chain(changed).collect()));
        before = after;
    }
    all
}

fn statuses(news: &[News]) -> Sequence {
    let mut fields = Fields::new();
    let mut all = Sequence::new();
    for status in news {
        match status {
            Some(changes) => {
                for (name, value) in changes {
                    match value {
                        Some(value) => drop(fields.insert(name.clone(), value.clone())),
                        None => drop(fields.remove(name)),
                    }
                }
                all.push(Some(fields.clone()));
            }
            None => {
                fields.clear();
                all.push(None);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::act::Act;
    use super::super::kinds::Subject;
    use super::super::situation::{Situation, Wanted, Words, lacks};
    use super::*;

    #[test]
    fn a_sequence_is_kept_as_what_each_status_brings() {
        let status = |pairs: &[(&str, &str)]| -> Option<Fields> {
            Some(pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
        };
        let sequence = vec![status(&[("a", "1"), ("b", "1")]), status(&[("a", "2")]), None, status(&[("a", "1")])];
        assert_eq!(statuses(&news(&sequence)), sequence);
        assert_eq!(news(&sequence)[1], Some([("a".to_owned(), Some("2".to_owned())), ("b".to_owned(), None)].into()));
    }

    /// Controllers write the conditions of a pass first and the rest of its status after, a few milliseconds later.
    #[test]
    fn no_step_ends_between_two_writes_to_what_the_next_one_touches() {
        let mut held = 0;
        for situation in Situation::all(&Words::default()).unwrap() {
            let shown = kept(&situation.name).unwrap();
            let mut at = BTreeMap::<&Subject, usize>::new();
            for (number, next) in situation.steps.iter().enumerate() {
                for subject in next.acts.iter().filter_map(new_generation) {
                    let mut before = situation.steps[..number].iter().rev();
                    let wanted = before.find_map(|step| step.until.get(&subject.to_string()));
                    let Some(wanted) = wanted else { continue };
                    let Some((subject, sequence)) = shown.get_key_value(subject) else { continue };
                    let from = at.get(subject).copied().unwrap_or_default();
                    let found = (from..sequence.len()).find(|&at| holds(wanted.as_ref(), sequence[at].as_ref()));
                    let found = found.unwrap_or_else(|| panic!("{}: {subject} never is {wanted:?}", situation.name));
                    let generation = |at: usize| sequence.get(at)?.as_ref()?.get("metadata.generation");
                    let (ends, goes_on) = (generation(found), generation(found + 1));
                    assert_ne!(ends, goes_on, "{}: {subject} is written once more after {wanted:?}", situation.name);
                    at.insert(subject, found + 1);
                    held += 1;
                }
            }
        }
        assert!(held >= 10, "only {held} steps were looked at");
    }

    /// The object of which an act makes a new generation.
    fn new_generation(act: &Act) -> Option<&Subject> {
        match act {
            Act::Merge { of, fields } if !fields["spec"].is_null() => Some(of),
            Act::Delete(subject) => Some(subject),
            _ => None,
        }
    }

    fn holds(wanted: Option<&Wanted>, status: Option<&Fields>) -> bool {
        lacks(wanted, status).is_none()
    }
}
