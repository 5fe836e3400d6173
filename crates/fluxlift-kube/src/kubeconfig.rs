//! A kubeconfig, read explicitly: nothing is inferred, nothing falls back in silence.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::{Explain, Hint, Secret};
use fluxlift_net::TlsTrust;
use http::Uri;
use kube::config::AuthInfo;
use serde_json::Value;
use thiserror::Error;

use crate::certificate::{UnreadableCertificate, Validity};

/// One context of a kubeconfig: where the cluster is, whom to believe, and who we are.
#[derive(Clone)]
pub struct Kubeconfig {
    /// The context's name.
    pub context: String,
    /// The file that it was read from, where it was one.
    pub path: Option<PathBuf>,
    /// The API server's address.
    pub server: Uri,
    /// The namespace that the context works in.
    pub namespace: String,
    pub(crate) trust: TlsTrust,
    pub(crate) server_name: Option<String>,
    pub(crate) identity: Option<ClientIdentity>,
    pub(crate) auth: AuthInfo,
}

/// A client certificate and its key, both PEM.
#[derive(Clone)]
pub(crate) struct ClientIdentity {
    pub(crate) chain: String,
    pub(crate) key: Secret<String>,
}

/// Why a kubeconfig is not usable.
#[derive(Debug, Error)]
pub enum KubeconfigError {
    /// The file, or one that it names, cannot be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not YAML.
    #[error("the kubeconfig is not valid YAML")]
    Syntax,
    /// It names no current context and none was asked for.
    #[error("the kubeconfig has no current-context and no context was named")]
    NoContext,
    /// It refers to something that it does not have.
    #[error("the kubeconfig has no {what} named {name:?}")]
    Missing {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A field of it cannot be used.
    #[error("{field} of the kubeconfig is not usable: {why}")]
    Field {
        /// The field.
        field: &'static str,
        /// Why.
        why: String,
    },
}

impl Explain for KubeconfigError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::File { .. } => vec![Hint::new("apply the bootstrap unit first, which writes it, or check its path")],
            Self::NoContext => vec![Hint::new("name one, with `kubectl config use-context` or as kubeconfig_context")],
            Self::Syntax | Self::Missing { .. } | Self::Field { .. } => {
                vec![Hint::new("fetch the kubeconfig again, for example with `talosctl kubeconfig`")]
            }
        }
    }
}

impl Kubeconfig {
    /// Reads the file at `path`; `context` is the one to use instead of its current one.
    ///
    /// # Errors
    /// When it, or a file that it names, cannot be read or used.
    pub fn from_path(path: &Path, context: Option<&str>) -> Result<Self, KubeconfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| KubeconfigError::File { path: path.to_owned(), source })?;
        let kubeconfig = Self::from_text(&text, context, path.parent())?;
        Ok(Self { path: Some(path.to_owned()), ..kubeconfig })
    }

    /// Reads a kubeconfig's content. Paths in it are relative to `folder`.
    ///
    /// # Errors
    /// When it, or a file that it names, cannot be read or used.
    pub fn from_text(text: &str, context: Option<&str>, folder: Option<&Path>) -> Result<Self, KubeconfigError> {
        // The parser's message may quote the line that it stumbled over, which may hold a key.
        let file: Value = serde_saphyr::from_str(text).map_err(|_| KubeconfigError::Syntax)?;
        let context = context
            .or_else(|| file["current-context"].as_str())
            .filter(|name| !name.is_empty())
            .ok_or(KubeconfigError::NoContext)?;
        let chosen = named(&file, "contexts", "context", context)?;
        let cluster = named(&file, "clusters", "cluster", chosen["cluster"].as_str().unwrap_or_default())?;
        let user = match chosen["user"].as_str() {
            Some(user) => named(&file, "users", "user", user)?,
            None => &Value::Null,
        };
        let reader = Reader { folder };
        Ok(Self {
            context: context.to_owned(),
            path: None,
            server: server(cluster)?,
            namespace: chosen["namespace"].as_str().unwrap_or("default").to_owned(),
            trust: reader.trust(cluster)?,
            server_name: cluster["tls-server-name"].as_str().map(str::to_owned),
            identity: reader.identity(user)?,
            auth: auth(user)?,
        })
    }
}

impl Kubeconfig {
    /// Whose its client certificate is, and from when to when it holds; `None` where it has none.
    pub fn certificate(&self) -> Option<Result<Validity, UnreadableCertificate>> {
        let identity = self.identity.as_ref()?;
        Some(Validity::of_pem(&identity.chain).ok_or(UnreadableCertificate))
    }

    /// The certificate authorities that it names for the server; none where it relies on the machine's own.
    pub fn authorities(&self) -> Vec<Validity> {
        match &self.trust {
            TlsTrust::Authorities(text) => Validity::all_of_pem(text),
            _ => Vec::new(),
        }
    }

    /// Whether it believes any server: `insecure-skip-tls-verify`.
    pub const fn believes_anyone(&self) -> bool {
        matches!(self.trust, TlsTrust::AnyoneUnsafe)
    }
}

/// What people call it: by its file, else by its context.
impl std::fmt::Display for Kubeconfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.path {
            Some(path) => write!(f, "the kubeconfig {}", path.display()),
            None => write!(f, "the kubeconfig of context {}", self.context),
        }
    }
}

impl std::fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kubeconfig")
            .field("context", &self.context)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

fn named<'a>(file: &'a Value, list: &str, what: &'static str, name: &str) -> Result<&'a Value, KubeconfigError> {
    file[list]
        .as_array()
        .into_iter()
        .flatten()
        .find(|entry| entry["name"] == name)
        .map(|entry| &entry[what])
        .ok_or_else(|| KubeconfigError::Missing { what, name: name.to_owned() })
}

fn server(cluster: &Value) -> Result<Uri, KubeconfigError> {
    if cluster["proxy-url"].as_str().is_some_and(|url| !url.is_empty()) {
        return Err(KubeconfigError::Field { field: "proxy-url", why: "proxies are not supported".to_owned() });
    }
    let bad = |why: String| KubeconfigError::Field { field: "server", why };
    let given = cluster["server"].as_str().unwrap_or_default();
    let uri: Uri = given.parse().map_err(|_| bad(format!("{given:?} is not an address")))?;
    match uri.scheme_str() {
        Some("https" | "http") if uri.host().is_some() => Ok(uri),
        _ => Err(bad(format!("{given:?} is not an http or https address"))),
    }
}

fn auth(user: &Value) -> Result<AuthInfo, KubeconfigError> {
    if user.is_null() {
        return Ok(AuthInfo::default());
    }
    serde_json::from_value(user.clone())
        .map_err(|_| KubeconfigError::Field { field: "user", why: "its fields have unexpected types".to_owned() })
}

struct Reader<'a> {
    folder: Option<&'a Path>,
}

impl Reader<'_> {
    fn trust(&self, cluster: &Value) -> Result<TlsTrust, KubeconfigError> {
        if cluster["insecure-skip-tls-verify"] == true {
            return Ok(TlsTrust::AnyoneUnsafe);
        }
        let found = self.material(cluster, "certificate-authority-data", "certificate-authority")?;
        Ok(found.map_or(TlsTrust::System, TlsTrust::Authorities))
    }

    fn identity(&self, user: &Value) -> Result<Option<ClientIdentity>, KubeconfigError> {
        let chain = self.material(user, "client-certificate-data", "client-certificate")?;
        let key = self.material(user, "client-key-data", "client-key")?.map(Secret::new);
        match (chain, key) {
            (Some(chain), Some(key)) => Ok(Some(ClientIdentity { chain, key })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(KubeconfigError::Field {
                field: "client-key",
                why: "a certificate comes without its key".to_owned(),
            }),
            (None, Some(_)) => Err(KubeconfigError::Field {
                field: "client-certificate",
                why: "a key comes without its certificate".to_owned(),
            }),
        }
    }

    /// PEM text: in the field itself, base64-encoded, or in the file that another field names.
    fn material(
        &self,
        from: &Value,
        data: &'static str,
        file: &'static str,
    ) -> Result<Option<String>, KubeconfigError> {
        if let Some(encoded) = from[data].as_str().filter(|text| !text.is_empty()) {
            let bytes = STANDARD
                .decode(encoded.trim())
                .map_err(|_| KubeconfigError::Field { field: data, why: "it is not base64".to_owned() })?;
            return String::from_utf8(bytes)
                .map(Some)
                .map_err(|_| KubeconfigError::Field { field: data, why: "it is not PEM text".to_owned() });
        }
        let Some(name) = from[file].as_str().filter(|text| !text.is_empty()) else { return Ok(None) };
        let path = self.folder.map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
        std::fs::read_to_string(&path).map(Some).map_err(|source| KubeconfigError::File { path, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
apiVersion: v1
kind: Config
current-context: admin@sol
clusters:
  - name: sol
    cluster: {server: "https://127.101.0.10:6443", certificate-authority: ca.crt}
contexts:
  - name: admin@sol
    context: {cluster: sol, user: admin, namespace: apps}
  - name: lost
    context: {cluster: luna, user: admin}
users:
  - name: admin
    user: {token: hunter2}
"#;

    #[test]
    fn files_that_a_kubeconfig_names_are_relative_to_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.crt"), "-----BEGIN CERTIFICATE-----").unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, FILE).unwrap();
        let config = Kubeconfig::from_path(&path, None).unwrap();
        assert_eq!(config.namespace, "apps");
        assert!(matches!(&config.trust, TlsTrust::Authorities(pem) if pem.starts_with("-----BEGIN")));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Kubeconfig::from_text(FILE, Some("lost"), None).unwrap_err();
        assert_eq!(error.to_string(), "the kubeconfig has no cluster named \"luna\"");
        let error = Kubeconfig::from_text(FILE, Some("nowhere"), None).unwrap_err();
        assert_eq!(error.to_string(), "the kubeconfig has no context named \"nowhere\"");
        let error = Kubeconfig::from_text("clusters: []", None, None).unwrap_err();
        assert!(matches!(error, KubeconfigError::NoContext));
    }

    #[test]
    fn a_certificate_that_is_none_is_told_from_a_user_without_one() {
        let with = |user: &str| {
            let text = FILE.replace("{token: hunter2}", user).replace("certificate-authority: ca.crt", "");
            Kubeconfig::from_text(&text, None, None).unwrap().certificate()
        };
        assert_eq!(with("{token: hunter2}"), None);
        assert_eq!(with("{client-certificate-data: QUJD, client-key-data: QUJD}"), Some(Err(UnreadableCertificate)));
    }

    #[test]
    fn a_certificate_without_its_key_is_refused() {
        let file = FILE
            .replace("{token: hunter2}", "{client-certificate-data: QUJD}")
            .replace("certificate-authority: ca.crt", "");
        let error = Kubeconfig::from_text(&file, None, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "client-key of the kubeconfig is not usable: a certificate comes without its key"
        );
    }
}
