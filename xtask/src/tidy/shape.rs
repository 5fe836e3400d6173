//! The shape of files: length, and what doors may hold.

use super::Finding;
use super::source::{Tree, lines_before_tests};

/// No file of the product is longer than this.
const LONGEST: usize = 800;

/// Names that say nothing about what is inside.
const NAMELESS: &[&str] = &["utils", "util", "helpers", "misc", "common"];

/// How long the files of the product are.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    pub(crate) files: usize,
    pub(crate) median: usize,
    pub(crate) longest: usize,
}

pub(super) fn sizes(tree: &Tree) -> Sizes {
    let mut lengths: Vec<usize> = tree.product().map(|(_, text)| text.lines().count()).collect();
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    Sizes { files: lengths.len(), median, longest: lengths.last().copied().unwrap_or(0) }
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.product() {
        let length = text.lines().count();
        if length > LONGEST {
            findings.push(Finding::new(path, format!("{length} lines; split it by idea, {LONGEST} is the most")));
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.trim_end_matches(".rs");
        if NAMELESS.contains(&stem) || path.split('/').any(|part| NAMELESS.contains(&part)) {
            findings.push(Finding::new(path, "the name does not say what is inside"));
        }
        if !text.starts_with("//!") {
            findings.push(Finding::new(path, "the first line does not say what the file is for (`//! …`)"));
        }
        if matches!(name, "lib.rs" | "mod.rs") && path.starts_with("crates/") {
            findings.extend(lines_before_tests(text).filter(|(_, line)| is_logic(line)).map(|(n, _)| {
                Finding::new(format!("{path}:{n}"), "lib.rs and mod.rs hold docs, mod and use: no logic")
            }));
        }
        if path == "crates/fluxlift/src/main.rs" && length > 30 {
            findings.push(Finding::new(path, "main.rs has at most 30 lines"));
        }
    }
    findings
}

fn is_logic(line: &str) -> bool {
    let line = line.trim_start();
    let line =
        line.strip_prefix("pub").map_or(line, |rest| rest.trim_start_matches("(crate)").trim_start_matches("(super)"));
    ["fn ", "async fn ", "const fn ", "impl ", "impl<"].iter().any(|start| line.trim_start().starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|f| f.what).collect()
    }

    #[test]
    fn a_file_that_is_too_long_is_found() {
        assert_eq!(found("crates/a/src/a.rs", &"//! x\n".repeat(801)).len(), 1);
        assert!(found("crates/a/src/a.rs", &"//! x\n".repeat(800)).is_empty());
    }

    #[test]
    fn logic_in_a_door_is_found() {
        assert_eq!(found("crates/a/src/lib.rs", "//! x\npub fn a() {}\n").len(), 1);
        assert!(found("crates/a/src/lib.rs", "//! x\npub mod a;\npub use a::A;\n").is_empty());
    }

    #[test]
    fn a_name_that_says_nothing_is_found() {
        assert_eq!(found("crates/a/src/utils.rs", "//! x\n").len(), 1);
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_for_is_found() {
        assert_eq!(found("crates/a/src/a.rs", "use x;\n").len(), 1);
    }
}
