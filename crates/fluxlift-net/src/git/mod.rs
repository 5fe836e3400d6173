//! Git, read-only, over smart HTTP: which refs a repository has, and whether a path exists at one of them.
//!
//! A preflight needs no more than that, and no `git` on the machine. Protocol version 0 is spoken, which every server
//! understands; a look at a path is a shallow fetch (depth 1, without file contents where the server can leave them
//! out). Objects and packs are read by hand because the crates that do it bring a repository on disk along.
//!
//! The writing half ([`pack::write()`], [`pkt::Writer`]) serves the simulated Git server.

pub mod advertisement;
pub mod error;
pub mod object;
pub mod pack;
pub mod pkt;
pub mod remote;
pub mod walk;

pub use advertisement::Advertisement;
pub use error::GitError;
pub use object::{EntryKind, Kind, Oid, TreeEntry};
pub use remote::{GitCredentials, GitRemote, Sighting};
