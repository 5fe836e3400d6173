//! A Git server: `git http-backend` behind HTTP, and the repository that it serves.

mod backend;
mod repository;
mod server;

pub use repository::Repository;
pub use server::GitServer;
