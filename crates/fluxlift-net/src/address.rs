//! Where a connection goes: host and port.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A host and a port, such as `127.101.0.11:50000` or `ghcr.io:443`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// Text that is not `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{given:?} is not an address of the form host:port")]
pub struct AuthorityError {
    /// What was given.
    pub given: String,
}

impl Authority {
    /// The address `host:port`.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// The address that a URI points at, with the scheme's default port where it names none.
    pub fn of_uri(uri: &::http::Uri) -> Option<Self> {
        let port = uri.port_u16().or_else(|| match uri.scheme_str() {
            Some("https" | "oci") => Some(443),
            Some("http") => Some(80),
            _ => None,
        })?;
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        Some(Self::new(host, port))
    }

    /// Whether the host is a loopback address or `localhost`.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Authority {
    type Err = AuthorityError;

    fn from_str(given: &str) -> Result<Self, AuthorityError> {
        let bad = || AuthorityError { given: given.to_owned() };
        let (host, port) = given.rsplit_once(':').ok_or_else(bad)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(bad());
        }
        Ok(Self::new(host, port.parse().map_err(|_| bad())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_keeps_its_brackets_in_text_only() {
        let address: Authority = "[::1]:6443".parse().unwrap();
        assert_eq!((address.host.as_str(), address.port), ("::1", 6443));
        assert_eq!(address.to_string(), "[::1]:6443");
        assert!(address.is_loopback());
    }

    #[test]
    fn a_uri_without_a_port_gets_that_of_its_scheme() {
        let uri = "https://ghcr.io/v2/".parse().unwrap();
        assert_eq!(Authority::of_uri(&uri).unwrap().to_string(), "ghcr.io:443");
    }
}
