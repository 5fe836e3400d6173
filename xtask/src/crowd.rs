//! A Kubernetes API with ten thousand HelmReleases in it, as far as `fluxlift status` asks for it.
//!
//! The sim would answer too, but what is measured is the reader: here every page lies ready in memory.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How many releases there are, each with a chart of its own.
const RELEASES: usize = 10_000;
/// Every so many releases depend on one that has failed.
const EVERY: usize = 10;
const PAGE: usize = 500;

/// What reading the crowd took.
pub(crate) struct Seen {
    /// From the start of the process to its end.
    pub(crate) took: Duration,
    /// The most memory that it had at a time, in kilobytes.
    pub(crate) memory: u64,
}

/// Answers by path and number of the page.
type Pages = BTreeMap<String, Vec<String>>;

/// Serves the crowd in the background, as long as this process lives, and writes a kubeconfig for it into `folder`.
pub(crate) fn serve(folder: &Path) -> Result<PathBuf, String> {
    let pages = Arc::new(pages());
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pages = Arc::clone(&pages);
            // A client that goes away ends its connection, and nothing else.
            std::thread::spawn(move || answer(&pages, stream).unwrap_or_default());
        }
    });
    let kubeconfig = json!({"apiVersion": "v1", "kind": "Config", "current-context": "crowd",
        "clusters": [{"name": "crowd", "cluster": {"server": format!("http://{address}")}}],
        "contexts": [{"name": "crowd", "context": {"cluster": "crowd", "user": "crowd"}}],
        "users": [{"name": "crowd", "user": {}}]});
    let path = folder.join("crowd.kubeconfig");
    std::fs::write(&path, kubeconfig.to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path)
}

/// Runs `binary status` over the crowd, and holds it to what it must have found.
pub(crate) fn status(binary: &Path, kubeconfig: &Path) -> Result<Seen, String> {
    let started = Instant::now();
    let mut command = Command::new(binary);
    command.args(["status", "-A", "-o", "json", "--kubeconfig"]).arg(kubeconfig).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
    let memory = watch_memory(child.id());
    let mut out = String::new();
    let mut stdout = child.stdout.take().ok_or("status has no output")?;
    std::io::Read::read_to_string(&mut stdout, &mut out).map_err(|e| e.to_string())?;
    let code = child.wait().map_err(|e| e.to_string())?.code();
    let took = started.elapsed();
    let report: Value = serde_json::from_str(&out).map_err(|e| format!("status wrote no document: {e}"))?;
    let summary = &report["summary"];
    let expected = (Some(3), Some(RELEASES / EVERY - 1), Some(1));
    let count = |field: &str| summary[field].as_u64().and_then(|count| usize::try_from(count).ok());
    if (code, count("pending"), count("stuck")) != expected {
        return Err(format!("status saw something else than what there is: {code:?} {summary}"));
    }
    let memory = memory.join().map_err(|_| "nobody watched the memory".to_owned())?;
    Ok(Seen { took, memory })
}

/// Follows the high-water mark of a process until it is gone.
fn watch_memory(pid: u32) -> std::thread::JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut most = 0;
        while let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) {
            let Some(mark) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
            most = most.max(mark.trim().trim_end_matches(" kB").parse().unwrap_or(0));
            pause();
        }
        most
    })
}

#[expect(clippy::disallowed_methods, reason = "nothing tells when another process takes more memory")]
fn pause() {
    std::thread::sleep(Duration::from_millis(2));
}

fn answer(pages: &Pages, stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        while !line.trim_end().is_empty() {
            line.clear();
            reader.read_line(&mut line)?;
        }
        let (path, query) = target.split_once('?').unwrap_or((target.as_str(), ""));
        let page = query.split('&').find_map(|pair| pair.strip_prefix("continue=")?.parse().ok()).unwrap_or(0_usize);
        let missing = json!({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}).to_string();
        let (code, body) = match pages.get(path).and_then(|pages| pages.get(page)) {
            Some(body) => ("200 OK", body),
            None => ("404 Not Found", &missing),
        };
        write!(writer, "HTTP/1.1 {code}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len())?;
        writer.write_all(body.as_bytes())?;
    }
}

fn pages() -> Pages {
    let mut pages = Pages::new();
    for (plural, group, version, objects) in [
        ("helmreleases", "helm.toolkit.fluxcd.io", "v2", (0..RELEASES).map(release).collect::<Vec<_>>()),
        ("helmcharts", "source.toolkit.fluxcd.io", "v1", (0..RELEASES).map(chart).collect()),
        ("helmrepositories", "source.toolkit.fluxcd.io", "v1", vec![repository()]),
    ] {
        let definition = json!({"spec": {"versions": [{"name": version, "served": true, "storage": true}]}});
        let crd = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.{group}");
        pages.insert(crd, vec![definition.to_string()]);
        pages.insert(format!("/apis/{group}/{version}/{plural}"), list(&objects));
    }
    for core in [
        "api/v1/namespaces/flux-system/pods",
        "apis/apps/v1/namespaces/flux-system/deployments",
        "apis/apps/v1/namespaces/flux-system/replicasets",
        "apis/coordination.k8s.io/v1/namespaces/flux-system/leases",
    ] {
        pages.insert(format!("/{core}"), list(&[]));
    }
    pages
}

fn list(objects: &[Value]) -> Vec<String> {
    let last = objects.len().div_ceil(PAGE).max(1) - 1;
    let page = |number: usize| {
        let items: Vec<&Value> = objects.iter().skip(number * PAGE).take(PAGE).collect();
        let next = if number < last { (number + 1).to_string() } else { String::new() };
        json!({"metadata": {"resourceVersion": "1", "continue": next}, "items": items}).to_string()
    };
    (0..=last).map(page).collect()
}

/// About as much as a real release carries: values, managed fields, history.
fn release(number: usize) -> Value {
    let name = format!("release-{number:05}");
    let values: BTreeMap<String, Value> = (0..20)
        .map(|n| (format!("setting{n}"), json!({"enabled": true, "image": format!("registry.example/{name}:{n}")})))
        .collect();
    let (conditions, depends) = match number {
        0 => (
            json!([condition("Ready", "False", "InstallFailed"), condition("Stalled", "True", "RetriesExceeded")]),
            json!([]),
        ),
        n if n % EVERY == 0 => {
            (json!([condition("Ready", "False", "DependencyNotReady")]), json!([{"name": "release-00000"}]))
        }
        _ => (
            json!([condition("Ready", "True", "InstallSucceeded"), condition("Released", "True", "InstallSucceeded")]),
            json!([]),
        ),
    };
    let observed = if number.is_multiple_of(EVERY) && number > 0 { -1 } else { 1 };
    let spec = json!({"interval": "1h", "dependsOn": depends, "values": values,
        "chart": {"spec": {"chart": "app", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}}});
    let history: Vec<Value> =
        (0..3).map(|n| json!({"name": name, "version": 3 - n, "status": "deployed", "digest": "sha256:00"})).collect();
    let status = json!({"observedGeneration": observed, "conditions": conditions, "history": history});
    object("HelmRelease", &name, spec, status)
}

fn chart(number: usize) -> Value {
    let spec = json!({"chart": "app", "sourceRef": {"kind": "HelmRepository", "name": "charts"}});
    object("HelmChart", &format!("apps-release-{number:05}"), spec, fetched())
}

fn repository() -> Value {
    object("HelmRepository", "charts", json!({"url": "https://charts.example"}), fetched())
}

fn fetched() -> Value {
    json!({"observedGeneration": 1, "conditions": [condition("Ready", "True", "Succeeded")],
        "artifact": {"revision": "sha256:01", "lastUpdateTime": "2026-01-01T00:00:00Z"}})
}

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "observedGeneration": 1,
        "message": format!("{reason}: what a controller writes here is about as long as this sentence"),
        "lastTransitionTime": "2026-01-01T00:00:00Z"})
}

fn object(kind: &str, name: &str, spec: Value, status: Value) -> Value {
    let paths: BTreeMap<String, Value> =
        (0..30).map(|n| (format!("f:setting{n}"), json!({"f:enabled": {}, "f:image": {}}))).collect();
    let fields = json!([{"manager": "kustomize-controller", "operation": "Apply", "time": "2026-01-01T00:00:00Z",
        "fieldsV1": {"f:spec": {"f:values": paths}}}]);
    json!({"apiVersion": "example/v1", "kind": kind, "spec": spec, "status": status, "metadata": {"name": name,
        "namespace": "apps", "generation": 1, "uid": name, "resourceVersion": "1", "managedFields": fields,
        "creationTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["finalizers.fluxcd.io"]}})
}
