//! `cargo xtask tidy`: the invariants of ARCHITECTURE.md, as far as a program can check them.

mod arrows;
mod documents;
mod shape;
mod source;
mod unrun;
mod words;

use std::path::Path;

use self::source::Tree;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Where: a file, or a file and a line.
    pub(crate) place: String,
    /// What.
    pub(crate) what: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

/// Checks the repository that this was built from.
pub(crate) fn run() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent folder")?;
    let tree = Tree::of_git(root)?;
    let findings = check(&tree);
    let sizes = shape::sizes(&tree);
    println!("{} files, median {} lines, longest {}", sizes.files, sizes.median, sizes.longest);
    if findings.is_empty() {
        println!("tidy");
        return Ok(());
    }
    let lines: Vec<String> = findings.iter().map(|f| format!("{}: {}", f.place, f.what)).collect();
    Err(format!("{}\n{} findings", lines.join("\n"), findings.len()))
}

/// Every finding of every check, in order.
fn check(tree: &Tree) -> Vec<Finding> {
    let checks = [arrows::check, shape::check, words::check, unrun::check, documents::check];
    let mut findings: Vec<Finding> = checks.iter().flat_map(|check| check(tree)).collect();
    findings.sort();
    findings
}
