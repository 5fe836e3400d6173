//! The Proxmox cluster that the inputs name.

use std::path::Path;
use std::sync::Arc;

use fluxlift_core::Secret;
use fluxlift_engine::unit::UnitError;
use fluxlift_proxmox::{Credentials, Proxmox, Trust};

use crate::Outside;
use crate::compute::ComputeError;
use crate::compute::inputs::ProxmoxSettings;

/// A client of the Proxmox cluster that the inputs name.
///
/// # Errors
/// When endpoint, credentials or trust are missing or not usable.
pub fn client(settings: &ProxmoxSettings, dir: &Path, outside: &Outside) -> Result<Proxmox, UnitError> {
    let endpoint = or_env(settings.endpoint.as_deref(), outside, "PROXMOX_VE_ENDPOINT");
    let endpoint = endpoint.ok_or_else(|| ComputeError::input("proxmox.endpoint", "it is not set"))?;
    let credentials = credentials(settings, outside)?;
    let trust = trust(settings, dir)?;
    Ok(Proxmox::new(endpoint, credentials, &trust, Arc::clone(&outside.dial), Arc::clone(&outside.clock))?)
}

fn or_env<'a>(given: Option<&'a str>, outside: &'a Outside, name: &str) -> Option<&'a str> {
    given.or_else(|| outside.env.get(name).map(String::as_str)).filter(|text| !text.is_empty())
}

fn credentials(settings: &ProxmoxSettings, outside: &Outside) -> Result<Credentials, ComputeError> {
    let token = settings.api_token.as_ref().map(|token| token.expose().as_str());
    if let Some(token) = or_env(token, outside, "PROXMOX_VE_API_TOKEN") {
        let bad = || ComputeError::input("proxmox.api_token", "it is not of the form user@realm!name=uuid");
        return Credentials::from_token(token).ok_or_else(bad);
    }
    let user = or_env(settings.username.as_deref(), outside, "PROXMOX_VE_USERNAME");
    let password = settings.password.as_ref().map(|password| password.expose().as_str());
    let password = or_env(password, outside, "PROXMOX_VE_PASSWORD");
    match user.zip(password) {
        Some((user, password)) => Ok(Credentials::from_password(user, Secret::new(password.to_owned()))),
        None => Err(ComputeError::input("proxmox", "neither api_token nor username and password are set")),
    }
}

fn trust(settings: &ProxmoxSettings, dir: &Path) -> Result<Trust, ComputeError> {
    if settings.insecure {
        return Ok(Trust::Anyone);
    }
    if let Some(fingerprint) = &settings.fingerprint {
        let bad = || ComputeError::input("proxmox.fingerprint", "it is not a SHA-256 of the form AB:CD:…");
        return Trust::fingerprint(fingerprint).ok_or_else(bad);
    }
    let Some(file) = &settings.ca_file else { return Ok(Trust::System) };
    let path = dir.join(file);
    let pem = std::fs::read_to_string(&path)
        .map_err(|source| ComputeError::File { path: path.display().to_string(), source })?;
    Ok(Trust::Authorities(pem))
}
