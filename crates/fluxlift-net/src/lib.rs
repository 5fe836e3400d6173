//! The injected dialler, TLS and a small HTTP client over it.
//!
//! **Every network client gets its connections from one injected [`Dial`].** In real life it opens TCP connections; in
//! the demo and in the tests it hands out in-memory duplex streams to the simulated datacenter. Clients never know.

pub mod address;
pub mod dial;
pub mod git;
pub mod http;
pub mod race;
pub mod tls;

pub use address::{Authority, AuthorityError};
pub use dial::{Connection, Dial, TcpDial};
pub use http::{HttpClient, HttpError, Response};
pub use tls::{TlsClient, TlsError, TlsTrust};
