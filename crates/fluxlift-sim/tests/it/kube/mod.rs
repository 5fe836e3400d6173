//! The Kubernetes API: its storage, its wire, and stock clients against it.

mod apply;
mod client;
mod definitions;
mod deletion;
mod faults;
mod fields;
mod generations;
mod jsonpath;
mod kubectl;
mod likeness;
mod lists;
mod protobuf;
mod resource;
mod selector;
mod store;
mod tables;
mod target;
mod tls;
mod watches;
