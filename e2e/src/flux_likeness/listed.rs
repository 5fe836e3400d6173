//! The list of known differences, in `docs/sim-likeness.md`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::LabError;

/// The heading below which the differences of the Flux models are listed.
const HEADING: &str = "## Flux, in one situation after the other";

/// The differences that the document lists: the first code of each item of the list.
///
/// # Errors
/// When the document cannot be read or lacks the heading.
pub fn listed() -> Result<BTreeSet<String>, LabError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sim-likeness.md");
    let text = std::fs::read_to_string(&path).map_err(LabError::io(format!("read {}", path.display())))?;
    parse(&text).ok_or_else(|| LabError::Unexpected(format!("{} has no {HEADING:?}", path.display())))
}

fn parse(text: &str) -> Option<BTreeSet<String>> {
    let (_, rest) = text.split_once(HEADING)?;
    let section = rest.split("\n## ").next()?;
    // An item goes on in lines that are indented.
    let joined = section.replace("\n  ", " ");
    let items = joined.lines().filter_map(|line| line.strip_prefix("- `")?.split_once('`'));
    Some(items.map(|(difference, _)| difference.split_whitespace().collect::<Vec<_>>().join(" ")).collect())
}

/// Says what is wrong with the list: differences that were found and are not listed, and listed ones that were not found.
///
/// # Errors
/// Both, one in a line.
pub fn check(found: &BTreeSet<String>, listed: &BTreeSet<String>) -> Result<(), String> {
    let lines = |title: &str, these: &mut dyn Iterator<Item = &String>| {
        let lines: Vec<String> = these.map(|difference| format!("  {difference}")).collect();
        (!lines.is_empty()).then(|| format!("{title}:\n{}", lines.join("\n")))
    };
    let unlisted = lines("differs and is not listed", &mut found.difference(listed));
    let vanished = lines("is listed and no longer differs", &mut listed.difference(found));
    let wrong: Vec<String> = unlisted.into_iter().chain(vanished).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(these: &[&str]) -> BTreeSet<String> {
        these.iter().map(|&one| one.to_owned()).collect()
    }

    #[test]
    fn an_item_of_the_list_begins_with_its_difference_as_code() {
        let text = format!(
            "# A\n- `not this`\n\n{HEADING}\n\nWords.\n\n- `one: a\n  b`: because `c`\n- no code\n\n## B\n- `nor this`\n"
        );
        assert_eq!(parse(&text), Some(set(&["one: a b"])));
        assert_eq!(parse("# nothing"), None);
    }

    #[test]
    fn a_difference_that_is_not_listed_and_one_that_is_gone_are_both_wrong() {
        assert_eq!(check(&set(&["a"]), &set(&["a"])), Ok(()));
        let wrong = check(&set(&["a", "b"]), &set(&["b", "c"])).unwrap_err();
        assert_eq!(wrong, "differs and is not listed:\n  a\nis listed and no longer differs:\n  c");
    }
}
