//! What `docs/performance.md` reports, measured on this machine with a release build.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::crowd;

/// Builds a release, then measures and prints one Markdown table.
pub(crate) fn run() -> Result<(), String> {
    let target = std::env::temp_dir().join(format!("fluxlift-bench-{}", std::process::id()));
    let result = measure(&target);
    // The folder is ours, and its loss would cost nothing.
    let _ = std::fs::remove_dir_all(&target);
    result
}

fn measure(target: &Path) -> Result<(), String> {
    let build = timed(
        Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--package", "fluxlift"])
            .env("CARGO_TARGET_DIR", target),
    )?;
    let binary = target.join("release/fluxlift");
    let size = std::fs::metadata(&binary).map_err(|e| format!("{}: {e}", binary.display()))?.len();
    let demo = target.join("demo");
    let run = timed(quiet(Command::new(&binary).args(["demo", "-o", "json", "--dir"]).arg(&demo)))?;
    println!("| what | seen | goal |\n|---|---|---|");
    println!("| clean `cargo build --release` | {:.0} s | under 600 s |", build.as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "a size in megabytes")]
    let size = size as f64;
    println!("| stripped binary | {:.1} MB | at most 25 MB |", size / 1e6);
    println!("| `fluxlift demo`, a whole bootstrap in virtual time | {:.2} s | under 10 s |", run.as_secs_f64());
    let version = median(21, || timed(quiet(Command::new(&binary).arg("--version"))))?;
    println!("| `fluxlift --version`, median of 21 | {:.1} ms | at most 10 ms |", version.as_secs_f64() * 1e3);
    let _sim = Served::start(&binary, &demo)?;
    let live = demo.join("terraform/infra/live/clusters/cluster-101");
    let plan =
        median(11, || timed(quiet(Command::new(&binary).args(["run-all", "plan", "--working-dir"]).arg(&live))))?;
    println!(
        "| `run-all plan` against the served sim, median of 11 | {:.0} ms | at most 100 ms |",
        plan.as_secs_f64() * 1e3
    );
    crowd(&binary, target)
}

/// Measures what `status` of a crowd takes, of a program that is built already.
pub(crate) fn status(binary: Option<&str>) -> Result<(), String> {
    let binary = binary.ok_or("name the program to measure")?;
    crowd(Path::new(binary), &std::env::temp_dir())
}

/// A status of ten thousand releases: the time it takes, and the memory.
fn crowd(binary: &Path, folder: &Path) -> Result<(), String> {
    let kubeconfig = crowd::serve(folder)?;
    let mut seen = (0..5).map(|_| crowd::status(binary, &kubeconfig)).collect::<Result<Vec<_>, _>>()?;
    seen.sort_by_key(|seen| seen.took);
    let memory = seen.iter().map(|seen| seen.memory).max().unwrap_or_default();
    println!(
        "| `status` of 10,000 HelmReleases and as many HelmCharts, median of 5 | {:.2} s | at most 2 s |",
        seen[2].took.as_secs_f64()
    );
    println!("| its memory at the peak, the most of 5 | {} MB | at most 150 MB |", memory / 1000);
    Ok(())
}

/// A sim that serves on loopback until it is dropped.
struct Served(Child);

impl Served {
    fn start(binary: &PathBuf, dir: &Path) -> Result<Self, String> {
        let mut command = Command::new(binary);
        command.args(["sim", "-o", "json", "--dir"]).arg(dir).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn();
        let mut served = Self(child.map_err(|e| format!("the sim cannot be started: {e}"))?);
        let mut line = String::new();
        let out = served.0.stdout.take().ok_or("the sim has no output")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).map_err(|e| e.to_string())?;
        if line.is_empty() { Err("the sim ended before it served".to_owned()) } else { Ok(served) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null())
}

fn timed(command: &mut Command) -> Result<Duration, String> {
    let started = Instant::now();
    let status = command.status().map_err(|e| format!("{command:?}: {e}"))?;
    if status.success() { Ok(started.elapsed()) } else { Err(format!("{command:?} ended with {status}")) }
}

fn median(times: usize, mut once: impl FnMut() -> Result<Duration, String>) -> Result<Duration, String> {
    let mut seen = (0..times).map(|_| once()).collect::<Result<Vec<_>, _>>()?;
    seen.sort();
    Ok(seen[times / 2])
}
