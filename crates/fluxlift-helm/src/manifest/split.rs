//! Documents in a stream of YAML.

/// The documents of `text`, without the blank space before them. A line that begins with `---` separates, whatever
/// follows it: that is how Helm has always read templates.
pub(super) fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.trim_start().split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("---") {
            documents.push(rest.trim_start_matches([' ', '\t']).to_owned());
        } else if let Some(document) = documents.last_mut() {
            document.push_str(line);
        }
    }
    documents.into_iter().filter(|d| !d.trim().is_empty()).map(|d| d.trim_start().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::documents;

    #[test]
    fn documents_are_split_as_helm_splits_them() {
        assert_eq!(documents("\n---\na: 1\n---  \n\n# only\n---\n\n\n---b: 2\n"), ["a: 1\n", "# only\n", "b: 2\n"]);
        assert_eq!(documents("a: |\n  ---\n"), ["a: |\n  ---\n"]);
        assert!(documents(" \n---\n \n").is_empty());
    }
}
