//! The documents are true: the map names every crate, and links lead somewhere.

use super::Finding;
use super::source::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let map = tree.text("ARCHITECTURE.md").unwrap_or_default();
    for (path, _) in tree.all() {
        let Some(name) = path.strip_prefix("crates/").and_then(|rest| rest.strip_suffix("/Cargo.toml")) else {
            continue;
        };
        if !map.contains(&format!("`{name}`")) {
            findings.push(Finding::new("ARCHITECTURE.md", format!("the map does not name `{name}`")));
        }
    }
    for (path, text) in tree.all().filter(|(path, _)| path.ends_with(".md")) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in links(text).filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let target = resolve(folder, link.split('#').next().unwrap_or(link));
            if !tree.exists(&target) {
                findings.push(Finding::new(path, format!("the link to {link} leads nowhere")));
            }
        }
    }
    findings
}

/// The targets of `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

fn resolve(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_the_map_forgets_is_found() {
        let tree = Tree::of(&[("ARCHITECTURE.md", "`fluxlift-core`"), ("crates/fluxlift-new/Cargo.toml", "")]);
        assert_eq!(check(&tree)[0].what, "the map does not name `fluxlift-new`");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let tree =
            Tree::of(&[("docs/a.md", "[x](b.md) [y](../README.md) [z](https://example.org)"), ("README.md", "")]);
        let found = check(&tree);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].what, "the link to b.md leads nowhere");
    }
}
