//! Everything that a program needs before it can be started as a Pod.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Container, Pod, ServiceAccount};
use kube::api::PostParams;
use kube::{Api, ResourceExt as _};

use super::container::{self, FLUX_OPERATOR};
use super::files::{self, PodFolder};
use super::probe;
use super::running::Entry;
use super::site::Site;
use crate::LabError;
use crate::control_plane::{SERVER_NAME, kubeconfig};
use crate::link::Link;
use crate::process::{Inside, Launch};
use crate::tools::FLUX_OPERATOR_CONFIG;

/// The port at which a Pod finds the API server, on its own address.
const API: u16 = 6443;

/// A Pod's stretch to the API server: one for all of its restarts, because a fault on it outlives them.
pub(super) async fn link(site: &Site, address: Ipv4Addr) -> Result<Arc<Link>, LabError> {
    Ok(Arc::new(Link::between(SocketAddr::from((address, API)), site.api).await?))
}

/// What is ready to be started.
pub(super) struct Prepared {
    pub(super) launch: Launch,
    pub(super) entry: Entry,
}

/// Makes the Pod's folder, its token and its names.
pub(super) async fn prepare(
    site: &Site,
    pod: &Pod,
    container: &Container,
    binary: PathBuf,
    (address, api): (Ipv4Addr, Arc<Link>),
) -> Result<Prepared, LabError> {
    let name = pod.name_any();
    let component = container::component(container).to_owned();
    let folder = PodFolder::make(&site.folder.join("pods"), &name)?;
    let token = token(site, pod).await?;
    folder.write_account(&token, &site.ca, &pod.namespace().unwrap_or_default())?;
    let server = format!("https://{SERVER_NAME}:{API}");
    if component == FLUX_OPERATOR {
        let config = folder.kubeconfig();
        std::fs::write(&config, kubeconfig(&server, &site.ca, &token)).map_err(LabError::io("write a kubeconfig"))?;
        let manifests = site.tools.must(FLUX_OPERATOR_CONFIG).join("data");
        files::copy(&manifests, &folder.data()).map_err(LabError::io("copy the manifests of flux-operator"))?;
    }
    files::write_hosts(&folder.hosts(), &name, address, &site.hosts()).map_err(LabError::io("write a hosts file"))?;
    let environment = container::environment(pod, container, &folder, API);
    let launch = Launch {
        name: name.clone(),
        binary,
        arguments: container::arguments(container, &environment, address, &folder),
        environment,
        log: folder.log(),
        inside: Some(Inside { isolation: site.isolation, hostname: name, run: folder.run(), hosts: folder.hosts() }),
    };
    let entry = Entry {
        component,
        labels: pod.labels().clone(),
        ports: probe::ports(container),
        address,
        ready: false,
        pid: None,
        api,
        hosts: folder.hosts(),
    };
    Ok(Prepared { launch, entry })
}

/// A token of the Pod's own ServiceAccount, good for as long as the Pod is there.
async fn token(site: &Site, pod: &Pod) -> Result<String, LabError> {
    let namespace = pod.namespace().unwrap_or_default();
    let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref()).unwrap_or("default");
    let accounts: Api<ServiceAccount> = Api::namespaced(site.client.clone(), &namespace);
    let request = TokenRequest {
        spec: Some(TokenRequestSpec {
            audiences: Some(vec!["https://kubernetes.default.svc".to_owned()]),
            expiration_seconds: Some(24 * 3600),
            bound_object_ref: Some(BoundObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("Pod".to_owned()),
                name: Some(pod.name_any()),
                uid: pod.uid(),
            }),
        }),
        ..TokenRequest::default()
    };
    let doing = || LabError::kube(format!("get a token for serviceaccount/{namespace}/{account}"));
    let answer = accounts.create_token_request(account, &PostParams::default(), &request).await.map_err(doing())?;
    answer
        .status
        .and_then(|status| status.token)
        .ok_or_else(|| LabError::Unexpected("a token request without a token".to_owned()))
}
