//! The key under which a build is cached.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::catalog::Recipe;
use super::pins::Pins;

/// A short hash of everything that a recipe's binaries depend on: the pins, the flags and the machine's kind. Not the
/// compiler: a newer Go makes the same tool.
pub(super) fn of(recipe: &Recipe, pins: &Pins) -> String {
    let machine = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    short(&[&pins.go_mod, &pins.go_sum, &machine, &flags(recipe, pins).join(" ")])
}

/// The flags of `go build`, but for those that say what and where.
pub(super) fn flags(recipe: &Recipe, pins: &Pins) -> Vec<String> {
    let mut flags =
        vec!["-trimpath".to_owned(), "-buildvcs=false".to_owned(), format!("-ldflags={}", pins.ldflags(recipe))];
    if recipe.vendored.is_some() {
        flags.push("-mod=vendor".to_owned());
    }
    flags
}

/// Twelve hexadecimal digits of the parts' hash.
pub(super) fn short(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\0"));
    digest.iter().take(6).fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::super::catalog::RECIPES;
    use super::*;

    fn pins(go_sum: &str, version: &str) -> Pins {
        Pins {
            folder: "unused".into(),
            go_mod: "module a\n".to_owned(),
            go_sum: go_sum.to_owned(),
            version: version.to_owned(),
        }
    }

    #[test]
    fn the_key_changes_with_go_sum_and_with_the_flags_and_with_nothing_else() {
        let recipe = RECIPES.iter().find(|r| r.folder == "helm").expect("it is in the catalog");
        let first = of(recipe, &pins("a v1 h1:x=\n", "v4.3.1"));
        assert_eq!(first.len(), 12);
        assert_eq!(first, of(recipe, &Pins { folder: "elsewhere".into(), ..pins("a v1 h1:x=\n", "v4.3.1") }));
        assert_ne!(first, of(recipe, &pins("a v1 h1:y=\n", "v4.3.1")));
        assert_ne!(first, of(recipe, &pins("a v1 h1:x=\n", "v4.3.2")));
    }

    #[test]
    fn what_moves_from_one_part_to_the_next_changes_the_hash() {
        assert_ne!(short(&["ab", "c"]), short(&["a", "bc"]));
    }
}
