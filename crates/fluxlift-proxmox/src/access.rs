//! Who we are: an API token, or a user with a password and the ticket made from it.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use fluxlift_core::{Clock, Secret, Timestamp};
use http::request::Builder;
use jiff::SignedDuration;

/// A ticket is good for two hours; it is renewed well before.
const TICKET_LIFE: SignedDuration = SignedDuration::from_mins(110);

/// What the server is shown.
#[derive(Clone)]
pub enum Credentials {
    /// An API token: it needs no CSRF token and does not expire by itself.
    Token {
        /// `user@realm!name`.
        id: String,
        /// The UUID that was shown once.
        secret: Secret<String>,
    },
    /// A user and a password, from which tickets are made.
    Password {
        /// `user@realm`.
        user: String,
        /// The password.
        password: Secret<String>,
    },
}

impl Credentials {
    /// A token in the usual one-line form `user@realm!name=uuid`; `None` when the text is not of that form.
    pub fn from_token(text: &str) -> Option<Self> {
        let (id, secret) = text.trim().split_once('=')?;
        let (user, name) = id.split_once('!')?;
        let complete = user.contains('@') && !name.is_empty() && !secret.is_empty();
        complete.then(|| Self::Token { id: id.to_owned(), secret: Secret::new(secret.to_owned()) })
    }

    /// A user, with `@pam` where no realm is named, and a password.
    pub fn from_password(user: &str, password: Secret<String>) -> Self {
        let user = if user.contains('@') { user.to_owned() } else { format!("{user}@pam") };
        Self::Password { user, password }
    }

    /// Who it is, without the secret: `root@pam!fluxlift` or `root@pam`.
    pub fn name(&self) -> &str {
        match self {
            Self::Token { id, .. } => id,
            Self::Password { user, .. } => user,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.name())
    }
}

/// A ticket with its CSRF token.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) ticket: Secret<String>,
    pub(crate) csrf: Secret<String>,
    pub(crate) made: Timestamp,
}

/// The tickets of one client: the last one is kept until it is old or refused.
#[derive(Debug, Default)]
pub(crate) struct Wallet(Mutex<Option<Ticket>>);

impl Wallet {
    /// The kept ticket, if it is young enough.
    pub(crate) fn ticket(&self, clock: &dyn Clock) -> Option<Ticket> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        (clock.now().duration_since(kept.made) < TICKET_LIFE).then_some(kept)
    }

    pub(crate) fn keep(&self, ticket: Ticket) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ticket);
    }

    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Adds the headers of a token.
pub(crate) fn with_token(request: Builder, id: &str, secret: &Secret<String>) -> Builder {
    request.header(http::header::AUTHORIZATION, format!("PVEAPIToken={id}={}", secret.expose()))
}

/// Adds the headers of a ticket; the CSRF token goes with everything that writes.
pub(crate) fn with_ticket(request: Builder, ticket: &Ticket, writes: bool) -> Builder {
    let request = request.header(http::header::COOKIE, format!("PVEAuthCookie={}", ticket.ticket.expose()));
    if writes { request.header("CSRFPreventionToken", ticket.csrf.expose()) } else { request }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_its_one_line_form() {
        let token = Credentials::from_token("root@pam!fluxlift=7a3d0c5e\n").unwrap();
        assert_eq!(token.name(), "root@pam!fluxlift");
        assert_eq!(format!("{token:?}"), "Credentials(root@pam!fluxlift)");
        for bad in ["", "root@pam=x", "root!x=y", "root@pam!=x", "root@pam!x="] {
            assert!(Credentials::from_token(bad).is_none(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_user_without_a_realm_is_one_of_the_hosts_own() {
        let user = Credentials::from_password("root", Secret::new(String::from("x")));
        assert_eq!(user.name(), "root@pam");
    }
}
