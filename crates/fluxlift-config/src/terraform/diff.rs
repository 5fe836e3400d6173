//! A unified diff of lines that go.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// What `patch -p1` and `git apply` read: the lines `gone` are taken out of `before`. A file of which nothing is left is
/// deleted.
pub(super) fn deletions(name: &str, before: &str, gone: &BTreeSet<usize>) -> String {
    let lines: Vec<&str> = before.split_inclusive('\n').collect();
    let deleted = gone.len() == lines.len();
    let mut text = format!("--- a/{name}\n");
    let _ = if deleted { writeln!(text, "+++ /dev/null") } else { writeln!(text, "+++ b/{name}") };
    let mut removed_before = 0;
    for hunk in hunks(gone, lines.len()) {
        let removed = gone.range(hunk.clone()).count();
        let kept = hunk.len() - removed;
        let (old, new) = (start(hunk.start, hunk.len()), start(hunk.start - removed_before, kept));
        let _ = writeln!(text, "@@ -{old},{} +{new},{kept} @@", hunk.len());
        for at in hunk {
            let line = lines[at];
            let _ = write!(text, "{}{line}", if gone.contains(&at) { '-' } else { ' ' });
            if !line.ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
        removed_before += removed;
    }
    text
}

/// The number of a hunk's first line; an empty side names the line before it.
const fn start(at: usize, count: usize) -> usize {
    if count == 0 { at } else { at + 1 }
}

/// The ranges of lines to show: each change with its surroundings, those that touch joined.
fn hunks(gone: &BTreeSet<usize>, total: usize) -> Vec<std::ops::Range<usize>> {
    let mut hunks: Vec<std::ops::Range<usize>> = Vec::new();
    for &at in gone {
        let (from, to) = (at.saturating_sub(CONTEXT), (at + CONTEXT + 1).min(total));
        match hunks.last_mut().filter(|last| from <= last.end) {
            Some(last) => last.end = to,
            None => hunks.push(from..to),
        }
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_that_touch_are_one_and_others_are_counted_from_what_is_left() {
        let before: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let patch = deletions("a.tf", &before, &[1, 2, 15].into());
        let heads: Vec<&str> = patch.lines().filter(|line| line.starts_with("@@")).collect();
        assert_eq!(heads, ["@@ -1,6 +1,4 @@", "@@ -13,7 +11,6 @@"]);
    }

    #[test]
    fn a_file_of_which_nothing_is_left_is_deleted() {
        let patch = deletions("a.tf", "a\nb", &[0, 1].into());
        assert_eq!(patch, "--- a/a.tf\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n\\ No newline at end of file\n");
    }
}
