//! One run on a lab of its own.

use std::fmt;
use std::io::BufRead as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use fluxlift_e2e::audit::Requests;
use fluxlift_e2e::live::Live;
use fluxlift_e2e::patience::{Seen, until};
use fluxlift_e2e::{Lab, LabError, Tools, ledger, releases};

use crate::delays::{Delays, Moment, Traces};
use crate::follow::{Follow, RELEASES};
use crate::orders::{self, Order};
use crate::weigh::Weight;

/// How long everything may take.
const LIMIT: Duration = Duration::from_secs(300);

/// What was seen in one run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) order: Order,
    /// Until all releases were Ready in etcd.
    pub(crate) ready: Duration,
    /// Until the last command had ended.
    pub(crate) ended: Duration,
    /// Of fluxlift only.
    pub(crate) bootstrap: Option<Bootstrap>,
}

/// What only fluxlift is asked for.
#[derive(Debug)]
pub(crate) struct Bootstrap {
    pub(crate) requests: Requests,
    pub(crate) weight: Weight,
    pub(crate) delays: Delays,
}

/// What fluxlift told, and when.
type Told = Vec<(Instant, String)>;

/// Goes one way once.
pub(crate) async fn once(order: Order, tools: &Tools, fluxlift: &Path) -> Result<Run, LabError> {
    let mut lab = Lab::start(tools).await?;
    let run = async {
        lab.git.repository.commit(&releases::files(RELEASES, &lab.registry.tiny()), "the releases").await?;
        go(order, &lab, tools, fluxlift).await
    };
    run.await.inspect_err(|_| drop(lab.keep().to_owned()))
}

async fn go(order: Order, lab: &Lab, tools: &Tools, fluxlift: &Path) -> Result<Run, LabError> {
    let live = Live::start(lab.control_plane.etcd)?;
    let began = Moment::now();
    let told = match order {
        Order::Bootstrap => Some(bootstrapped(lab, fluxlift).await?),
        Order::Naive | Order::Sleep => {
            for command in orders::by_hand(order, lab, tools)? {
                done(command).await?;
            }
            None
        }
    };
    let ended = began.instant.elapsed();
    let (mut follow, mut known) = (Follow::default(), 0);
    let ready = until("all releases Ready", LIMIT, async || {
        let news = match live.since(known) {
            Ok(news) => news,
            Err(error) => return Seen::NotYet(error.chain()),
        };
        known += news.len();
        news.iter().for_each(|seen| follow.take(seen));
        follow.ready.map_or_else(|| Seen::NotYet(format!("{} are", follow.count())), Seen::There)
    })
    .await?;
    let bootstrap = match told {
        Some(told) => Some(judged(lab, &live, &told, began)?),
        None => None,
    };
    Ok(Run { order, ready: ready.saturating_duration_since(began.instant), ended, bootstrap })
}

/// Runs fluxlift to its end and gives what it told.
async fn bootstrapped(lab: &Lab, fluxlift: &Path) -> Result<Told, LabError> {
    let me = std::env::current_exe().map_err(LabError::io("find this program"))?;
    let mut command = Command::new(me);
    command.arg("weigh").arg(lab.folder().join("weight")).arg("--").arg(fluxlift).args(orders::bootstrap(lab));
    command.env_clear().env("HOME", lab.folder()).env("CI", "1").env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.current_dir(lab.folder()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(LabError::io("start fluxlift"))?;
    let errors = child.stderr.take();
    let (status, told) = blocking(move || {
        let lines = errors.into_iter().flat_map(|errors| std::io::BufReader::new(errors).lines());
        let told: Told = lines.map_while(Result::ok).map(|line| (Instant::now(), line)).collect();
        (child.wait(), told)
    })
    .await?;
    let all = || told.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n");
    must("fluxlift", status.map_err(LabError::io("wait for fluxlift"))?, all)?;
    Ok(told)
}

/// Runs a command to its end.
async fn done(mut command: Command) -> Result<(), LabError> {
    let name = format!("{command:?}");
    // On this thread: what is started here ends with it.
    let child = command.spawn().map_err(LabError::io(format!("start {name}")))?;
    let output = blocking(move || child.wait_with_output()).await?.map_err(LabError::io(format!("run {name}")))?;
    must(&name, output.status, || String::from_utf8_lossy(&output.stderr).into_owned())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, LabError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| LabError::Unexpected(error.to_string()))
}

fn must(name: &str, status: ExitStatus, said: impl FnOnce() -> String) -> Result<(), LabError> {
    if status.success() {
        Ok(())
    } else {
        Err(LabError::Unexpected(format!("{name} ended with {status}:\n{}", said())))
    }
}

/// Holds what fluxlift left behind against what etcd and the API server wrote down.
fn judged(lab: &Lab, live: &Live, told: &Told, began: Moment) -> Result<Bootstrap, LabError> {
    let clusters = lab.folder().join(".local/state/fluxlift/clusters");
    let mut claims = Vec::new();
    for cluster in std::fs::read_dir(&clusters).map_err(LabError::io(format!("read {}", clusters.display())))? {
        claims.extend(ledger::claims(&cluster.map_err(LabError::io("read the state"))?.path())?);
    }
    let seen = live.since(0)?;
    Ok(Bootstrap {
        requests: Requests::read(&lab.control_plane.requests)?,
        weight: Weight::read(&lab.folder().join("weight"))?,
        delays: Traces { seen: &seen, told, claims: &claims, began }.delays()?,
    })
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ready, ended) = (self.ready.as_secs_f64(), self.ended.as_secs_f64());
        write!(f, "{:9}  all Ready after {ready:.1} s, ended after {ended:.1} s", self.order)?;
        if let Some(Bootstrap { requests, weight, delays }) = &self.bootstrap {
            let slowest = delays.waited.iter().max_by(|a, b| a.1.total_cmp(&b.1));
            let (gate, delay) = slowest.map_or(("", 0.0), |(gate, delay)| (gate.as_str(), *delay));
            let processor = weight.processor.as_secs_f64();
            write!(f, "; {} requests, {processor:.2} s of processor; slowest {delay:.0} ms: {gate}", requests.total())?;
        }
        Ok(())
    }
}
