//! `WWW-Authenticate`: where a registry sends its clients for a token.

use std::collections::BTreeMap;

/// A Bearer challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    /// Where tokens are given out.
    pub(super) realm: String,
    /// For which service.
    pub(super) service: Option<String>,
    /// For what; the caller knows better when it is missing.
    pub(super) scope: Option<String>,
}

impl Challenge {
    /// Reads the header's value; `None` for another scheme than Bearer, or one without a realm.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut parameters = parameters(rest);
        Some(Self {
            realm: parameters.remove("realm")?,
            service: parameters.remove("service"),
            scope: parameters.remove("scope"),
        })
    }
}

/// `key="value",key=value`, where a quoted value may hold commas and escaped quotes.
fn parameters(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|c| matches!(c, ' ' | ',')).is_some() {}
        let key: String = std::iter::from_fn(|| rest.next_if(|&c| c != '=' && c != ',')).collect();
        if key.is_empty() || rest.next_if_eq(&'=').is_none() {
            return found;
        }
        let mut value = String::new();
        if rest.next_if_eq(&'"').is_some() {
            while let Some(c) = rest.next().filter(|&c| c != '"') {
                value.extend(if c == '\\' { rest.next() } else { Some(c) });
            }
        } else {
            value.extend(std::iter::from_fn(|| rest.next_if(|&c| c != ',')));
        }
        found.insert(key.trim().to_ascii_lowercase(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_with_commas_in_its_scope() {
        let header = r#"Bearer realm="https://auth.example/token",service=reg,scope="repository:a/b:pull,push""#;
        let challenge = Challenge::parse(header).unwrap();
        assert_eq!(challenge.realm, "https://auth.example/token");
        assert_eq!(challenge.service.as_deref(), Some("reg"));
        assert_eq!(challenge.scope.as_deref(), Some("repository:a/b:pull,push"));
        assert_eq!(Challenge::parse(r#"Basic realm="x""#), None);
        assert_eq!(Challenge::parse("Bearer service=x"), None);
    }
}
