//! A connection that remembers the alert it ended with.
//!
//! HTTP/2 passes on that a connection broke and not why; a server that refuses our certificate says why in a TLS alert,
//! after the handshake looked fine to us.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use fluxlift_net::Connection;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::error::tls_cause;

/// What a connection ended with, once it has.
#[derive(Debug, Clone, Default)]
pub(super) struct LastWords(Arc<Mutex<Option<rustls::Error>>>);

impl LastWords {
    pub(super) fn get(&self) -> Option<rustls::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, error: &io::Error) {
        if let Some(cause) = tls_cause(error) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(cause);
        }
    }
}

/// The connection.
pub(super) struct Overheard {
    inner: Connection,
    words: LastWords,
}

impl Overheard {
    pub(super) fn new(inner: Connection) -> (Self, LastWords) {
        let words = LastWords::default();
        (Self { inner, words: words.clone() }, words)
    }

    fn hear<T>(&self, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &poll {
            self.words.note(error);
        }
        poll
    }
}

impl AsyncRead for Overheard {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.hear(poll)
    }
}

impl AsyncWrite for Overheard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.hear(poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.inner).poll_flush(cx);
        self.hear(poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
