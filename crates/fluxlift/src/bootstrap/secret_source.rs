//! Where a secret comes from: a file, a variable, or the standard input. Never an argument.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use fluxlift_core::{ErrorKind, Secret};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::system::System;
use crate::ui::Failure;

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretSource {
    /// A file, by its absolute path.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// What is piped in.
    Stdin,
}

/// The variable that holds the token for any server.
pub const GIT_TOKEN: &str = "FLUXLIFT_GIT_TOKEN";

/// The variables that other tools use, each only for the server that it is for.
const BY_HOST: [(&str, &str); 2] = [("github.com", "GITHUB_TOKEN"), ("gitlab.com", "GITLAB_TOKEN")];

impl SecretSource {
    /// The file that an option names; `-` is the standard input.
    pub fn named(path: &Path, system: &System) -> Self {
        if path == Path::new("-") { Self::Stdin } else { Self::File(system.dir.join(path)) }
    }

    /// Where the token for `url` comes from when no file was named. A token for one server is never sent to another.
    pub fn of_token(url: &Url, system: &System) -> Option<Self> {
        let is_set = |name: &str| system.env.get(name).is_some_and(|value| !value.trim().is_empty());
        let theirs = BY_HOST.into_iter().filter(|(host, _)| url.host_str() == Some(*host)).map(|(_, name)| name);
        std::iter::once(GIT_TOKEN).chain(theirs).find(|name| is_set(name)).map(|name| Self::Variable(name.to_owned()))
    }

    /// Reads the secret. `what` names it in errors.
    ///
    /// # Errors
    /// When it is not there, or empty.
    pub fn read(&self, what: &str, system: &System) -> Result<Secret<String>, Failure> {
        let text = match self {
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| {
                Failure::because(format!("the {what} in {} cannot be read", path.display()), &error)
            })?,
            Self::Variable(name) => system.env.get(name).unwrap_or_default().to_owned(),
            Self::Stdin => piped_in(what)?,
        };
        let secret = Secret::new(text);
        if secret.expose().trim().is_empty() {
            return Err(Failure::new(ErrorKind::Failed, format!("the {what} in {self} is empty")));
        }
        Ok(secret)
    }
}

fn piped_in(what: &str) -> Result<String, Failure> {
    let mut stdin = std::io::stdin().lock();
    if stdin.is_terminal() {
        return Err(Failure::new(ErrorKind::Usage, format!("the {what} shall come from stdin, which is a terminal"))
            .with_hint("pipe it in, or name a file"));
    }
    let mut text = String::new();
    stdin
        .read_to_string(&mut text)
        .map_err(|error| Failure::because(format!("the {what} cannot be read from stdin"), &error))?;
    Ok(text)
}

impl std::fmt::Display for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Variable(name) => f.write_str(name),
            Self::Stdin => f.write_str("stdin"),
        }
    }
}
