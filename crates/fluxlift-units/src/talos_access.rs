//! How a unit reaches machines that run Talos: the administrator's identity as the tree passes it on.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::{ErrorKind, Explain, Hint, Misfit, Secret, Value};
use fluxlift_engine::unit::Values;
use fluxlift_talos::TalosConfig;
use fluxlift_talos::client::Access;
use fluxlift_talos::pki::Pair;
use fluxlift_talos::secrets::ClientIdentity;
use fluxlift_talos::talosconfig::TalosConfigError;
use rand::rngs::OsRng;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::Outside;

/// Inputs of a Talos unit that do not fit.
#[derive(Debug, Error)]
pub enum TalosInputError {
    /// The inputs are not of the expected shape.
    #[error("the inputs of {unit} do not fit")]
    Inputs {
        /// The unit's module.
        unit: &'static str,
        /// What does not fit.
        #[source]
        source: Misfit,
    },
    /// One input is not usable.
    #[error("input {name}: {what}")]
    Input {
        /// The input.
        name: String,
        /// What is wrong with it, without its value.
        what: String,
    },
    /// Neither form of the administrator's identity is there.
    #[error("there is no client certificate: neither client_configuration nor talosconfig is set")]
    NoIdentity,
    /// The talosconfig is not usable.
    #[error("input talosconfig cannot be used")]
    TalosConfig(#[source] TalosConfigError),
}

impl TalosInputError {
    /// A complaint about one input.
    pub(crate) fn input(name: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Input { name: name.into(), what: what.into() }
    }
}

impl Explain for TalosInputError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::NoIdentity => {
                vec![Hint::new("apply the secrets and config units first: their outputs are these inputs")]
            }
            Self::Inputs { .. } | Self::Input { .. } | Self::TalosConfig(_) => vec![],
        }
    }
}

/// The inputs of a unit, typed.
pub(crate) fn inputs<T: DeserializeOwned>(unit: &'static str, values: &Values) -> Result<T, TalosInputError> {
    Value::Map(values.clone()).parse().map_err(|source| TalosInputError::Inputs { unit, source })
}

/// The administrator's identity, as the Terraform provider shapes it: base64 of PEM.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ClientConfiguration {
    /// The authority of the Talos API.
    pub ca_certificate: String,
    /// The client's certificate.
    pub client_certificate: String,
    /// Its key.
    pub client_key: Secret<String>,
}

impl ClientConfiguration {
    /// As the client wants it.
    ///
    /// # Errors
    /// When something is not base64 of PEM.
    pub fn identity(&self) -> Result<ClientIdentity, TalosInputError> {
        let pem = |name: &str, text: &str| {
            let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            bytes.filter(|pem| pem.contains("-----BEGIN ")).ok_or_else(|| {
                TalosInputError::input(format!("client_configuration.{name}"), "it is not base64 of PEM")
            })
        };
        Ok(ClientIdentity {
            ca: pem("ca_certificate", &self.ca_certificate)?,
            pair: Pair {
                crt: pem("client_certificate", &self.client_certificate)?,
                key: Secret::new(pem("client_key", self.client_key.expose())?),
            },
        })
    }

    /// As an output, marked.
    pub fn output(identity: &ClientIdentity) -> Value {
        let text = |pem: &str| Value::from(STANDARD.encode(pem));
        Value::map([
            ("ca_certificate", text(&identity.ca)),
            ("client_certificate", text(&identity.pair.crt)),
            ("client_key", text(identity.pair.key.expose())),
        ])
        .sensitive()
    }
}

/// The identity from whichever input has it.
pub(crate) fn identity(
    configuration: Option<&ClientConfiguration>,
    talosconfig: Option<&Secret<String>>,
) -> Result<ClientIdentity, TalosInputError> {
    match (configuration, talosconfig) {
        (Some(configuration), _) if !configuration.client_certificate.is_empty() => configuration.identity(),
        (_, Some(text)) if !text.expose().trim().is_empty() => {
            let config: TalosConfig = text.expose().parse().map_err(TalosInputError::TalosConfig)?;
            Ok(config.identity)
        }
        _ => Err(TalosInputError::NoIdentity),
    }
}

/// Access to machines through the outside world.
pub(crate) fn access(outside: &Outside) -> Access {
    Access::new(Arc::clone(&outside.dial), Arc::clone(&outside.clock))
}

/// Random numbers for keys: from the system, or from the seed of a demonstration; `purpose` keeps draws apart.
pub(crate) fn random(outside: &Outside, purpose: &str) -> ChaCha20Rng {
    let mut seed = [0; 32];
    match outside.seed {
        Some(number) => {
            let digest = Sha256::new().chain_update(number.to_le_bytes()).chain_update(purpose).finalize();
            seed.copy_from_slice(&digest);
        }
        None => OsRng.fill_bytes(&mut seed),
    }
    ChaCha20Rng::from_seed(seed)
}
