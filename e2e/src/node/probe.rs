//! HTTP probes.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fluxlift_net::{HttpClient, TcpDial};
use http::Request;
use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// A probe that can be asked.
#[derive(Clone)]
pub(super) struct Asked {
    uri: String,
    http: HttpClient,
    /// How often it is asked.
    pub(super) period: Duration,
    /// How often in a row it must fail to count.
    pub(super) failures: u32,
}

impl Asked {
    /// The probe of a program at `address`; `None` where there is none, or one that is not HTTP.
    pub(super) fn of(probe: Option<&Probe>, container: &Container, address: Ipv4Addr) -> Option<Self> {
        let probe = probe?;
        let get = probe.http_get.as_ref()?;
        let port = match &get.port {
            IntOrString::Int(number) => u16::try_from(*number).ok()?,
            IntOrString::String(name) => *ports(container).get(name)?,
        };
        let seconds = |value: Option<i32>, default: u64| {
            Duration::from_secs(value.and_then(|value| u64::try_from(value).ok()).unwrap_or(default))
        };
        Some(Self {
            uri: format!("http://{address}:{port}{}", get.path.as_deref().unwrap_or("/")),
            http: HttpClient::new(Arc::new(TcpDial::default()), None)
                .with_timeout(seconds(probe.timeout_seconds, 1).max(Duration::from_secs(1))),
            period: seconds(probe.period_seconds, 10),
            failures: probe.failure_threshold.and_then(|value| u32::try_from(value).ok()).unwrap_or(3),
        })
    }

    /// Whether it says yes now.
    pub(super) async fn says_yes(&self) -> bool {
        let Ok(request) = Request::get(&self.uri).body(Bytes::new()) else { return false };
        self.http.send(request).await.is_ok_and(|answer| (200..400).contains(&answer.status.as_u16()))
    }
}

/// The named ports of a container.
pub(super) fn ports(container: &Container) -> BTreeMap<String, u16> {
    let named = container.ports.iter().flatten();
    named.filter_map(|port| Some((port.name.clone()?, u16::try_from(port.container_port).ok()?))).collect()
}
