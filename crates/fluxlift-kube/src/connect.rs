//! From a kubeconfig to a client whose every byte goes through the injected dialler.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use fluxlift_core::{Clock, Explain, Hint, Timestamp};
use fluxlift_net::{Authority, Connection, Dial, TlsClient, TlsError};
use futures::future::BoxFuture;
use http::Uri;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use kube::client::{Body, ConfigExt as _};
use thiserror::Error;
use tower::{BoxError, Service, ServiceBuilder};

use crate::Kubeconfig;
use crate::certificate::Validity;

/// How often a connection with something in flight is asked whether its other end is still there.
const PING: Duration = Duration::from_secs(15);
/// How long the other end may take to answer that.
const PONG: Duration = Duration::from_secs(15);

/// Why there is no client.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The client certificate is over.
    #[error("the client certificate for {subject} in {kubeconfig} expired on {until}")]
    Expired {
        /// Which kubeconfig.
        kubeconfig: String,
        /// Whose certificate.
        subject: String,
        /// Its last moment.
        until: Timestamp,
    },
    /// The client certificate is not valid yet: this machine's clock, or the one that issued it, is wrong.
    #[error("the client certificate for {subject} in {kubeconfig} is not valid before {from}")]
    NotYetValid {
        /// Which kubeconfig.
        kubeconfig: String,
        /// Whose certificate.
        subject: String,
        /// Its first moment.
        from: Timestamp,
    },
    /// Certificates or keys cannot be used.
    #[error("the kubeconfig's certificates are not usable")]
    Tls(#[source] TlsError),
    /// The credentials cannot be used.
    #[error("the kubeconfig's credentials are not usable")]
    Credentials(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A plugin gave a client certificate, or nothing.
    #[error("the kubeconfig's exec plugin gave no token")]
    PluginWithoutToken,
}

impl Explain for ConnectError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Expired { .. } => {
                vec![Hint::new(
                    "apply the bootstrap unit again, which fetches a fresh one, or run `talosctl kubeconfig`",
                )]
            }
            Self::NotYetValid { .. } => vec![Hint::new("check this machine's clock and those of the nodes (NTP)")],
            Self::PluginWithoutToken => vec![Hint::new(
                "client certificates from plugins are not supported: use a token, or a certificate in the kubeconfig",
            )],
            Self::Tls(_) | Self::Credentials(_) => vec![Hint::new("fetch the kubeconfig again")],
        }
    }
}

/// The client, layered as kube's own default stack is, but without its silent retries.
pub(crate) fn client(
    kubeconfig: &Kubeconfig,
    dial: Arc<dyn Dial>,
    clock: &Arc<dyn Clock>,
) -> Result<kube::Client, ConnectError> {
    check_validity(kubeconfig, clock.now())?;
    let connector = Connector {
        dial,
        tls: tls(kubeconfig, Arc::clone(clock)).map_err(ConnectError::Tls)?,
        server_name: kubeconfig.server_name.clone(),
    };
    let mut config = kube::Config::new(kubeconfig.server.clone());
    config.auth_info = kubeconfig.auth.clone();
    let credentials = |e: kube::Error| ConnectError::Credentials(e.into());
    let auth = config.auth_layer().map_err(credentials)?;
    if auth.is_none() && config.auth_info.exec.is_some() {
        return Err(ConnectError::PluginWithoutToken);
    }
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(auth)
        .layer(config.extra_headers_layer().map_err(credentials)?)
        .map_err(BoxError::from)
        .service(http().build::<_, Body>(connector));
    Ok(kube::Client::new(service, kubeconfig.namespace.clone()))
}

/// One connection for all requests and watches, as kubectl's: HTTP/2 where the server speaks it. A peer that vanished
/// without a word is noticed by its missing answer to a ping.
fn http() -> hyper_util::client::legacy::Builder {
    let mut builder = HyperClient::builder(TokioExecutor::new());
    builder.timer(TokioTimer::new()).http2_keep_alive_interval(PING).http2_keep_alive_timeout(PONG);
    builder
}

fn check_validity(kubeconfig: &Kubeconfig, now: Timestamp) -> Result<(), ConnectError> {
    // One that can't be read here is for the handshake to judge.
    let Some(Ok(Validity { subject, from, until })) = kubeconfig.certificate() else { return Ok(()) };
    let kubeconfig = kubeconfig.to_string();
    if until < now {
        Err(ConnectError::Expired { kubeconfig, subject, until })
    } else if now < from {
        Err(ConnectError::NotYetValid { kubeconfig, subject, from })
    } else {
        Ok(())
    }
}

fn tls(kubeconfig: &Kubeconfig, clock: Arc<dyn Clock>) -> Result<Option<TlsClient>, TlsError> {
    if kubeconfig.server.scheme_str() != Some("https") {
        return Ok(None);
    }
    let client = match &kubeconfig.identity {
        Some(id) => TlsClient::with_identity(&kubeconfig.trust, &id.chain, id.key.expose(), clock),
        None => TlsClient::new(&kubeconfig.trust, clock),
    }?;
    Ok(Some(client.with_alpn(&["h2", "http/1.1"])))
}

/// Opens connections for hyper: the dialler, then TLS.
#[derive(Clone)]
struct Connector {
    dial: Arc<dyn Dial>,
    tls: Option<TlsClient>,
    server_name: Option<String>,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Connection>;
    type Error = std::io::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let to = Authority::of_uri(&uri).ok_or_else(|| std::io::Error::other(format!("{uri} has no host")))?;
            let connection = this.dial.dial(&to).await?;
            let Some(tls) = &this.tls else { return Ok(TokioIo::new(connection)) };
            let name = Authority::new(this.server_name.unwrap_or_else(|| to.host.clone()), to.port);
            Ok(TokioIo::new(tls.handshake(&name, connection).await?))
        })
    }
}
