//! What the server says a machine is.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::storage::truthy;
use crate::vm::{MacAddress, PropertyString, Tags};

/// A machine's configuration as the server gives it: every value as text, whatever type it came in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VmConfig {
    /// Key and value.
    pub values: BTreeMap<String, String>,
    /// The digest that an update must carry to be refused when somebody else was faster.
    pub digest: Option<String>,
}

impl VmConfig {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// The value of `key` as a property string.
    pub fn property(&self, key: &str) -> Option<PropertyString> {
        self.get(key).map(PropertyString::parse)
    }

    /// The machine's name.
    pub fn name(&self) -> &str {
        self.get("name").unwrap_or_default()
    }

    /// Its tags.
    pub fn tags(&self) -> Tags {
        Tags::parse(self.get("tags").unwrap_or_default())
    }

    /// The address of the card `net<n>`, whatever its model is.
    pub fn mac(&self, n: usize) -> Option<MacAddress> {
        let card = self.property(&format!("net{n}"))?;
        card.get("macaddr").into_iter().chain(card.properties.values().map(String::as_str)).find_map(|v| v.parse().ok())
    }

    /// Whether a flag is set; `default` when it is absent.
    pub fn flag(&self, key: &str, default: bool) -> bool {
        self.get(key).map_or(default, |text| truthy(&Value::from(text)))
    }

    /// Whether a guest agent is expected: `agent=1` or `agent=enabled=1,…`.
    pub fn agent(&self) -> bool {
        self.property("agent").is_some_and(|agent| {
            agent.get("enabled").or(agent.head.as_deref()).is_some_and(|text| truthy(&Value::from(text)))
        })
    }
}

impl<'de> Deserialize<'de> for VmConfig {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut values: BTreeMap<String, String> = BTreeMap::<String, Value>::deserialize(from)?
            .into_iter()
            .map(|(key, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (key, text)
            })
            .collect();
        let digest = values.remove("digest");
        Ok(Self { values, digest })
    }
}
