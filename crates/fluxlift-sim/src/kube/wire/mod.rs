//! The API on the wire: TLS, who asks, what they ask for, and how the answer looks.

pub mod answer;
pub mod body;
pub mod connection;
pub mod discovery;
pub mod handle;
pub mod health;
pub mod identity;
pub mod jsonpath;
pub mod list;
pub mod logs;
pub mod metrics;
pub mod openapi;
pub mod options;
pub mod protobuf;
pub mod read;
pub mod request;
pub mod review;
pub mod scale;
pub mod selector;
pub mod table;
pub mod target;
pub mod watch;
pub mod write;
