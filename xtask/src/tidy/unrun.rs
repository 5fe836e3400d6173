//! No test lies where none is run: a library whose manifest says `test = false` has its tests elsewhere.

use super::Finding;
use super::source::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let untested = tree.all().filter_map(|(path, text)| {
        let folder = path.strip_suffix("Cargo.toml")?;
        text.lines().any(|line| line.trim() == "test = false").then(|| format!("{folder}src/"))
    });
    untested.flat_map(|sources| tests_below(tree, sources)).collect()
}

fn tests_below(tree: &Tree, sources: String) -> impl Iterator<Item = Finding> {
    let inside = tree.all().filter(move |(path, _)| path.starts_with(&sources));
    inside.filter(|(_, text)| has_tests(text)).map(|(path, _)| {
        Finding::new(path, "these tests never run: their crate says `test = false`, and has its tests in `tests`")
    })
}

fn has_tests(text: &str) -> bool {
    text.lines()
        .any(|line| ["#[cfg(test)]", "#[test]", "#[tokio::test"].iter().any(|mark| line.trim().starts_with(mark)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(manifest: &str) -> Vec<Finding> {
        let source = "//! x\n\n#[cfg(test)]\nmod tests {}\n";
        check(&Tree::of(&[
            ("crates/a/Cargo.toml", manifest),
            ("crates/a/src/a.rs", source),
            ("crates/a/tests/it/a.rs", source),
            ("crates/ab/src/a.rs", source),
        ]))
    }

    #[test]
    fn a_test_that_never_runs_is_found() {
        let found = found("[lib]\ntest = false\n");
        assert_eq!(found.iter().map(|f| f.place.as_str()).collect::<Vec<_>>(), ["crates/a/src/a.rs"]);
    }

    #[test]
    fn a_crate_whose_tests_run_may_have_them_anywhere() {
        assert_eq!(found("[lib]\ndoctest = false\n"), []);
    }
}
