//! gRPC on the wire: frames, codes and trailers.

use std::convert::Infallible;

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use prost::Message;
use tonic::Code;

/// An answer's body.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// What a machine answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// These messages; calls that are answered once have one.
    Messages(Vec<Vec<u8>>),
    /// No.
    Refused(Refusal),
    /// Nothing: the connection breaks.
    HangUp,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl Answer {
    /// One message.
    pub(super) fn one(message: &impl Message) -> Self {
        Self::Messages(vec![message.encode_to_vec()])
    }

    /// As an HTTP response. `HangUp` has none: whoever serves breaks the connection instead.
    pub(super) fn into_response(self) -> Option<Response<Body>> {
        let (messages, code, message) = match self {
            Self::Messages(messages) => (messages, Code::Ok, String::new()),
            Self::Refused(refusal) => (vec![], refusal.code, refusal.message),
            Self::HangUp => return None,
        };
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from(i32::from(code)));
        if let Ok(text) = HeaderValue::try_from(percent_encoded(&message)) {
            trailers.insert("grpc-message", text);
        }
        let frames = messages.into_iter().map(|m| Frame::data(framed(&m))).chain([Frame::trailers(trailers)]);
        let body = StreamBody::new(futures::stream::iter(frames.map(Ok).collect::<Vec<_>>())).boxed_unsync();
        let mut response = Response::new(body);
        response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        Some(response)
    }
}

/// The one message of a request's body.
pub(super) fn message(body: &[u8]) -> Result<&[u8], Refusal> {
    let bad = || Refusal::new(Code::Internal, "the request's frame is not readable");
    let (head, rest) = body.split_at_checked(5).ok_or_else(bad)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    if head[0] != 0 {
        return Err(Refusal::new(Code::Unimplemented, "compressed requests are not understood"));
    }
    rest.get(..length).ok_or_else(bad)
}

fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(message.len() + 5);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}

/// `grpc-message` is percent-encoded outside of printable ASCII.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if (0x20..0x7f).contains(&b) && b != b'%' { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
