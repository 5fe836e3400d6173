//! The Kubernetes API: its storage, its wire, and stock clients against it.

mod apply;
mod client;
mod definitions;
mod deletion;
mod faults;
mod generations;
mod kubectl;
mod likeness;
mod lists;
mod store;
mod tables;
mod tls;
mod watches;
