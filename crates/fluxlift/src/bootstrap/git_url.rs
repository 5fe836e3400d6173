//! The address of the repository that Flux shall follow.

use fluxlift_core::ErrorKind;
use url::Url;

use crate::ui::Failure;

/// Reads an address that Flux can follow with a token or without anything.
///
/// # Errors
/// Usage, when it is not one: its words never repeat a password.
pub fn parse(text: &str) -> Result<Url, Failure> {
    let wrong = |why: &str| Failure::new(ErrorKind::Usage, format!("--git-url {why}"));
    if let Some(https) = as_https(text) {
        return Err(wrong("is an SSH address, and bootstrap hands Flux no SSH key")
            .with_hint(format!("use {https}; for a private repository give a token in FLUXLIFT_GIT_TOKEN")));
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| {
        wrong("is not an http or https address").with_hint("write it like https://github.com/you/home-ops.git")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must not hold a name or a password: every process on this machine can read it there")
            .with_hint("give the token in FLUXLIFT_GIT_TOKEN or with --git-token-file"));
    }
    Ok(url)
}

/// The https address of what an SSH address names: `git@host:you/repo` and `ssh://git@host/you/repo`.
fn as_https(text: &str) -> Option<String> {
    let rest = match text.strip_prefix("ssh://") {
        Some(rest) => rest.to_owned(),
        None if text.contains("://") => return None,
        None => {
            let (host, path) = text.split_once(':').filter(|(host, path)| host.contains('@') && !path.is_empty())?;
            format!("{host}/{path}")
        }
    };
    let (host, path) = rest.split_once('/')?;
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    Some(format!("https://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let failure = parse(text).unwrap_err();
        assert_eq!(failure.exit_code(), 64);
        anstream::adapter::strip_str(&failure.render()).to_string()
    }

    #[test]
    fn http_and_https_are_followed() {
        for text in ["https://github.com/you/home-ops.git", "http://127.101.0.4:3000/home-ops.git"] {
            assert_eq!(parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn an_ssh_address_is_answered_with_its_https_one() {
        for text in ["git@github.com:you/home-ops.git", "ssh://git@github.com:22/you/home-ops.git"] {
            assert!(refused(text).contains("use https://github.com/you/home-ops.git;"), "{}", refused(text));
        }
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        assert!(!refused("https://you:hunter2@github.com/you/home-ops.git").contains("hunter2"));
    }

    #[test]
    fn anything_else_is_no_address() {
        for text in ["", "home-ops", "ftp://example.org/x.git", "https://", "file:///srv/x.git"] {
            assert!(refused(text).contains("is not an http or https address"), "{text}");
        }
    }
}
