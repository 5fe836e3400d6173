//! The stable shape of a text: what differs from run to run becomes a word in angle brackets.

use std::sync::LazyLock;

use regex::Regex;

use super::situation::Words;

/// What is replaced, in this order.
const RULES: [(&str, &str); 7] = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    // The folder of one build: the lab has its own place for temporary files, and the real one has a number.
    (r"(/[\w.-]+)*/kustomization-?\d*/", "<folder>/"),
    // Where flux-operator has its manifests.
    (r"(/[\w.-]+)*/data/flux\b", "<manifests>"),
    // A duration that was measured has a fraction or is short; those of a spec are whole.
    (r"\b(\d+[hm])*\d+(\.\d+)?(ms|µs)\b", "<measured>"),
    (r"\b(\d+[hm])*\d+\.\d+s\b", "<measured>"),
    (r"(finished in|completed in) (\d+[hms])+", "$1 <measured>"),
    (r"\b[0-9a-f]{12,}\b", "<hex>"),
];

/// The stable shape of `text`.
pub fn shape(text: &str, words: &Words) -> String {
    static RULES_READ: LazyLock<Vec<(Regex, &str)>> =
        LazyLock::new(|| RULES.iter().filter_map(|(rule, word)| Some((Regex::new(rule).ok()?, *word))).collect());
    let written = words.written(text);
    RULES_READ.iter().fold(written, |text, (rule, word)| rule.replace_all(&text, *word).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_a_regular_expression() {
        for (rule, _) in RULES {
            assert!(Regex::new(rule).is_ok(), "{rule}");
        }
    }

    #[test]
    fn what_changes_from_run_to_run_is_a_word_and_what_a_spec_says_stays() {
        let shaped = |text| shape(text, &Words(vec![("$git", "http://127.9.8.7:3000/a.git".to_owned())]));
        assert_eq!(shaped("main@sha1:0123456789abcdef0123456789abcdef01234567"), "main@sha1:<hex>");
        assert_eq!(shaped("Reconciliation finished in 6s"), "Reconciliation finished in <measured>");
        assert_eq!(shaped("ran 1m2.345s, then 12ms"), "ran <measured>, then <measured>");
        assert_eq!(
            shaped("action with timeout of 5m0s, retrying in 30s"),
            "action with timeout of 5m0s, retrying in 30s"
        );
        assert_eq!(shaped("clone 'http://127.9.8.7:3000/a.git'"), "clone '$git'");
        assert_eq!(shaped("stat /tmp/x-1/kustomization-123/nowhere: no"), "stat <folder>/nowhere: no");
        assert_eq!(shaped("at 2026-01-01T00:00:00Z"), "at <time>");
    }
}
