//! The outputs, all of them marked, and how they are read back from the state.

use std::collections::BTreeMap;

use fluxlift_core::{Timestamp, Value};
use fluxlift_engine::unit::{Prior, Values};
use fluxlift_talos::SecretsBundle;
use fluxlift_talos::pki;
use fluxlift_talos::secrets::ClientIdentity;
use jiff::SignedDuration;

use super::SecretsUnitError;
use crate::talos_access::ClientConfiguration;

/// How long before its end a certificate is renewed.
const RENEWAL: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The unit's outputs.
pub fn outputs(bundle: &SecretsBundle, admin: &ClientIdentity) -> Values {
    BTreeMap::from([
        ("machine_secrets".to_owned(), Value::from(bundle.to_terraform()).sensitive()),
        ("client_configuration".to_owned(), ClientConfiguration::output(admin)),
        ("secrets_yaml".to_owned(), Value::from(bundle.to_yaml().expose().as_str()).sensitive()),
    ])
}

/// The bundle in the state, if there is one.
///
/// # Errors
/// When it is there and not usable.
pub fn bundle(prior: Option<&Prior>) -> Result<Option<SecretsBundle>, SecretsUnitError> {
    let text = prior.and_then(|p| p.outputs.get("secrets_yaml")).and_then(Value::as_str);
    let failed = |source| SecretsUnitError::State { authority: recorded_authority(prior), source };
    text.map(|text| text.parse().map_err(failed)).transpose()
}

/// What the Talos authority of the bundle in the state is known by, as it was noted beside it.
pub fn recorded_authority(prior: Option<&Prior>) -> Option<String> {
    prior?.identity["authority"].as_str().map(str::to_owned)
}

/// The administrator's identity in the state, where it is usable.
pub fn admin(prior: Option<&Prior>) -> Option<ClientIdentity> {
    let value = prior?.outputs.get("client_configuration")?;
    value.parse::<ClientConfiguration>().ok()?.identity().ok()
}

/// Why the administrator's certificate needs to be made (anew), if it does.
pub fn renewal(bundle: &SecretsBundle, admin: Option<&ClientIdentity>, now: Timestamp) -> Option<String> {
    let Some(admin) = admin else { return Some("there is no administrator's certificate".to_owned()) };
    if admin.ca != bundle.certs.os.crt {
        return Some("the administrator's certificate is of another authority".to_owned());
    }
    match pki::lifetime(&admin.pair.crt, "client certificate") {
        Ok((_, until)) if until.duration_since(now) > RENEWAL => None,
        Ok((_, until)) => Some(format!("the administrator's certificate ends at {until}")),
        Err(_) => Some("the administrator's certificate is not readable".to_owned()),
    }
}
