//! What a Pod tells besides its object: its log, and what it answers over HTTP through the API server.

use http::Request;

use crate::cluster::unbuildable;
use crate::error::RequestError;
use crate::{Cluster, ObjectRef, kind};

impl Cluster {
    /// The last `lines` lines of a container's log, with the kubelet's times; of the process before, if `previous`.
    ///
    /// # Errors
    /// When there is no such Pod or container, or the server refuses or does not answer.
    pub async fn pod_log(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        lines: u32,
        previous: bool,
    ) -> Result<String, RequestError> {
        let target = ObjectRef::namespaced(kind::POD, namespace, pod);
        let doing = format!("read the log of {target}");
        let part = format!("log?container={container}&tailLines={lines}&timestamps=true&previous={previous}");
        self.pod_text(&doing, &target, &part).await
    }

    /// What a Pod answers to a GET of `path` at `port`, by way of the API server.
    ///
    /// # Errors
    /// When the Pod does not answer, or the server refuses or does not answer.
    pub async fn pod_http(&self, namespace: &str, pod: &str, port: u16, path: &str) -> Result<String, RequestError> {
        let target = ObjectRef::namespaced(kind::POD, namespace, format!("{pod}:{port}"));
        let doing = format!("get /{path} of {target}");
        self.pod_text(&doing, &target, &format!("proxy/{path}")).await
    }

    async fn pod_text(&self, doing: &str, target: &ObjectRef, part: &str) -> Result<String, RequestError> {
        let path = format!("{}/{}/{part}", target.collection(), target.name);
        let request = Request::get(path).body(Vec::new()).map_err(|e| unbuildable(doing, e))?;
        self.exchange_text(doing, request).await
    }
}
