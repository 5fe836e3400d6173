//! One context out of the kubeconfig files that a person names, by kubectl's rules.
//!
//! `$KUBECONFIG` may list several files: those that do not exist are passed over, and the first that says something
//! wins. What is chosen is complete in itself: paths in it are absolute, and nothing of the other contexts is kept.

use std::path::{Path, PathBuf};

use fluxlift_core::{Explain, Hint, Secret};
use serde_json::{Value, json};
use thiserror::Error;

/// The fields of a cluster or a user that are paths.
const PATHS: [&str; 4] = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

/// Why no context can be chosen.
#[derive(Debug, Error)]
pub enum ChoiceError {
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is not YAML.
    #[error("{} is not valid YAML", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
    },
    /// There is no current context and none was asked for.
    #[error("the kubeconfig has no current-context and no context was named")]
    NoContext {
        /// The names that there are.
        known: Vec<String>,
    },
    /// There is no context of the name that was asked for.
    #[error("the kubeconfig has no context named {name:?}")]
    NoSuchContext {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The context refers to something that is in none of the files.
    #[error("the kubeconfig has no {what} named {name:?}, which the context {context:?} is made of")]
    Missing {
        /// `cluster` or `user`.
        what: &'static str,
        /// Its name.
        name: String,
        /// The context.
        context: String,
    },
}

impl Explain for ChoiceError {
    fn hints(&self) -> Vec<Hint> {
        let hint = match self {
            Self::File { .. } => "name the kubeconfig with --kubeconfig or KUBECONFIG".to_owned(),
            Self::Syntax { .. } => "`kubectl config view` shows what kubectl makes of it".to_owned(),
            Self::NoContext { known } | Self::NoSuchContext { known, .. } if known.is_empty() => {
                "it has no context at all: is it the right file?".to_owned()
            }
            Self::NoContext { known } | Self::NoSuchContext { known, .. } => {
                format!("pass one of these with --context: {}", known.join(", "))
            }
            Self::Missing { .. } => "add it, or pass another context with --context".to_owned(),
        };
        vec![Hint::new(hint)]
    }
}

/// A context, with all that belongs to it.
#[derive(Debug, Clone)]
pub struct ChosenContext {
    /// Its name.
    pub name: String,
    /// A kubeconfig with this context alone.
    pub content: Secret<String>,
}

/// Chooses `context` from `files`, or the current one where none is named.
///
/// # Errors
/// When no file can be read, one is not YAML, or the context, its cluster or its user is in none of them.
pub fn choose_context(files: &[PathBuf], context: Option<&str>) -> Result<ChosenContext, ChoiceError> {
    let files = read(files)?;
    let current = || files.iter().find_map(|file| file.text("current-context"));
    let name = context.filter(|name| !name.is_empty()).map(str::to_owned).or_else(current);
    let known = || files.iter().flat_map(|file| file.names("contexts")).collect();
    let name = name.ok_or_else(|| ChoiceError::NoContext { known: known() })?;
    let Some(chosen) = find(&files, "contexts", "context", &name) else {
        return Err(ChoiceError::NoSuchContext { name, known: known() });
    };
    let part = |list: &str, what: &'static str| -> Result<Value, ChoiceError> {
        let Some(wanted) = chosen[what].as_str().filter(|wanted| !wanted.is_empty()) else { return Ok(json!([])) };
        let found = find(&files, list, what, wanted).ok_or_else(|| ChoiceError::Missing {
            what,
            name: wanted.to_owned(),
            context: name.clone(),
        })?;
        Ok(json!([{ "name": wanted, what: found }]))
    };
    let document = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": part("clusters", "cluster")?,
        "users": part("users", "user")?,
        "contexts": [{ "name": name, "context": chosen }],
    });
    Ok(ChosenContext { name, content: Secret::new(document.to_string()) })
}

/// A kubeconfig file, and the folder that its paths are relative to.
struct File {
    folder: PathBuf,
    content: Value,
}

/// The files that exist, in their order. One that was named alone must exist.
fn read(paths: &[PathBuf]) -> Result<Vec<File>, ChoiceError> {
    let mut files = Vec::new();
    let mut missing = None;
    for path in paths {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                missing = Some(ChoiceError::File { path: path.clone(), source });
                continue;
            }
            Err(source) => return Err(ChoiceError::File { path: path.clone(), source }),
        };
        // The parser's message may quote the line that it stumbled over, which may hold a key.
        let content = serde_saphyr::from_str(&text).map_err(|_| ChoiceError::Syntax { path: path.clone() })?;
        files.push(File { folder: path.parent().unwrap_or(Path::new("")).to_owned(), content });
    }
    match missing {
        Some(error) if files.is_empty() => Err(error),
        _ => Ok(files),
    }
}

fn find(files: &[File], list: &str, what: &str, name: &str) -> Option<Value> {
    files.iter().find_map(|file| file.entry(list, what, name))
}

impl File {
    fn text(&self, field: &str) -> Option<String> {
        self.content[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn entries(&self, list: &str) -> impl Iterator<Item = &Value> {
        self.content[list].as_array().into_iter().flatten()
    }

    fn names(&self, list: &str) -> impl Iterator<Item = String> {
        self.entries(list).filter_map(|entry| entry["name"].as_str().map(str::to_owned))
    }

    fn entry(&self, list: &str, what: &str, name: &str) -> Option<Value> {
        let mut found = self.entries(list).find(|entry| entry["name"] == name)?[what].clone();
        for field in PATHS {
            self.make_absolute(found.get_mut(field));
        }
        // A bare name is looked for in PATH, as the shell does.
        let command = found.pointer_mut("/exec/command");
        self.make_absolute(command.filter(|command| command.as_str().is_some_and(|text| text.contains('/'))));
        Some(found)
    }

    fn make_absolute(&self, path: Option<&mut Value>) {
        let Some(path) = path else { return };
        if let Some(text) = path.as_str().filter(|text| !text.is_empty()) {
            *path = json!(self.folder.join(text).to_string_lossy());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kubeconfig;

    fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    const SOL: &str = r#"
current-context: sol
clusters: [{name: sol, cluster: {server: "https://sol:6443", certificate-authority: pki/ca.crt}}]
contexts:
  - {name: sol, context: {cluster: sol, user: admin}}
  - {name: mars, context: {cluster: mars, user: admin}}
users: [{name: admin, user: {token: hunter2}}]
"#;

    const LUNA: &str = r#"
current-context: luna
clusters: [{name: luna, cluster: {server: "https://luna:6443"}}, {name: sol, cluster: {server: "https://other"}}]
contexts: [{name: luna, context: {cluster: luna, user: robot}}, {name: bare, context: {cluster: luna}}]
users: [{name: robot, user: {exec: {command: bin/login, apiVersion: client.authentication.k8s.io/v1}}}]
"#;

    #[test]
    fn the_first_file_that_says_something_wins_and_missing_ones_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        file(folder.path(), "a/pki/ca.crt", "-----BEGIN CERTIFICATE-----");
        let files =
            [folder.path().join("no"), file(folder.path(), "a/config", SOL), file(folder.path(), "b/config", LUNA)];
        let chosen = choose_context(&files, None).unwrap();
        let config = Kubeconfig::from_text(chosen.content.expose(), Some(&chosen.name), None).unwrap();
        assert_eq!((config.context.as_str(), config.server.to_string().as_str()), ("sol", "https://sol:6443/"));
        let chosen = choose_context(&files, Some("luna")).unwrap();
        let document: Value = serde_json::from_str(chosen.content.expose()).unwrap();
        assert_eq!(document["clusters"][0]["cluster"]["server"], "https://luna:6443");
        assert_eq!(
            document["users"][0]["user"]["exec"]["command"],
            folder.path().join("b/bin/login").to_str().unwrap()
        );
        assert!(!chosen.content.expose().contains("hunter2"), "another context's token was kept");
    }

    #[test]
    fn a_context_without_a_user_is_fine_and_one_without_a_cluster_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = [file(folder.path(), "a", SOL), file(folder.path(), "b", LUNA)];
        let chosen = choose_context(&files, Some("bare")).unwrap();
        Kubeconfig::from_text(chosen.content.expose(), Some("bare"), None).unwrap();
        let error = choose_context(&files, Some("mars")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the kubeconfig has no cluster named \"mars\", which the context \"mars\" is made of"
        );
    }

    #[test]
    fn an_unknown_context_is_answered_with_those_that_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let files = [file(folder.path(), "a", SOL), file(folder.path(), "b", LUNA)];
        let error = choose_context(&files, Some("venus")).unwrap_err();
        let ChoiceError::NoSuchContext { known, .. } = &error else { panic!("{error}") };
        assert_eq!(known, &["sol", "mars", "luna", "bare"]);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = choose_context(&[PathBuf::from("/no/such/config")], None).unwrap_err();
        assert_eq!(error.to_string(), "/no/such/config cannot be read");
    }
}
