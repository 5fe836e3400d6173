//! From a case to a trial: a lab before, and its logs kept when it fails.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fluxlift_e2e::laws::Breach;
use fluxlift_e2e::{LabError, Tools, ground, product, tools};
use futures::future::LocalBoxFuture;
use libtest_mimic::{Completion, Failed, Trial};

use crate::stage::Stage;

/// Why a case did not hold.
#[derive(Debug)]
pub(crate) struct Broken(pub(crate) String);

impl From<LabError> for Broken {
    fn from(error: LabError) -> Self {
        Self(error.chain())
    }
}

impl From<Breach> for Broken {
    fn from(breach: Breach) -> Self {
        Self(breach.to_string())
    }
}

/// What a case gives.
pub(crate) type Verdict = Result<(), Broken>;

/// A claim, and how it is tried.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The programs that it needs besides those of every lab.
    pub(crate) needs: &'static [&'static str],
    pub(crate) run: Run,
}

/// How a case is tried.
pub(crate) enum Run {
    /// On a lab of its own.
    Lab(for<'a> fn(&'a mut Stage) -> LocalBoxFuture<'a, Verdict>),
    /// Without one.
    Alone(for<'a> fn(&'a Alone<'a>) -> LocalBoxFuture<'a, Verdict>),
}

/// What a case without a lab works with.
pub(crate) struct Alone<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) fluxlift: &'a Path,
}

/// A case from a name that is a sentence and an `async fn(&mut Stage) -> Verdict`, or `async fn(&Alone<'_>) -> Verdict`.
macro_rules! case {
    ($name:ident) => {
        crate::bench::case!($name, needs [])
    };
    ($name:ident, needs $needs:expr) => {
        crate::bench::Case {
            name: stringify!($name),
            needs: &$needs,
            run: crate::bench::Run::Lab(|stage| Box::pin($name(stage))),
        }
    };
    ($name:ident, needs $needs:expr, alone) => {
        crate::bench::Case {
            name: stringify!($name),
            needs: &$needs,
            run: crate::bench::Run::Alone(|alone| Box::pin($name(alone))),
        }
    };
}
pub(crate) use case;

/// An error unless `holds`.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Broken(otherwise())) }
}

thread_local! {
    /// What the case that runs on this thread has told so far.
    static NOTES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// A figure or a sentence of a case, for the one who reads its run.
pub(crate) fn note(text: impl std::fmt::Display) {
    NOTES.with_borrow_mut(|notes| notes.push(text.to_string()));
}

/// Tells what a case has told, in one piece: another one may run beside it.
#[expect(clippy::print_stderr, reason = "the terminal of the tests: a run on the lab is worth its figures")]
pub(crate) fn tell(case: &str, took: Duration) {
    let notes = NOTES.take().into_iter().map(|note| format!("\n  | {note}"));
    eprintln!("\n{case} took {:.0} s{}", took.as_secs_f64(), notes.collect::<String>());
}

/// The trials of all cases.
pub(crate) fn trials(cases: &[&'static [Case]]) -> Vec<Trial> {
    let trial = |case: &'static Case| Trial::ignorable_test(case.name, || run(case));
    cases.iter().copied().flatten().map(trial).collect()
}

/// The variable that asks for the lab: the tests of the workspace must not wait for it.
const ASKED: &str = "FLUXLIFT_LAB";

/// How long a case may take; the longest takes three minutes.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Whether Ctrl-C was pressed: what has not begun does not begin, and what runs takes its lab down.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// What all cases need, looked for once.
struct Equipment {
    tools: Tools,
    /// fluxlift as it is in this checkout, or why it could not be built.
    fluxlift: Result<PathBuf, String>,
}

/// Where the programs are, when the lab was asked for.
pub(crate) fn asked_for() -> Result<Tools, String> {
    if std::env::var_os(ASKED).is_none() {
        return Err(format!("real programs run for minutes, and only when asked for: `just e2e`, or {ASKED}=1"));
    }
    Ok(Tools::of_environment(|name| std::env::var_os(name)))
}

/// The equipment, or why there is none on this machine.
fn equipment() -> &'static Result<Equipment, String> {
    static EQUIPMENT: OnceLock<Result<Equipment, String>> = OnceLock::new();
    EQUIPMENT.get_or_init(|| {
        let tools = asked_for()?;
        ground::isolation()?;
        let missing = tools.missing(&tools::FLUX);
        if !missing.is_empty() {
            return Err(format!("missing: {}; see cargo xtask tools", missing.join(", ")));
        }
        let fluxlift = std::env::var_os("FLUXLIFT_BIN").map(PathBuf::from).map_or_else(build, Ok);
        Ok(Equipment { tools, fluxlift })
    })
}

fn build() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    product::build(Path::new(&cargo))
}

fn run(case: &Case) -> Result<Completion, Failed> {
    if INTERRUPTED.load(Ordering::Relaxed) {
        return Ok(Completion::ignored_with("interrupted"));
    }
    let equipment = match equipment() {
        Ok(equipment) => equipment,
        Err(reason) => return Ok(Completion::ignored_with(reason)),
    };
    let missing = equipment.tools.missing(case.needs);
    if !missing.is_empty() {
        return Ok(Completion::ignored_with(format!("missing: {0}; cargo xtask tools {0}", missing.join(" "))));
    }
    let fluxlift = equipment.fluxlift.as_ref().map_err(String::as_str)?;
    let began = Instant::now();
    // One thread: what a lab starts is tied to the thread that started it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let done = |()| Completion::Completed;
        match case.run {
            Run::Lab(run) => {
                let mut stage = Stage::start(&equipment.tools, fluxlift).await.map_err(|broken| broken.0)?;
                let verdict = in_time(run(&mut stage)).await;
                tell(case.name, began.elapsed());
                let interrupted = INTERRUPTED.load(Ordering::Relaxed);
                let mut explained = |Broken(why)| if interrupted { why } else { stage.explain(&why) };
                verdict.map(done).map_err(|broken| explained(broken).into())
            }
            Run::Alone(run) => {
                let verdict = in_time(run(&Alone { tools: &equipment.tools, fluxlift })).await;
                tell(case.name, began.elapsed());
                verdict.map(done).map_err(|Broken(why)| why.into())
            }
        }
    })
}

/// The verdict of a case, unless it hangs: nobody else has a limit for all that it waits for.
async fn in_time(case: impl Future<Output = Verdict>) -> Verdict {
    let hung = |_| Broken(format!("it has not ended after {} minutes", PATIENCE.as_secs() / 60));
    tokio::select! {
        verdict = tokio::time::timeout(PATIENCE, case) => verdict.map_err(hung)?,
        _ = tokio::signal::ctrl_c() => {
            INTERRUPTED.store(true, Ordering::Relaxed);
            Err(Broken("interrupted".to_owned()))
        }
    }
}
