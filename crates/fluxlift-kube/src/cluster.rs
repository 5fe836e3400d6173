//! The connection to one cluster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fluxlift_core::{Clock, Deadline};
use fluxlift_gate::GateContext;
use fluxlift_net::Dial;
use http::{Method, Request};
use serde::de::DeserializeOwned;

use crate::connect::{self, ConnectError};
use crate::error::RequestError;
use crate::kind::{self, Kind};
use crate::{Kubeconfig, Object, ObjectRef, persist, persist_while};

/// The name under which our fields are owned. Not `kubectl…`: flux-operator takes over fields of such managers.
pub const FIELD_MANAGER: &str = "fluxlift";

/// How long one exchange may take.
pub(crate) const REQUEST_LIMIT: Duration = Duration::from_secs(30);
/// How long a definition that is established may take to be served.
const SERVED_SOON: Duration = Duration::from_secs(30);

/// A cluster. Clones share the connection pool, the identity and what was discovered.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) inner: Arc<Inner>,
    patience: Option<Arc<Patience>>,
}

/// Whose run repeats requests, and for how long.
struct Patience {
    cx: GateContext,
    budget: Deadline,
}

pub(crate) struct Inner {
    pub(crate) client: kube::Client,
    pub(crate) server: String,
    pub(crate) seed: u64,
    pub(crate) clock: Arc<dyn Clock>,
    identity: Mutex<Option<String>>,
    pub(crate) kinds: Mutex<BTreeMap<(String, String), Kind>>,
}

impl Cluster {
    /// A client of the cluster that `kubeconfig` describes. Nothing is sent yet. `seed` is for the jitter of retries.
    ///
    /// # Errors
    /// When the client certificate has expired, or certificates, keys or credentials cannot be used.
    pub fn connect(
        kubeconfig: &Kubeconfig,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, ConnectError> {
        let inner = Inner {
            client: connect::client(kubeconfig, dial, &clock)?,
            server: kubeconfig.server.to_string().trim_end_matches('/').to_owned(),
            seed,
            clock,
            identity: Mutex::default(),
            kinds: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner), patience: None })
    }

    /// The same cluster, for acts of a run: requests that can be repeated are, while they fail in passing, for at most
    /// `budget` each. The first failure is announced as a warning, and the run's cancellation ends it.
    ///
    /// Creating is never repeated: after a reply that was lost, the name is taken by ourselves. Observations are not
    /// either: they have their own pace and show their trouble in the verdict.
    #[must_use]
    pub fn persistent(&self, cx: &GateContext, budget: Deadline) -> Self {
        let patience = Patience { cx: cx.clone(), budget };
        Self { inner: Arc::clone(&self.inner), patience: Some(Arc::new(patience)) }
    }

    /// The same cluster without patience.
    pub(crate) fn hasty(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), patience: None }
    }

    /// The address of the API server.
    pub fn server(&self) -> &str {
        &self.inner.server
    }

    /// The injected clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// The seed of this connection.
    pub fn seed(&self) -> u64 {
        self.inner.seed
    }

    /// What names this very cluster, for as long as it lives: the UID of its `kube-system` namespace.
    ///
    /// # Errors
    /// When the namespace cannot be read.
    pub async fn identity(&self) -> Result<String, RequestError> {
        let target = ObjectRef::cluster(kind::NAMESPACE, "kube-system");
        let uid = self.must_get(&target).await?.uid().to_owned();
        self.inner.identity.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| uid.clone());
        Ok(uid)
    }

    /// The identity that was read first over this connection, if any.
    pub(crate) fn known_identity(&self) -> Option<String> {
        self.inner.identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The server's version, such as `v1.36.3`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn version(&self) -> Result<String, RequestError> {
        let doing = "get /version";
        let request = Request::get("/version").body(Vec::new()).map_err(|e| unbuildable(doing, e))?;
        let version: Object = self.exchange(doing, request).await?;
        Ok(version.text("/gitVersion").unwrap_or_default().to_owned())
    }

    /// Sends `request` and reads the answer whole.
    pub(crate) async fn exchange<T: DeserializeOwned>(
        &self,
        doing: &str,
        request: Request<Vec<u8>>,
    ) -> Result<T, RequestError> {
        let text = self.exchange_text(doing, request).await?;
        serde_json::from_str(&text)
            .map_err(|source| RequestError::Unreadable { doing: doing.to_owned(), source: source.into() })
    }

    /// Sends `request`, again where that is allowed, and gives the answer as text.
    pub(crate) async fn exchange_text(&self, doing: &str, request: Request<Vec<u8>>) -> Result<String, RequestError> {
        match &self.patience {
            Some(patience) if request.method() != Method::POST => {
                let Patience { cx, budget } = patience.as_ref();
                persist(cx, self.seed(), *budget, || self.exchange_once(doing, request.clone())).await
            }
            _ => self.exchange_once(doing, request).await,
        }
    }

    /// Does `act`, again while nothing is served at its path: a definition is served a moment after it is established,
    /// by each API server for itself. Nothing was done then, so a creation may be repeated too.
    pub(crate) async fn once_served<T, Fut>(&self, act: impl Fn() -> Fut) -> Result<T, RequestError>
    where
        Fut: Future<Output = Result<T, RequestError>>,
    {
        match &self.patience {
            Some(patience) => {
                let budget = Deadline::after(SERVED_SOON.min(patience.budget.budget()));
                persist_while(&patience.cx, self.seed(), budget, RequestError::is_of_unserved_path, act).await
            }
            None => act().await,
        }
    }

    async fn exchange_once(&self, doing: &str, request: Request<Vec<u8>>) -> Result<String, RequestError> {
        tokio::time::timeout(REQUEST_LIMIT, self.inner.client.request_text(request))
            .await
            .map_err(|_| self.silent(doing))?
            .map_err(|error| self.failed(doing, error))
    }

    /// A request that got no answer in time.
    pub(crate) fn silent(&self, doing: &str) -> RequestError {
        let (doing, server) = (doing.to_owned(), self.inner.server.clone());
        RequestError::TimedOut { doing, server, limit: REQUEST_LIMIT }
    }

    /// A request that failed.
    pub(crate) fn failed(&self, doing: &str, error: kube::Error) -> RequestError {
        RequestError::of_kube(doing, &self.inner.server, error)
    }
}

pub(crate) fn unbuildable(doing: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RequestError {
    RequestError::Unreadable { doing: doing.to_owned(), source: source.into() }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("server", &self.inner.server).finish_non_exhaustive()
    }
}
