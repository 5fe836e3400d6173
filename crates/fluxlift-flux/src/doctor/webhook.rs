//! A webhook that the API server must have an answer from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Timestamp;
use fluxlift_kube::Object;
use fluxlift_kube::certificate::Validity;
use serde_json::Value;

use super::Read;

/// A webhook whose failure refuses the request, and who stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its configuration and name: `validatingwebhookconfiguration/policy policy.example.org`.
    pub name: String,
    /// The Service's namespace and name; `None` for an address outside the cluster.
    pub service: Option<(String, String)>,
    /// What it is asked about, such as `deployments, pods`.
    pub resources: String,
    /// How many ready endpoints the Service has.
    pub ready: Read<usize>,
    /// By which authorities the API server knows it.
    pub trust: Trust,
}

/// By which authorities the API server knows a webhook's server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// None are named: by those of its own machine.
    Machine,
    /// What is named cannot be read.
    Unreadable,
    /// The last of those that are named ends then.
    Until(Timestamp),
}

impl Trust {
    fn of(bundle: &Value) -> Self {
        let Some(text) = bundle.as_str().filter(|text| !text.is_empty()) else { return Self::Machine };
        let text = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let last = Validity::all_of_pem(&text).into_iter().map(|authority| authority.until).max();
        last.map_or(Self::Unreadable, Self::Until)
    }
}

impl Webhook {
    /// The webhooks of a configuration whose failure refuses the request: that is the default.
    pub(super) fn all_of(configuration: &Object) -> Vec<Self> {
        let must = |webhook: &&Value| webhook["failurePolicy"].as_str().unwrap_or("Fail") == "Fail";
        let of = |webhook: &Value| {
            let service = &webhook["clientConfig"]["service"];
            let text = |field: &str| service[field].as_str().map(str::to_owned);
            Self {
                name: format!("{} {}", configuration.title(), webhook["name"].as_str().unwrap_or_default()),
                service: text("namespace").zip(text("name")),
                resources: resources(webhook),
                ready: Ok(0),
                trust: Trust::of(&webhook["clientConfig"]["caBundle"]),
            }
        };
        configuration.items("/webhooks").iter().filter(must).map(of).collect()
    }

    /// How many endpoints of these EndpointSlices are ready. One that does not say is.
    pub(super) fn count<'a>(slices: impl Iterator<Item = &'a Object>) -> usize {
        let endpoints = slices.flat_map(|slice| slice.items("/endpoints"));
        endpoints.filter(|endpoint| endpoint["conditions"]["ready"] != false).count()
    }
}

fn resources(webhook: &Value) -> String {
    let rules = webhook["rules"].as_array().into_iter().flatten();
    let named = rules.flat_map(|rule| rule["resources"].as_array().into_iter().flatten());
    let mut names: Vec<&str> = named.filter_map(Value::as_str).collect();
    names.sort_unstable();
    names.dedup();
    if names.contains(&"*") || names.contains(&"*/*") { "all resources".to_owned() } else { names.join(", ") }
}
