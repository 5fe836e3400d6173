//! Loopback addresses that belong to one lab.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};

use rand::Rng as _;

/// The port that a lab holds for as long as it lives.
const CLAIM: (u8, u16) = (254, 65000);

/// 127.a.b.0/24, held by this process. Every program of the lab has addresses of its own, so that each can listen on the
/// port that it listens on in a cluster.
#[derive(Debug)]
pub struct Subnet {
    prefix: (u8, u8),
    _claim: TcpListener,
}

impl Subnet {
    /// Takes a subnet that no other lab on this machine has.
    ///
    /// # Errors
    /// When none of many tries is free.
    pub fn claim() -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..64 {
            // Below are addresses that people use by hand, and those of the simulated datacenter.
            let prefix = (rand::thread_rng().gen_range(128..=250), rand::thread_rng().r#gen());
            match TcpListener::bind((Ipv4Addr::new(127, prefix.0, prefix.1, CLAIM.0), CLAIM.1)) {
                Ok(claim) => return Ok(Self { prefix, _claim: claim }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The address that ends in `last`.
    pub const fn host(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.prefix.0, self.prefix.1, last)
    }

    /// A port on the address that ends in `last`.
    pub const fn socket(&self, last: u8, port: u16) -> SocketAddr {
        SocketAddr::V4(SocketAddrV4::new(self.host(last), port))
    }
}

// Other systems have one loopback address, not a network of them.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn two_labs_never_share_an_address() {
        let (one, other) = (Subnet::claim().unwrap(), Subnet::claim().unwrap());
        assert_ne!(one.host(1), other.host(1));
        assert!(one.host(1).is_loopback());
    }
}
