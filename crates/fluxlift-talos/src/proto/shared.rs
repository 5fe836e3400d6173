//! What all services share.

/// No fields: the request of calls that take none.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Empty {}

/// A moment.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct Moment {
    /// Seconds since 1970.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds of the second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// A span of time.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct Span {
    /// Whole seconds.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds beyond them.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// `google.rpc.Status`, without its details.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct RpcStatus {
    /// The gRPC code.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// The message.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// `common.Metadata`: which node answered, and whether it failed. Beside an answer it is the only sign of an error
/// when a request went to several nodes.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Metadata {
    /// The node, as the request named it.
    #[prost(string, tag = "1")]
    pub hostname: String,
    /// The error; empty when all is well.
    #[prost(string, tag = "2")]
    pub error: String,
    /// The same error with its code.
    #[prost(message, optional, tag = "3")]
    pub status: Option<RpcStatus>,
}

/// `common.Data`: a piece of a stream of bytes.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
#[prost(skip_debug)]
pub struct Data {
    /// Which node.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<Metadata>,
    /// The bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Data {
    /// Without the content, which may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Data").finish_non_exhaustive()
    }
}
