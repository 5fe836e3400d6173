//! The life of one Pod.

use std::net::Ipv4Addr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Container, Pod};
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use tokio::sync::watch;

use super::NAMESPACE;
use super::container;
use super::probe::Asked;
use super::site::Site;
use super::start::{self, Prepared};
use super::status::{self, Ended, State};
use crate::LabError;
use crate::link::Link;
use crate::patience::{now, pass};
use crate::process::Program;

/// How often a program that is not ready yet is asked.
const LOOK: Duration = Duration::from_millis(250);
/// How long the first pause before another start is; each is twice as long as the one before.
const BACK_OFF: Duration = Duration::from_secs(1);
/// The longest pause: a kubelet's five minutes would be too long for tests.
const LONGEST: Duration = Duration::from_secs(10);

/// Runs one Pod until it is deleted.
pub(super) struct PodRunner {
    site: Arc<Site>,
    pod: watch::Receiver<Arc<Pod>>,
    api: Api<Pod>,
    name: String,
    address: Ipv4Addr,
    state: State,
    link: Option<Arc<Link>>,
    program: Option<Program>,
}

impl PodRunner {
    pub(super) fn new(site: Arc<Site>, pod: watch::Receiver<Arc<Pod>>) -> Self {
        let (name, namespace) = (pod.borrow().name_any(), pod.borrow().namespace().unwrap_or_default());
        let (address, told) = site.address();
        let state = State {
            address: told,
            up: false,
            ready: false,
            restarts: 0,
            since: now(false),
            started: now(false),
            changed: now(false),
            ended: None,
        };
        let api = Api::namespaced(site.client.clone(), &namespace);
        Self { site, pod, api, name, address, state, link: None, program: None }
    }

    /// Lives until the Pod is deleted, then stops the program and lets the Pod go.
    pub(super) async fn run(mut self) {
        let mut pod = self.pod.clone();
        tokio::select! {
            biased;
            _ = pod.wait_for(|pod| pod.metadata.deletion_timestamp.is_some()) => {}
            () = self.live() => {}
        }
        self.end().await;
    }

    /// Never returns.
    async fn live(&mut self) {
        let Some((container, binary)) = self.real() else {
            (self.state.up, self.state.ready) = (true, true);
            self.tell().await;
            return std::future::pending().await;
        };
        let mut pause = BACK_OFF;
        loop {
            // Why it could not be started goes to its log's place: the status.
            let ended = match self.once(&container, binary.clone()).await {
                Ok(status) => exit_code(status),
                Err(_) => 128,
            };
            let ended = Ended { code: ended, started: self.state.started.clone(), finished: now(false) };
            self.program = None;
            self.state.up = false;
            self.state.restarts += 1;
            self.state.ended = Some(ended);
            self.site.running.update(&self.name, |entry| entry.pid = None);
            self.ready(false).await;
            pass(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// The container and the program that it stands for, if the lab has it.
    fn real(&self) -> Option<(Container, PathBuf)> {
        let pod = self.pod.borrow();
        let container = pod.spec.as_ref()?.containers.first()?.clone();
        let binary = self.site.tools.find(container::component(&container))?;
        (pod.namespace().as_deref() == Some(NAMESPACE)).then_some((container, binary))
    }

    /// Runs the program once, to its end.
    async fn once(&mut self, container: &Container, binary: PathBuf) -> Result<Option<ExitStatus>, LabError> {
        let pod = Arc::clone(&self.pod.borrow());
        let api = match &self.link {
            Some(link) => Arc::clone(link),
            None => Arc::clone(self.link.insert(start::link(&self.site, self.address).await?)),
        };
        let seat = (self.address, api);
        let Prepared { launch, entry } = start::prepare(&self.site, &pod, container, binary, seat).await?;
        let component = entry.component.clone();
        self.site.running.insert(&self.name, entry);
        if self.site.faults.is_held(&component) {
            self.state.up = true;
            self.ready(true).await;
            self.site.faults.released(&component).await;
        }
        let program = launch.start()?;
        self.site.running.update(&self.name, |entry| entry.pid = program.pid());
        self.program = Some(program);
        (self.state.up, self.state.started) = (true, now(false));
        self.tell().await;
        self.attend(container).await;
        Ok(match &mut self.program {
            Some(program) => program.ended().await,
            None => None,
        })
    }

    /// Asks the probes until the program has ended.
    async fn attend(&mut self, container: &Container) {
        let readiness = Asked::of(container.readiness_probe.as_ref(), container, self.address);
        let liveness = Asked::of(container.liveness_probe.as_ref(), container, self.address);
        if readiness.is_none() {
            self.ready(true).await;
        }
        let mut ready = Row::new(readiness);
        let mut alive = Row::new(liveness);
        let mut ticks = tokio::time::interval(LOOK);
        loop {
            // The program stays where `end` finds it: a Pod that is deleted meanwhile is stopped, not dropped.
            let Some(program) = &mut self.program else { return };
            tokio::select! {
                _ = program.ended() => return,
                _ = ticks.tick() => {}
            }
            if self.site.faults.is_held(container::component(container)) {
                continue;
            }
            match ready.ask(!self.state.ready).await {
                Some(true) if !self.state.ready => self.ready(true).await,
                Some(false) if self.state.ready => self.ready(false).await,
                _ => {}
            }
            if alive.ask(false).await == Some(false)
                && let Some(program) = &mut self.program
            {
                program.kill().await;
            }
        }
    }

    async fn ready(&mut self, ready: bool) {
        if self.state.ready != ready {
            (self.state.ready, self.state.changed) = (ready, now(false));
        }
        self.site.running.update(&self.name, |entry| entry.ready = ready);
        self.tell().await;
    }

    /// Writes the status, again until it is written or the Pod is gone.
    async fn tell(&self) {
        let pod = Arc::clone(&self.pod.borrow());
        let patch = status::patch(&pod, &self.state);
        while let Err(error) = self.api.patch_status(&self.name, &PatchParams::default(), &Patch::Merge(&patch)).await {
            if matches!(&error, kube::Error::Api(status) if status.code == 404 || status.code == 422) {
                return;
            }
            pass(LOOK).await;
        }
    }

    /// Stops the program and lets the Pod go, if it is still there.
    async fn end(mut self) {
        let pod = Arc::clone(&self.pod.borrow());
        let grace = pod.metadata.deletion_grace_period_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let component = pod.spec.as_ref().and_then(|spec| spec.containers.first()).map(container::component);
        if let Some(program) = &mut self.program {
            if let Some(component) = component {
                self.site.faults.dismissed(component).await;
            }
            program.stop(Duration::from_secs(grace.unwrap_or(30))).await;
        }
        self.site.running.remove(&self.name);
        let mut how = DeleteParams::default().grace_period(0);
        how.preconditions = Some(kube::api::Preconditions { uid: pod.uid(), resource_version: None });
        while let Err(error) = self.api.delete(&self.name, &how).await {
            if matches!(&error, kube::Error::Api(status) if matches!(status.code, 404 | 409)) {
                return;
            }
            pass(LOOK).await;
        }
    }
}

/// A probe, and how often in a row it has failed.
struct Row {
    probe: Option<Asked>,
    asked: Option<Instant>,
    failed: u32,
}

impl Row {
    const fn new(probe: Option<Asked>) -> Self {
        Self { probe, asked: None, failed: 0 }
    }

    /// Asks if it is time, or if `now`. `Some` is what counts: a yes, or as many noes in a row as the probe wants.
    async fn ask(&mut self, now: bool) -> Option<bool> {
        let probe = self.probe.as_ref()?;
        let began = *self.asked.get_or_insert_with(Instant::now);
        if !now && began.elapsed() < probe.period {
            return None;
        }
        self.asked = Some(Instant::now());
        if probe.says_yes().await {
            self.failed = 0;
            return Some(true);
        }
        self.failed += 1;
        (self.failed >= probe.failures).then(|| self.failed = 0).map(|()| false)
    }
}

fn exit_code(status: Option<ExitStatus>) -> i32 {
    status.map_or(255, |status| status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()))
}
