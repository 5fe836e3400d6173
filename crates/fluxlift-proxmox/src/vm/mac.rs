//! MAC addresses, pinned so that a machine can be recognised and its NICs picked by address.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The prefix that Proxmox's makers registered; the server draws its own addresses from it too.
const PROXMOX: [u8; 3] = [0xbc, 0x24, 0x11];

/// A MAC address. As text it is upper-case with colons, as Proxmox writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MacAddress([u8; 6]);

/// Text that is not a MAC address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{given:?} is not a MAC address such as BC:24:11:0A:0B:0C")]
pub struct MacError {
    /// What was given.
    pub given: String,
}

impl MacAddress {
    /// The address with Proxmox's own prefix and these last three bytes.
    pub const fn proxmox(tail: [u8; 3]) -> Self {
        Self([PROXMOX[0], PROXMOX[1], PROXMOX[2], tail[0], tail[1], tail[2]])
    }

    /// The six bytes.
    pub const fn bytes(self) -> [u8; 6] {
        self.0
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
    }
}

impl FromStr for MacAddress {
    type Err = MacError;

    fn from_str(given: &str) -> Result<Self, MacError> {
        let bad = || MacError { given: given.to_owned() };
        let mut bytes = [0; 6];
        let mut parts = given.split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|p| p.len() == 2).ok_or_else(bad)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| bad())?;
        }
        if parts.next().is_some() { Err(bad()) } else { Ok(Self(bytes)) }
    }
}

impl TryFrom<String> for MacAddress {
    type Error = MacError;

    fn try_from(given: String) -> Result<Self, MacError> {
        given.parse()
    }
}

impl From<MacAddress> for String {
    fn from(mac: MacAddress) -> Self {
        mac.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_when_addresses_are_compared() {
        let upper: MacAddress = "BC:24:11:0A:0B:0C".parse().unwrap();
        assert_eq!(upper, "bc:24:11:0a:0b:0c".parse().unwrap());
        assert_eq!(upper, MacAddress::proxmox([10, 11, 12]));
        assert_eq!(upper.to_string(), "BC:24:11:0A:0B:0C");
        assert!("BC:24:11:0A:0B".parse::<MacAddress>().is_err());
        assert!("BC:24:11:0A:0B:0C:0D".parse::<MacAddress>().is_err());
    }
}
