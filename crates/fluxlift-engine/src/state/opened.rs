//! The state of a tree, opened.

use std::collections::BTreeMap;

use fluxlift_core::UnitPath;

use super::{Document, Revision, StateError, Store, Vault};
use crate::InputHash;
use crate::unit::{Prior, Values};

/// The state of a tree, opened.
#[derive(Debug, Clone)]
pub struct State {
    /// What tells this tree's state from every other one's, for as long as it lives.
    pub lineage: String,
    /// How often it was written.
    pub serial: u64,
    /// The fencing token of its last writer.
    pub epoch: u64,
    /// The units, by their key.
    pub units: BTreeMap<UnitPath, UnitState>,
}

/// What is remembered of a unit.
#[derive(Debug, Clone)]
pub struct UnitState {
    /// The module that made it.
    pub module: String,
    /// The hash of the inputs that it was made from.
    pub input_hash: Option<InputHash>,
    /// What it left behind.
    pub prior: Prior,
    /// The gate that was not proven when its own work was done, if there was one.
    pub unproven: Option<String>,
    /// The envelope as it lies in the store, as long as the outputs have not changed.
    pub(super) sealed: Option<String>,
}

impl UnitState {
    /// What `module` left behind when it was applied to inputs with `input_hash`.
    pub fn new(module: impl Into<String>, input_hash: Option<InputHash>, prior: Prior) -> Self {
        Self { module: module.into(), input_hash, prior, unproven: None, sealed: None }
    }

    /// The same, but a gate was not proven, for this reason.
    #[must_use]
    pub fn unproven(mut self, why: impl Into<String>) -> Self {
        self.unproven = Some(why.into());
        self
    }
}

impl State {
    /// A state without units.
    pub fn new(lineage: impl Into<String>) -> Self {
        Self { lineage: lineage.into(), serial: 0, epoch: 0, units: BTreeMap::new() }
    }

    /// The outputs of the unit `key`.
    pub fn outputs(&self, key: &UnitPath) -> Option<&Values> {
        self.units.get(key).map(|unit| &unit.prior.outputs)
    }

    /// Reads and opens the state; `None` when there is none yet.
    ///
    /// # Errors
    /// When it can't be read, or no key at hand opens its envelopes.
    pub async fn load(store: &dyn Store, vault: &Vault) -> Result<Option<Self>, StateError> {
        let Some(text) = store.load().await? else { return Ok(None) };
        let document = Document::parse(&text, &store.place())?;
        document.open(vault).map(Some)
    }

    /// Writes the state with the next serial. If that fails, this state and the stored one are as they were.
    ///
    /// # Errors
    /// When it can't be written, was changed by somebody else meanwhile, or would hold secrets in clear.
    pub async fn save(&mut self, store: &dyn Store, vault: &Vault, epoch: u64) -> Result<(), StateError> {
        let replaces = (self.serial > 0).then(|| Revision { lineage: self.lineage.clone(), serial: self.serial });
        let document = Document::seal(self, vault, self.serial + 1, epoch)?;
        store.save(&document.to_text()?, replaces.as_ref()).await?;
        self.serial += 1;
        self.epoch = epoch;
        for (key, unit) in &mut self.units {
            unit.sealed = document.units.get(key).and_then(|d| d.sealed.clone());
        }
        Ok(())
    }
}
