//! The messages of the Talos API, as far as they are used, written by hand from its public field numbers.
//!
//! Fields that are not listed are skipped when reading and left out when writing, as protobuf allows. The same types
//! serve the client here and the simulated nodes.

pub mod cluster;
pub mod machine;
pub mod resource;
pub mod rpc;
pub mod shared;
