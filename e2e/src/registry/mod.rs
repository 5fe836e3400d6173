//! A chart registry over HTTP, and the charts that the lab packs.

mod charts;
mod http_server;
mod server;

pub use charts::{FLUX_OPERATOR, TINY, TINY_VERSION};
pub(crate) use http_server::serve;
pub use server::RegistryServer;
