//! Watching the Pods that are bound to the node.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, pin_mut};
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, ResourceExt as _};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::pod::PodRunner;
use super::running::Controller;
use super::services::Services;
use super::site::Site;
use super::{NAME, registration};
use crate::LabError;
use crate::faults::Faults;
use crate::link::Condition;

/// The node. Dropping it ends every program that it runs.
#[derive(Debug)]
pub struct Node {
    site: Arc<Site>,
    services: Arc<Services>,
    _tasks: Vec<AbortOnDropHandle<()>>,
}

/// What a Pod's runner is told, and its end.
struct Watched {
    news: watch::Sender<Arc<Pod>>,
    _task: AbortOnDropHandle<()>,
}

impl Node {
    pub(crate) async fn start(site: Site) -> Result<Self, LabError> {
        registration::register(&site.client).await?;
        let (site, services) = (Arc::new(site), Arc::new(Services::default()));
        let followed = (Arc::clone(&services), Arc::clone(&site));
        let tasks = vec![
            AbortOnDropHandle::new(tokio::spawn(registration::beat(site.client.clone()))),
            AbortOnDropHandle::new(tokio::spawn(async move { followed.0.follow(followed.1).await })),
            AbortOnDropHandle::new(tokio::spawn(follow(Arc::clone(&site)))),
        ];
        Ok(Self { site, services, _tasks: tasks })
    }

    /// Takes the node out of the cluster; what runs on it goes on.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn leave(&self) -> Result<(), LabError> {
        registration::withdraw(&self.site.client).await
    }

    /// Registers it again, Ready.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub async fn join(&self) -> Result<(), LabError> {
        registration::register(&self.site.client).await
    }

    /// What can be made to go wrong with programs that start.
    pub fn faults(&self) -> &Faults {
        &self.site.faults
    }

    /// The controllers of `component` that run now.
    pub fn controllers(&self, component: &str) -> Vec<Controller> {
        self.site.running.controllers(component)
    }

    /// Changes the stretch between a Service of `flux-system` and those who use it.
    ///
    /// # Errors
    /// When there is no such Service.
    pub fn service(&self, name: &str, condition: Condition) -> Result<(), LabError> {
        let known = self.services.set(name, condition);
        if known { Ok(()) } else { Err(LabError::Unexpected(format!("there is no Service called {name}"))) }
    }
}

async fn follow(site: Arc<Site>) {
    let pods: Api<Pod> = Api::all(site.client.clone());
    let events = watcher(pods, watcher::Config::default().fields(&format!("spec.nodeName={NAME}")));
    pin_mut!(events);
    let mut known: BTreeMap<String, Watched> = BTreeMap::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Apply(pod) | Event::InitApply(pod)) => {
                let (uid, pod) = (pod.uid().unwrap_or_default(), Arc::new(pod));
                if let Some(watched) = known.get(&uid) {
                    watched.news.send_replace(pod);
                } else {
                    let (news, seen) = watch::channel(pod);
                    let runner = PodRunner::new(Arc::clone(&site), seen);
                    let task = AbortOnDropHandle::new(tokio::spawn(runner.run()));
                    known.insert(uid, Watched { news, _task: task });
                }
            }
            Ok(Event::Delete(pod)) => {
                known.remove(&pod.uid().unwrap_or_default());
            }
            // The watcher comes back by itself, with everything that there is.
            Ok(Event::Init | Event::InitDone) | Err(_) => {}
        }
    }
}
