//! What a chart may know of the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gotmpl::Value;

/// What `.Capabilities` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The Kubernetes version, such as `v1.34.1`.
    pub kube_version: String,
    /// What the API server serves: `v1`, `apps/v1`, and each kind as `apps/v1/Deployment`.
    pub api_versions: BTreeSet<String>,
}

impl Capabilities {
    /// A cluster of this version that serves these group-versions and kinds.
    pub fn new(kube_version: impl Into<String>, api_versions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { kube_version: kube_version.into(), api_versions: api_versions.into_iter().map(Into::into).collect() }
    }

    pub(super) fn value(&self) -> Value {
        let text = |s: &str| Value::String(s.into());
        let mut numbers = self.kube_version.trim_start_matches('v').split('.');
        let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
        let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
        let known = self.api_versions.clone();
        let has = move |args: &[Value]| match args {
            [Value::String(wanted)] => Ok(Value::Bool(known.contains(wanted.as_ref()))),
            _ => Err(gotmpl::TemplateError::Exec("APIVersions.Has takes one string".to_owned())),
        };
        map([
            (
                "KubeVersion",
                map([
                    ("Version", text(&self.kube_version)),
                    ("GitVersion", text(&self.kube_version)),
                    ("Major", text(major)),
                    ("Minor", text(&minor)),
                ]),
            ),
            ("APIVersions", map([("Has", Value::Function(Arc::new(has)))])),
            ("HelmVersion", map([("Version", text(HELM_VERSION))])),
        ])
    }
}

/// The Helm whose behaviour is followed.
const HELM_VERSION: &str = "v4.3.1";

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(Arc::new(entries.into_iter().map(|(k, v)| (Arc::from(k), v)).collect::<BTreeMap<_, _>>()))
}
