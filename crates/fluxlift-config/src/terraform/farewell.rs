//! Code and state together: what to run, and what must not happen.

use serde::Serialize;

use super::{Retirement, Role, StateEntry, StateFile, TerraformError};

/// What Terraform has to be told before its code changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Farewell {
    /// The commands, in order; each takes one resource out of the state and touches nothing else.
    pub commands: Vec<String>,
    /// Whether the addresses are from the state itself. Those from the code alone lack the modules around it.
    pub from_state: bool,
}

impl Farewell {
    /// What `code` and `state` come to, for a `program` such as `terraform`.
    ///
    /// # Errors
    /// When the block of `flux_bootstrap_git` is gone from the code while the state still has the resource: the next apply
    /// would uninstall Flux.
    pub fn of(code: Option<&Retirement>, state: Option<&StateFile>, program: &str) -> Result<Self, TerraformError> {
        let rm = |address: &String| format!("{program} state rm '{address}'");
        let Some(state) = state else {
            let addresses = code.map(|code| code.addresses.as_slice()).unwrap_or_default();
            return Ok(Self { commands: addresses.iter().map(rm).collect(), from_state: false });
        };
        let bootstraps: Vec<String> =
            state.entries.iter().filter(|entry| entry.role == Role::Bootstrap).map(|e| e.address.clone()).collect();
        let is_orphaned = code.is_some_and(|code| !code.bootstraps && !code.forgets) && !bootstraps.is_empty();
        if is_orphaned {
            let commands = bootstraps.iter().map(rm).collect();
            return Err(TerraformError::BlockRemoved { addresses: bootstraps, commands });
        }
        // The code knows best what makes the Secret: a manifest or a script has no name in the state that would tell.
        let goes = |entry: &&StateEntry| {
            entry.role != Role::Other || code.is_some_and(|code| code.addresses.contains(&entry.within))
        };
        let commands = state.entries.iter().filter(goes).map(|entry| rm(&entry.address)).collect();
        Ok(Self { commands, from_state: true })
    }
}
