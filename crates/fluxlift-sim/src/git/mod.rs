//! The Git server: repositories in memory, served over smart HTTP.
//!
//! Real objects with real names, so that any Git client can clone from it and a revision such as `main@sha1:…` is what
//! a client would see. Fetches by protocol version 0 (every client falls back to it), shallow and filtered ones too;
//! pushes are not served: a test changes a repository by [`GitRepo::commit`].

pub mod objects;
pub mod repo;
pub mod request;
pub mod server;
pub mod upload;

pub use repo::{GitRepo, Revision};
pub use server::{GitServer, HOST, PORT};
