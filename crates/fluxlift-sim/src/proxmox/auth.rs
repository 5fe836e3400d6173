//! Who may come in: one API token and one user with tickets.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use fluxlift_core::Timestamp;
use http::{HeaderMap, Method, header};
use sha2::{Digest, Sha256};

use crate::proxmox::reply::{Refusal, Reply};

/// The user that everything belongs to.
pub const USER: &str = "root@pam";
/// That user's password.
pub const PASSWORD: &str = "simulated";
/// The token's name, with its user.
pub const TOKEN_ID: &str = "root@pam!fluxlift";
/// The token's secret.
pub const TOKEN: &str = "6b1f5d0e-3a52-4c83-9d77-0e4f2a9c5b18";

/// A ticket is good for so many seconds.
const TICKET_LIFE: i64 = 2 * 60 * 60;

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The user itself, by a ticket.
    Root,
    /// The user's token; what only `root@pam` may do is refused to it.
    Token,
}

impl Caller {
    /// The caller as a task's name carries it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => USER,
            Self::Token => TOKEN_ID,
        }
    }
}

/// Finds out who sent the request.
///
/// # Errors
/// 401, in the server's words.
pub fn caller(method: &Method, headers: &HeaderMap, now: Timestamp) -> Result<Caller, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = text(header::AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("PVEAPIToken=")) {
        return token_holder(token);
    }
    let cookies = text(header::COOKIE.as_str()).unwrap_or_default().split(';');
    let Some(ticket) = cookies.filter_map(|cookie| cookie.trim().strip_prefix("PVEAuthCookie=")).next() else {
        return Err(Refusal::new(401, "No ticket"));
    };
    if !is_good(ticket, "PVE", now) {
        return Err(Refusal::new(401, "permission denied - invalid PVE ticket"));
    }
    if method != Method::GET && !text("CSRFPreventionToken").is_some_and(|csrf| is_good(csrf, "CSRF", now)) {
        return Err(Refusal::new(401, "Permission denied - invalid csrf token"));
    }
    Ok(Caller::Root)
}

fn token_holder(token: &str) -> Result<Caller, Refusal> {
    match token.split_once('=') {
        Some((TOKEN_ID, TOKEN)) => Ok(Caller::Token),
        Some((TOKEN_ID, _)) => Err(Refusal::new(401, "invalid token value!")),
        Some((id, _)) => {
            let (user, name) = id.split_once('!').unwrap_or((id, ""));
            Err(Refusal::new(401, format!("no such token '{name}' for user '{user}'")))
        }
        None => Err(Refusal::new(401, "invalid token value!")),
    }
}

/// Answers a login. A ticket may be shown in place of the password, to renew it.
///
/// # Errors
/// 401 for the wrong user or password, 400 for a missing one.
pub fn log_in(parameters: &BTreeMap<String, String>, now: Timestamp) -> Reply {
    let Some((user, password)) = parameters.get("username").zip(parameters.get("password")) else {
        return Err(Refusal::parameter("username", "property is missing and it is not optional"));
    };
    let full = match parameters.get("realm") {
        Some(realm) if !user.contains('@') => format!("{user}@{realm}"),
        _ => user.clone(),
    };
    if full != USER || !(password == PASSWORD || is_good(password, "PVE", now)) {
        return Err(Refusal::new(401, "authentication failure"));
    }
    Ok(serde_json::json!({
        "username": USER,
        "ticket": sealed("PVE", now),
        "CSRFPreventionToken": sealed("CSRF", now),
        "clustername": "simulated",
    }))
}

/// `<kind>:root@pam:<time in hex>::<seal>`; the seal only has to notice what was not made here.
fn sealed(kind: &str, now: Timestamp) -> String {
    let body = format!("{kind}:{USER}:{:08X}", now.as_second());
    let seal = Sha256::digest(format!("{body}/{PASSWORD}"));
    format!("{body}::{}", STANDARD_NO_PAD.encode(seal))
}

fn is_good(text: &str, kind: &str, now: Timestamp) -> bool {
    let made = text.split(':').nth(2).and_then(|time| i64::from_str_radix(time, 16).ok());
    let made = made.and_then(|seconds| Timestamp::from_second(seconds).ok());
    // Hosts' clocks differ a little: five minutes ahead are forgiven.
    made.is_some_and(|made| {
        let age = now.as_second() - made.as_second();
        (-300..TICKET_LIFE).contains(&age) && text == sealed(kind, made)
    })
}
