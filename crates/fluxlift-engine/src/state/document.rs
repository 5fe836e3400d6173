//! The state as it lies in its store.

use std::collections::BTreeMap;

use fluxlift_core::{UnitPath, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{State, StateError, UnitState, Vault, VaultError, outputs};
use crate::InputHash;
use crate::unit::Prior;

/// The version that is written.
const VERSION: u32 = 1;

/// The state, its secrets sealed. It can be read without any key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Document {
    version: u32,
    /// What tells this tree's state from every other one's.
    pub lineage: String,
    /// How often it was written.
    pub serial: u64,
    /// The fencing token of its last writer.
    #[serde(default)]
    pub epoch: u64,
    /// For whom the envelopes are sealed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// The units, by their key.
    pub units: BTreeMap<UnitPath, UnitDocument>,
}

/// A unit, its secrets sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UnitDocument {
    /// The module that made it.
    pub module: String,
    /// The hash of the inputs that it was made from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input_hash: Option<InputHash>,
    /// The identity of what was made.
    #[serde(skip_serializing_if = "Json::is_null", default)]
    pub identity: Json,
    outputs: Json,
    /// The age envelope with the secrets among the outputs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sealed: Option<String>,
    /// The gate that was not proven when its own work was done, if there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unproven: Option<String>,
}

impl UnitDocument {
    /// The outputs for people: secrets are hidden.
    pub fn outputs(&self) -> Json {
        outputs::redacted(&self.outputs)
    }
}

impl Document {
    /// Reads a document; `place` is where it lay.
    ///
    /// # Errors
    /// When it is not a state, or one of a later version.
    pub fn parse(text: &str, place: &str) -> Result<Self, StateError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let malformed = |source| StateError::Malformed { place: place.to_owned(), source };
        let Versioned { version } = serde_json::from_str(text).map_err(malformed)?;
        if version != VERSION {
            return Err(StateError::Version { place: place.to_owned(), version });
        }
        serde_json::from_str(text).map_err(malformed)
    }

    pub(super) fn to_text(&self) -> Result<String, StateError> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(StateError::Unwritable)
    }

    pub(super) fn open(self, vault: &Vault) -> Result<State, StateError> {
        // Sealed for others than are configured now: every envelope is made anew with the next write.
        let keep = self.recipients == vault.recipients();
        let mut units = BTreeMap::new();
        for (key, unit) in self.units {
            let opened = unit.open(vault, keep).map_err(|source| StateError::Sealed { unit: key.clone(), source })?;
            units.insert(key, opened);
        }
        Ok(State { lineage: self.lineage, serial: self.serial, epoch: self.epoch, units })
    }

    pub(super) fn seal(state: &State, vault: &Vault, serial: u64, epoch: u64) -> Result<Self, StateError> {
        let mut units = BTreeMap::new();
        for (key, unit) in &state.units {
            units.insert(key.clone(), UnitDocument::seal(key, unit, vault)?);
        }
        let recipients = vault.recipients();
        Ok(Self { version: VERSION, lineage: state.lineage.clone(), serial, epoch, recipients, units })
    }
}

impl UnitDocument {
    fn open(self, vault: &Vault, keep: bool) -> Result<UnitState, VaultError> {
        let broken = |why: &'static str| VaultError::Broken(why.into());
        let secrets: Vec<Json> = match &self.sealed {
            None => Vec::new(),
            Some(sealed) => {
                // serde_json's own words could hold part of a secret.
                serde_json::from_slice(&vault.open(sealed)?)
                    .map_err(|_| broken("it does not hold a list of secrets"))?
            }
        };
        let outputs = outputs::join(&self.outputs, &secrets).ok_or_else(|| broken("it lacks a secret"))?;
        Ok(UnitState {
            module: self.module,
            input_hash: self.input_hash,
            prior: Prior { outputs, identity: self.identity },
            unproven: self.unproven,
            sealed: self.sealed.filter(|_| keep),
        })
    }

    fn seal(key: &UnitPath, unit: &UnitState, vault: &Vault) -> Result<Self, StateError> {
        if let Some((output, _)) = unit.prior.outputs.iter().find(|(_, value)| Value::has_unknown(value)) {
            return Err(StateError::UnknownOutput { unit: key.clone(), output: output.clone() });
        }
        let (clear, secrets) = outputs::split(&unit.prior.outputs);
        let sealed = match &unit.sealed {
            _ if secrets.is_empty() => None,
            Some(sealed) => Some(sealed.clone()),
            None if !vault.can_seal() => return Err(StateError::WouldHoldSecrets { unit: key.clone() }),
            None => {
                let text = Json::Array(secrets).to_string();
                let failed = |source| StateError::NotSealed { unit: key.clone(), source };
                Some(vault.seal(text.as_bytes()).map_err(failed)?)
            }
        };
        Ok(Self {
            module: unit.module.clone(),
            input_hash: unit.input_hash.clone(),
            identity: unit.prior.identity.clone(),
            outputs: clear,
            sealed,
            unproven: unit.unproven.clone(),
        })
    }
}
