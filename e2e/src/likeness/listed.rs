//! `docs/sim-likeness.md`: the differences that may be, each with its reason, held against those that are.
//!
//! Below a heading stands a table with the columns `step`, `place`, `the sim` and `why`. Steps and places are patterns: `*`
//! stands for anything within a step of a place, `**` for anything at all.

use thiserror::Error;

use super::compare::{Difference, How};

/// A difference and the step in which it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The step, by the words that the document uses for it.
    pub step: String,
    /// The difference.
    pub difference: Difference,
}

/// One row: a difference that may be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    step: String,
    place: String,
    how: How,
}

/// The differences that one section of the document lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    section: String,
    rows: Vec<Row>,
}

/// A document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListedError {
    /// There is no such section.
    #[error("the document has no section {0:?}")]
    NoSection(String),
    /// A row that is not one.
    #[error("this row has not the four columns step, place, the sim, why, each with something in it: {0}")]
    Row(String),
    /// The third column says something else.
    #[error("the sim can lack, add or differ, and nothing else: {0}")]
    How(String),
}

impl Listed {
    /// Reads the section under `heading`, up to the next heading of its level or above.
    ///
    /// # Errors
    /// When there is none, or a row of a table in it is not readable.
    pub fn read(document: &str, heading: &str) -> Result<Self, ListedError> {
        let level = |line: &str| line.bytes().take_while(|byte| *byte == b'#').count();
        let mut lines =
            document.lines().skip_while(|line| level(line) == 0 || line.trim_start_matches('#').trim() != heading);
        let own = level(lines.next().ok_or_else(|| ListedError::NoSection(heading.to_owned()))?);
        let section = lines.take_while(|line| level(line) == 0 || level(line) > own);
        let rows = section.filter(|line| line.starts_with('|') && !is_head(line)).map(row).collect::<Result<_, _>>()?;
        Ok(Self { section: heading.to_owned(), rows })
    }

    /// How many differences are listed.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What is wrong: differences that are not listed, and rows that list none of those found.
    pub fn faults(&self, found: &[Found]) -> Vec<String> {
        let mut seen = vec![false; self.rows.len()];
        let mut faults = Vec::new();
        for found in found {
            let rows = || self.rows.iter().enumerate().filter(|(_, row)| row.lists(found));
            if rows().next().is_none() {
                faults.push(format!("not listed: {}: {}", found.step, found.difference));
            }
            rows().for_each(|(index, _)| seen[index] = true);
        }
        for (row, _) in self.rows.iter().zip(seen).filter(|(_, seen)| !seen) {
            let (how, section) = (row.how.word(), &self.section);
            faults.push(format!("listed under {section:?} and not seen any more: {}: {how} {}", row.step, row.place));
        }
        faults
    }
}

impl Row {
    fn lists(&self, found: &Found) -> bool {
        self.how == found.difference.how && fits(&self.step, &found.step) && fits(&self.place, &found.difference.place)
    }
}

fn is_head(line: &str) -> bool {
    let cell = line.trim_start_matches('|').trim_start();
    cell.starts_with("---") || cell.starts_with("step ")
}

fn row(line: &str) -> Result<Row, ListedError> {
    let cells: Vec<&str> = line.trim().trim_matches('|').split(" | ").map(str::trim).collect();
    let [step, place, how, why] = cells.as_slice() else { return Err(ListedError::Row(line.to_owned())) };
    if [step, place, why].iter().any(|cell| cell.is_empty()) {
        return Err(ListedError::Row(line.to_owned()));
    }
    let plain = |cell: &str| cell.trim_matches('`').to_owned();
    let how = How::of(how).ok_or_else(|| ListedError::How(line.to_owned()))?;
    Ok(Row { step: plain(step), place: plain(place), how })
}

/// Whether `text` fits `pattern`.
fn fits(pattern: &str, text: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**") {
        return starts(text).any(|start| fits(rest, &text[start..]));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        let end = text.find('/').unwrap_or(text.len());
        return starts(text).take_while(|start| *start <= end).any(|start| fits(rest, &text[start..]));
    }
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some(wanted), Some(given)) if wanted == given => {
            fits(&pattern[wanted.len_utf8()..], &text[given.len_utf8()..])
        }
        _ => false,
    }
}

/// Where a rest of `text` may start.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().map(|(index, _)| index).chain([text.len()])
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const DOCUMENT: &str = "# Likeness\n\n## One\n\n| step | place | the sim | why |\n|---|---|---|---|\n\
                            | `lists: GET $cm` | `/body/items/*/x` | lacks | nobody reads it |\n\n## Other\n";

    fn found(step: &str, place: &str, how: How) -> Found {
        let difference = Difference { place: place.into(), how, real: Value::Null, sim: Value::Null };
        Found { step: step.into(), difference }
    }

    #[test]
    fn a_star_stays_within_a_step_and_two_do_not() {
        assert!(fits("/a/*/c", "/a/b/c"));
        assert!(!fits("/a/*", "/a/b/c"));
        assert!(fits("/a/**", "/a/b/c"));
        assert!(fits("**/c", "/a/b/c"));
        assert!(fits("tables: **", "tables: TABLE /api/v1/nodes"));
        assert!(!fits("/a", "/ab"));
    }

    #[test]
    fn a_listed_difference_is_no_fault() {
        let listed = Listed::read(DOCUMENT, "One").unwrap();
        assert!(listed.faults(&[found("lists: GET $cm", "/body/items/a/x", How::Lacks)]).is_empty());
    }

    #[test]
    fn a_difference_that_is_not_listed_is_a_fault() {
        let listed = Listed::read(DOCUMENT, "One").unwrap();
        let expected = found("lists: GET $cm", "/body/items/a/x", How::Lacks);
        let faults = listed.faults(&[expected, found("lists: GET $cm", "/body/items/a/x", How::Adds)]);
        assert_eq!(faults, ["not listed: lists: GET $cm: /body/items/a/x: the sim adds null"]);
    }

    #[test]
    fn a_listed_difference_that_is_not_seen_any_more_is_a_fault() {
        let listed = Listed::read(DOCUMENT, "One").unwrap();
        let faults = listed.faults(&[]);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].contains("not seen any more"), "{faults:?}");
    }

    #[test]
    fn a_section_without_rows_lists_nothing_and_a_missing_one_is_an_error() {
        assert!(Listed::read(DOCUMENT, "Other").unwrap().is_empty());
        assert_eq!(Listed::read(DOCUMENT, "Third"), Err(ListedError::NoSection("Third".into())));
    }

    #[test]
    fn the_document_itself_can_be_read() {
        let document = include_str!("../../../docs/sim-likeness.md");
        assert!(Listed::read(document, "The Kubernetes API").is_ok());
    }

    #[test]
    fn a_row_without_a_reason_is_an_error() {
        let document = "## One\n| `a` | `/b` | lacks |  |\n";
        assert!(matches!(Listed::read(document, "One"), Err(ListedError::Row(_))));
    }
}
