//! A configuration on a machine's disk.

use std::fmt;
use std::sync::Arc;

use fluxlift_talos::MachineConfig;
use serde::{Deserialize, Serialize};

/// A configuration as it was given. It is read once: a machine asks for its own role and name all the time.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Configuration {
    text: Arc<str>,
    read: Option<Arc<MachineConfig>>,
}

impl Configuration {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says; `None` for what is no configuration, which no machine takes.
    pub fn read(&self) -> Option<Arc<MachineConfig>> {
        self.read.clone()
    }
}

impl From<String> for Configuration {
    fn from(text: String) -> Self {
        let read = MachineConfig::parse(&text).ok().map(Arc::new);
        Self { text: text.into(), read }
    }
}

impl From<Configuration> for String {
    fn from(configuration: Configuration) -> Self {
        configuration.text.as_ref().to_owned()
    }
}

/// It holds every secret of its machine.
impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Configuration")
    }
}
