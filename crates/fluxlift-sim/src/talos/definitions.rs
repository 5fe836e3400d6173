//! The definitions of the resources that a machine has: how clients find a type by a short name.

use fluxlift_talos::proto::resource::{Address, MACHINE_CONFIG, MACHINE_STATUS, SYSTEM_INFORMATION};
use fluxlift_talos::yaml::Node;
use prost::Message;

/// Where definitions are kept.
pub(super) const NAMESPACE: &str = "meta";
/// The type of a definition.
pub(super) const TYPE: &str = "ResourceDefinitions.meta.cosi.dev";

/// A definition, as COSI writes it.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Definition {
    /// The type.
    #[prost(string, tag = "1")]
    pub(super) resource_type: String,
    /// Its name in the singular, for people.
    #[prost(string, tag = "2")]
    pub(super) display_type: String,
    /// Where its resources are, where no namespace is named.
    #[prost(string, tag = "3")]
    pub(super) default_namespace: String,
    /// The short names that people are shown.
    #[prost(string, repeated, tag = "4")]
    pub(super) aliases: Vec<String>,
    /// All short names.
    #[prost(string, repeated, tag = "5")]
    pub(super) all_aliases: Vec<String>,
    /// Whether it holds secrets: 1, else 0.
    #[prost(int32, tag = "7")]
    pub(super) sensitivity: i32,
}

/// The definitions of everything that [`read`](super::read) serves.
pub(super) fn all() -> [Definition; 4] {
    let own = Address { namespace: NAMESPACE, r#type: TYPE, id: "" };
    [
        Definition::of(MACHINE_CONFIG, "MachineConfig", true),
        Definition::of(MACHINE_STATUS, "MachineStatus", false),
        Definition::of(SYSTEM_INFORMATION, "SystemInformation", false),
        Definition { aliases: vec!["api-resources".to_owned()], ..Definition::of(own, "ResourceDefinition", false) },
    ]
}

impl Definition {
    /// The definition of the type at `address`, with the short names that COSI makes of it: the singular, the capital
    /// letters, and the type cut at each of its dots.
    fn of(address: Address, singular: &str, secret: bool) -> Self {
        let (name, suffix) = address.r#type.split_once('.').unwrap_or((address.r#type, ""));
        let plural = name.to_lowercase();
        let mut aliases = vec![singular.to_lowercase()];
        let capitals: String = name.chars().filter(char::is_ascii_uppercase).collect();
        if capitals.len() > 1 {
            aliases.push(capitals.to_lowercase());
            if !capitals.ends_with('S') {
                aliases.push(format!("{}s", capitals.to_lowercase()));
            }
        }
        let mut all = vec![plural.clone()];
        let parts: Vec<&str> = suffix.split('.').collect();
        all.extend((1..parts.len()).map(|end| format!("{plural}.{}", parts[..end].join("."))));
        all.extend(aliases.iter().cloned());
        Self {
            resource_type: address.r#type.to_owned(),
            display_type: singular.to_owned(),
            default_namespace: address.namespace.to_owned(),
            aliases,
            all_aliases: all,
            sensitivity: i32::from(secret),
        }
    }

    /// Its id.
    pub(super) fn id(&self) -> String {
        self.resource_type.to_lowercase()
    }

    /// Its content as YAML.
    pub(super) fn yaml(&self) -> String {
        let list = |words: &[String]| Node::list(words.iter().map(|word| Node::from(word.as_str())));
        Node::map()
            .with("type", self.resource_type.as_str())
            .with("displayType", self.display_type.as_str())
            .with("defaultNamespace", self.default_namespace.as_str())
            .with("aliases", list(&self.aliases))
            .with("allAliases", list(&self.all_aliases))
            .to_string()
    }
}
