//! What can be wrong with a machine configuration or a patch to it.

use fluxlift_core::{Explain, Hint, Version};
use thiserror::Error;

use super::Contract;
use crate::yaml::YamlError;

/// A machine configuration that cannot be generated, patched or read. No value of it is ever shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A Talos version that is not known.
    #[error("Talos {version} is not supported: machine configurations are known for 1.11 to 1.13")]
    Version {
        /// The version.
        version: Version,
    },
    /// A contract that nothing is generated for yet.
    #[error("machine configurations for Talos {contract} are not supported yet")]
    Contract {
        /// The contract.
        contract: Contract,
    },
    /// Not YAML.
    #[error("{what} is not readable")]
    Yaml {
        /// The configuration, or the patch by its name.
        what: String,
        /// Where it goes wrong.
        #[source]
        source: YamlError,
    },
    /// A JSON patch.
    #[error("{patch} is a JSON patch (RFC 6902), which Talos refuses on configurations of several documents")]
    JsonPatch {
        /// The patch.
        patch: String,
    },
    /// A document that is not a mapping, or says half of what it is.
    #[error("document {number} of {what} is not a configuration document: {problem}")]
    Document {
        /// The configuration, or the patch by its name.
        what: String,
        /// Counted from 1.
        number: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// A patch puts one kind of value where another one stands.
    #[error("{patch} puts {given} at {path}, where {there} stands")]
    Clash {
        /// The patch.
        patch: String,
        /// The place.
        path: String,
        /// What the patch has.
        given: &'static str,
        /// What is there.
        there: &'static str,
    },
    /// A delete that cannot be understood.
    #[error("{patch} has a `$patch` at {path} that cannot be applied: {problem}")]
    Delete {
        /// The patch.
        patch: String,
        /// The place.
        path: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The result contradicts itself.
    #[error("the machine configuration contradicts itself: {problem}")]
    Contradiction {
        /// How.
        problem: &'static str,
        /// What to do.
        remedy: &'static str,
    },
}

impl Explain for ConfigError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Version { .. } => vec![Hint::new("set talos_version to a release of 1.11, 1.12 or 1.13")],
            Self::Contract { .. } => vec![Hint::new("set talos_version to a release of 1.13 for now")],
            Self::JsonPatch { .. } => {
                vec![Hint::new(
                    "write it as a strategic merge patch: the part of the configuration itself, with the new values",
                )]
            }
            Self::Contradiction { remedy, .. } => vec![Hint::new(*remedy)],
            Self::Yaml { .. } | Self::Document { .. } | Self::Clash { .. } | Self::Delete { .. } => vec![],
        }
    }
}
