//! Clients of a running cluster, over the world's own network.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use fluxlift_gate::TokioClock;
use fluxlift_net::{Authority, Connection, Dial, HttpClient, TlsClient, TlsTrust};
use fluxlift_sim::{Datacenter, Net, World};
use futures::future::BoxFuture;
use http::{Request, Uri};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::client::{Body, ConfigExt as _};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tower::{Service, ServiceBuilder};

use super::store::ENDPOINT;

/// A running world with clients that know its administrator.
pub(super) struct Running {
    pub(super) datacenter: Datacenter,
    http: HttpClient,
    tls: TlsClient,
    driver: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Certificates of a kubeconfig: authority, client certificate, client key.
pub(super) fn material(kubeconfig: &str) -> [String; 3] {
    let config: Value = serde_saphyr::from_str(kubeconfig).unwrap();
    let pem = |value: &Value| String::from_utf8(BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()).unwrap();
    let (cluster, user) = (&config["clusters"][0]["cluster"], &config["users"][0]["user"]);
    [pem(&cluster["certificate-authority-data"]), pem(&user["client-certificate-data"]), pem(&user["client-key-data"])]
}

impl Running {
    pub(super) fn of(world: World, kubeconfig: &str) -> Self {
        let clock = Arc::new(TokioClock::starting_at(world.now));
        let datacenter = Datacenter::new(world, clock.clone());
        let driver = datacenter.run();
        let [authority, certificate, key] = material(kubeconfig);
        let tls = TlsClient::with_identity(&TlsTrust::Authorities(authority), &certificate, &key, clock).unwrap();
        let http = HttpClient::new(Arc::new(Net::new(datacenter.clone())), Some(tls.clone()))
            .with_timeout(Duration::from_secs(600));
        Self { datacenter, http, tls, driver }
    }

    /// Sends a request; the answer's code and its body, or its text where it is no JSON.
    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("https://{ENDPOINT}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.http.send(request.body(Bytes::from(body.to_owned())).unwrap()).await.unwrap();
        let value = serde_json::from_slice(&answer.body).unwrap_or_else(|_| json!(answer.text()));
        (answer.status.as_u16(), value)
    }

    /// Sends a request that may get no answer.
    pub(super) async fn try_send(&self, request: Request<Bytes>) -> Result<u16, fluxlift_net::HttpError> {
        self.http.send(request).await.map(|answer| answer.status.as_u16())
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, &[], "").await
    }

    /// Everything that a watch says until it ends by itself.
    pub(super) async fn watch(&self, path: &str) -> Vec<Value> {
        let (_, body) = self.get(path).await;
        match body {
            Value::String(text) => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            one => vec![one],
        }
    }

    /// A stock client.
    pub(super) fn kube(&self) -> kube::Client {
        let config = kube::Config::new(format!("https://{ENDPOINT}").parse().unwrap());
        let connector = Connector { net: Net::new(self.datacenter.clone()), tls: self.tls.clone() };
        let service = ServiceBuilder::new()
            .layer(config.base_uri_layer())
            .service(HyperClient::builder(TokioExecutor::new()).build::<_, Body>(connector));
        kube::Client::new(service, "default")
    }
}

#[derive(Clone)]
struct Connector {
    net: Net,
    tls: TlsClient,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Connection>;
    type Error = std::io::Error;
    type Future = BoxFuture<'static, std::io::Result<TokioIo<Connection>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (net, tls) = (self.net.clone(), self.tls.clone());
        Box::pin(async move {
            let to = Authority::of_uri(&uri).unwrap();
            let connection = net.dial(&to).await?;
            Ok(TokioIo::new(tls.handshake(&to, connection).await?))
        })
    }
}
