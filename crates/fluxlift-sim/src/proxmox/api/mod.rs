//! The REST API: `/api2/json`.

pub mod access;
pub mod call;
pub mod cluster;
pub mod nodes;
pub mod power;
pub mod qemu;
pub mod storage;
pub mod tasks;

pub use call::Call;
