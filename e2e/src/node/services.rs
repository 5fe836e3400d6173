//! Services: a loopback address for each, which leads to a Pod that is Ready, and the names that Pods know them by.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt as _, pin_mut};
use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, ResourceExt as _};

use super::NAMESPACE;
use super::running::TargetPort;
use super::site::Site;
use crate::link::{Condition, Link};

/// The first byte that a Service's address may end in.
const FIRST: u8 = 10;

/// The Services that are served, by name.
#[derive(Debug, Default)]
pub(super) struct Services(Mutex<BTreeMap<String, Served>>);

#[derive(Debug)]
struct Served {
    address: Ipv4Addr,
    links: Vec<Link>,
}

impl Services {
    /// Changes the stretch between a Service and those who use it. Says whether there is such a Service.
    pub(super) fn set(&self, name: &str, condition: Condition) -> bool {
        let services = self.lock();
        let links = services.get(name).map(|served| &served.links);
        links.into_iter().flatten().for_each(|link| link.set(condition));
        links.is_some()
    }

    /// Serves what there is and what comes, for ever.
    pub(super) async fn follow(&self, site: Arc<Site>) {
        let services: Api<Service> = Api::namespaced(site.client.clone(), NAMESPACE);
        let events = watcher(services, watcher::Config::default());
        pin_mut!(events);
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Apply(service) | Event::InitApply(service)) => self.serve(&site, &service).await,
                Ok(Event::Delete(service)) => {
                    self.lock().remove(&service.name_any());
                }
                // The watcher comes back by itself.
                Ok(Event::Init | Event::InitDone) | Err(_) => continue,
            }
            site.set_hosts(self.hosts());
        }
    }

    async fn serve(&self, site: &Arc<Site>, service: &Service) {
        let name = service.name_any();
        let spec = service.spec.clone().unwrap_or_default();
        let selector = spec.selector.unwrap_or_default();
        let Some(address) = self.vacant(&name, site) else { return };
        let mut links = Vec::new();
        for port in spec.ports.iter().flatten() {
            let (site, selector, target) = (Arc::downgrade(site), selector.clone(), target(port));
            let Ok(number) = u16::try_from(port.port) else { continue };
            let leads = Arc::new(move || site.upgrade()?.running.endpoint(&selector, &target));
            // Where it cannot be listened on the Service refuses, which tests see.
            links.extend(Link::open(SocketAddr::from((address, number)), leads).await.ok());
        }
        self.lock().insert(name, Served { address, links });
    }

    /// An address for a Service that has none yet.
    fn vacant(&self, name: &str, site: &Site) -> Option<Ipv4Addr> {
        let services = self.lock();
        if services.contains_key(name) {
            return None;
        }
        let taken = |address: &Ipv4Addr| services.values().any(|served| served.address == *address);
        (FIRST..100).map(|last| site.subnet.host(last)).find(|address| !taken(address))
    }

    fn hosts(&self) -> String {
        let mut text = String::new();
        for (name, Served { address, .. }) in self.lock().iter() {
            let full = format!("{name}.{NAMESPACE}.svc");
            // Writing into memory cannot fail.
            let _ = writeln!(text, "{address} {full}.cluster.local {full} {name}.{NAMESPACE} {name}");
        }
        text
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Served>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn target(port: &ServicePort) -> TargetPort {
    match &port.target_port {
        Some(IntOrString::String(name)) => TargetPort::Name(name.clone()),
        Some(IntOrString::Int(number)) => TargetPort::Number(u16::try_from(*number).unwrap_or_default()),
        None => TargetPort::Number(u16::try_from(port.port).unwrap_or_default()),
    }
}
