//! The support bundle: what is in it, and that no secret is.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use clap::Parser as _;
use fluxlift::args::{Cli, Scope};
use fluxlift::bundle::{About, Known, write};
use fluxlift::modules;
use fluxlift::reach::Reach;
use fluxlift::run::{Pace, Setting, at_pace};
use fluxlift::system::System;
use fluxlift::watchdog::Witness;
use fluxlift::workspace::Workspace;
use fluxlift_core::Value as Marked;
use fluxlift_flux::Strategy;
use fluxlift_gate::{TokioClock, pace};
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Caller, Effect, Fault, GroupResource, Key, LogLine, Part, Patch, Reason, Status};
use fluxlift_sim::{Datacenter, Net, World};
use serde_json::{Value, json};

use crate::converged::{SEED, converged};
use crate::served::Served;
use crate::tree::{Tree, run_in};

const NAMESPACE: &str = "flux-system";
const RELEASES: GroupResource = GroupResource::known("helm.toolkit.fluxcd.io", "helmreleases");
const REPOSITORIES: GroupResource = GroupResource::known("source.toolkit.fluxcd.io", "gitrepositories");

/// One secret for each place where one may be, with signs that every spelling writes differently.
const IN_A_SECRET: &str = "s3cr3t/of+a=Secret&1";
const IN_ANOTHER_NAMESPACE: &str = "elsewhere-P4ssw0rd!";
const IN_AN_ANNOTATION: &str = "an/annotation?s-token";
const IN_A_URL: &str = "urlpassw0rd%21x";
const IN_VALUES: &str = "values-\"quoted\"-passw0rd";
const IN_THE_ENVIRONMENT: &str = "environment+token/0123";
const IN_THE_RUN: &str = "marked-as-sensitive-9";
const AGE: &str = "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SQQQQQQ";
/// A keystore, which is no text.
const BINARY: &[u8] = b"\xfe\xed\xfe\xedkeystore\x00\x9f\xd3\x01-and-its-key\xff";
const NOBODY_KNOWS: &str = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

fn seeded() -> [&'static str; 9] {
    [
        IN_A_SECRET,
        IN_ANOTHER_NAMESPACE,
        IN_AN_ANNOTATION,
        IN_A_URL,
        IN_VALUES,
        IN_THE_ENVIRONMENT,
        IN_THE_RUN,
        AGE,
        NOBODY_KNOWS,
    ]
}

/// How somebody may write `secret`: plain, in JSON, in base64 alone and within a longer text, percent-encoded in both cases.
fn written(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let percent = |lower: bool| -> String {
        let hex = |byte: u8| if lower { format!("%{byte:02x}") } else { format!("%{byte:02X}") };
        secret.bytes().map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { hex(b) }).collect()
    };
    let mut all = vec![secret.to_owned(), json.trim_matches('"').to_owned(), percent(true), percent(false)];
    all.extend(["", "a", "ab", "user:"].map(|before| STANDARD.encode(format!("{before}{secret}"))));
    all.push(STANDARD.encode(STANDARD.encode(secret)));
    all
}

/// What is left of `secret` in a file that was not cleaned, however it was written there.
fn traces(secret: &str) -> Vec<String> {
    let mut all = written(secret);
    for before in ["", "a", "ab"] {
        let encoded = STANDARD_NO_PAD.encode(format!("{before}{secret}"));
        // Without the characters that share bits with their neighbours.
        all.push(encoded[4..encoded.len() - 2].to_owned());
    }
    all
}

/// How somebody may write the secret that is no text.
fn binary_written() -> Vec<String> {
    let hex: String = BINARY.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![STANDARD.encode(BINARY), hex.to_uppercase(), hex, String::from_utf8_lossy(BINARY).into_owned()];
    all.extend([&b"a"[..], b"ab", b"user:"].map(|before| STANDARD.encode([before, BINARY, b"!"].concat())));
    all
}

/// What is left of it in a file that was not cleaned.
fn binary_traces() -> Vec<String> {
    let middle = |before: &[u8]| {
        let encoded = STANDARD_NO_PAD.encode([before, BINARY].concat());
        encoded[4..encoded.len() - 2].to_owned()
    };
    let mut all = binary_written();
    all.extend([&b""[..], b"a", b"ab"].map(middle));
    all
}

fn controller<'a>(world: &World) -> Caller<'a> {
    Caller::controller("test", world.now)
}

/// Puts each secret where one may be: into Secrets, annotations, addresses, values, conditions, events and logs.
fn seed(world: &mut World) {
    let caller = controller(world);
    for (namespace, name, value) in
        [(NAMESPACE, "git-password", IN_A_SECRET), ("default", "db", IN_ANOTHER_NAMESPACE), (NAMESPACE, "old-age", AGE)]
    {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name},
            "type": "Opaque", "data": {"password": STANDARD.encode(value)}});
        world.kube.api.create(&caller, &GroupResource::SECRETS, Some(namespace), secret).unwrap();
    }
    let keystore = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keystore"},
        "type": "Opaque", "data": {"store.jks": STANDARD.encode(BINARY)}});
    world.kube.api.create(&caller, &GroupResource::SECRETS, Some("default"), keystore).unwrap();
    let mut everything: Vec<String> = seeded().iter().flat_map(|secret| written(secret)).collect();
    everything.extend(binary_written());
    let everything = everything.join(" ");
    let message = format!("install failed: password {IN_A_SECRET} was refused; {everything}");
    let release = Key::namespaced(&RELEASES, "default", "atuin");
    let last = json!({"token": IN_AN_ANNOTATION}).to_string();
    let patch = json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": last}},
        "spec": {"suspend": true, "values": {"postgres": {"adminPassword": IN_VALUES, "apiToken": IN_AN_ANNOTATION}}}});
    world.kube.api.patch(&caller, &release, &Patch::Merge(patch), Part::Object).unwrap();
    let conditions = json!([{"type": "Ready", "status": "False", "reason": "InstallFailed", "message": message,
        "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
    world
        .kube
        .api
        .patch(&caller, &release, &Patch::Merge(json!({"status": {"conditions": conditions}})), Part::Status)
        .unwrap();
    let repository = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": {"name": "mine"},
        "spec": {"url": format!("https://me:{IN_A_URL}@git.example.org/x.git"), "interval": "1h", "suspend": true}});
    world.kube.api.create(&caller, &REPOSITORIES, Some(NAMESPACE), repository).unwrap();
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "mine.1"}, "type": "Warning", "reason": "Failed",
        "message": message, "involvedObject": {"kind": "HelmRelease", "namespace": "default", "name": "atuin",
            "apiVersion": "helm.toolkit.fluxcd.io/v2"}});
    world.kube.api.create(&caller, &GroupResource::EVENTS, Some("default"), event).unwrap();
    let at = world.now;
    let line = json!({"level": "error", "error": message, "url": format!("https://x:{IN_A_URL}@git.example.org/")})
        .to_string();
    for (name, lines) in &mut world.kube.logs {
        if name.starts_with(NAMESPACE) {
            lines.push(LogLine { at, text: line.clone() });
            lines.push(LogLine { at, text: message.clone() });
        }
    }
}

/// The files of a bundle of the seeded cluster.
fn bundle(tree: &Tree, mut world: World, file: &Path) {
    let mut system = System::look().unwrap_or_else(|failure| panic!("{}", failure.render()));
    (system.now, system.seed) = (world.now, SEED);
    system.env.vars.insert("GITHUB_TOKEN".into(), IN_THE_ENVIRONMENT.into());
    seed(&mut world);
    let done = at_pace(Pace::Virtual, &Witness::default(), async {
        let clock = Arc::new(TokioClock::starting_at(world.now));
        let datacenter = Datacenter::new(world, clock.clone());
        let driver = datacenter.run();
        pace(Duration::from_secs(1)).await;
        let net = Net::new(datacenter.clone());
        let modules = modules::simulated(net.clone(), clock.clone(), &system, Strategy::default());
        let setting = Setting { modules, clock: clock.clone(), owner: system.owner("bundle") };
        let folder = tree.cluster();
        let global =
            Cli::try_parse_from(["fluxlift", "bundle", "--working-dir", folder.to_str().unwrap()]).unwrap().global;
        let workspace = Workspace::at(&folder, &system, "apply", Scope::All)?;
        let mut known = Known::of_units(&setting.engine(&workspace), &workspace.blueprint).await;
        assert!(known.len() > 5, "the tree has secrets of its own: {known:?}");
        known.add_marked(&Marked::from(IN_THE_RUN).sensitive());
        let because = Some(format!("flux-instance: {IN_THE_RUN} did not open the door"));
        let (kubeconfig, _) = Reach::default().find(&global, &system, &setting).await?;
        let home = Some(&workspace.home);
        let about = About { cluster: Some(kubeconfig), home, ledger: None, known, because };
        write(file, about, &global, &system, Arc::new(net), clock).await?;
        driver.abort();
        Ok(())
    });
    done.unwrap_or_else(|failure| panic!("{}", failure.render()));
}

/// The files of a bundle.
pub(crate) fn unpacked(archive: &Path) -> BTreeMap<String, String> {
    let file = std::fs::File::open(archive).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (name.strip_prefix("fluxlift-bundle/").unwrap().to_owned(), text)
    });
    entries.collect()
}

#[test]
fn no_file_of_a_bundle_has_any_of_the_secrets_that_are_everywhere_in_the_cluster() {
    let (tree, world) = converged();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundle.tar.gz");
    bundle(&tree, world, &file);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the temporary file is gone");
    let files = unpacked(&file);
    for secret in seeded() {
        for spelling in traces(secret) {
            for (name, text) in &files {
                assert!(!name.contains(&spelling) && !text.contains(&spelling), "{name} has {secret} as {spelling}");
            }
        }
    }
    for spelling in binary_traces() {
        for (name, text) in &files {
            assert!(!text.contains(&spelling), "{name} has the keystore as {spelling}");
        }
    }
    // The keys of the tree's own state, too.
    let all: String = files.values().map(String::as_str).collect();
    assert!(!all.contains("PRIVATE KEY") && !all.contains("AGE-SECRET-KEY") && !all.contains("LS0tLS1CRUdJTiB"));
    // And it is still worth reading.
    for name in [
        "bundle.json",
        "doctor.json",
        "status.json",
        "events.json",
        "secrets.json",
        "journal.jsonl",
        "objects/helmreleases.json",
    ] {
        assert!(files.contains_key(name), "{name} is not among {:?}", files.keys());
    }
    assert!(files.keys().any(|name| name.starts_with("logs/helm-controller")));
    assert!(files.values().all(|text| !text.contains("left out")), "a file was left out");
    let releases: Value = serde_json::from_str(&files["objects/helmreleases.json"]).unwrap();
    let atuin = releases.as_array().unwrap().iter().find(|release| release["metadata"]["name"] == "atuin").unwrap();
    let message = atuin["status"]["conditions"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("install failed: password [redacted] was refused; "), "{message}");
    assert!(atuin["spec"]["values"].is_null() && atuin["spec"]["chartRef"].is_object(), "{atuin}");
    let secrets: Value = serde_json::from_str(&files["secrets.json"]).unwrap();
    assert!(
        secrets
            .as_array()
            .unwrap()
            .contains(&json!({"name": "git-password", "namespace": NAMESPACE, "type": "Opaque", "keys": ["password"]}))
    );
    let about: Value = serde_json::from_str(&files["bundle.json"]).unwrap();
    assert_eq!(about["unread"], json!([]));
    assert_eq!(about["because"], "flux-instance: [redacted] did not open the door");
}

#[test]
fn a_run_that_fails_writes_the_bundle_that_it_was_asked_for_and_ends_as_it_would_without() {
    let (tree, _) = converged();
    let _turn = crate::served::Turn::take();
    let line = "apply --auto-approve --unit-deadline 1s --bundle failed.tar.gz";
    let folder = tree.cluster().join("flux-instance");
    let ran = run_in(&folder, line);
    assert_eq!(ran.code, run_in(&folder, line.split(" --bundle").next().unwrap()).code);
    assert!(ran.code != 0 && ran.err.contains("Bundled"), "{}", ran.err);
    let about: Value = serde_json::from_str(&unpacked(&folder.join("failed.tar.gz"))["bundle.json"]).unwrap();
    assert!(about["because"].as_str().unwrap().contains("got no answer from https://"), "{about}");
    // Those of the whole tree, not only of the unit that was run.
    assert!(about["secrets_looked_for"].as_u64().unwrap() > 5, "{about}");
    assert!(!about["unread"].to_string().contains("not looked for"), "{about}");
    let nowhere = run_in(&folder, &line.replace("failed", "no/such/folder/failed"));
    assert_eq!(nowhere.code, ran.code);
    assert!(nowhere.err.contains("could not be written"), "{}", nowhere.err);
}

#[test]
fn secrets_that_may_not_be_read_are_named_on_stderr_and_in_the_document_and_not_only_in_the_archive() {
    let (tree, world) = converged();
    let served = Served::start(world);
    let readable = run_in(&tree.cluster(), "bundle out.tar.gz -o json");
    assert_eq!((readable.code, &readable.json()["not_looked_for"]), (0, &json!([])), "{}", readable.err);
    assert!(!readable.err.contains("not looked for"), "{}", readable.err);
    let refusal = Status::new(403, Reason::Forbidden, "no right to list Secrets");
    served.with(|world| {
        let refused = Fault::any(u32::MAX, Effect::Refuse(refusal));
        world.kube.faults.add(refused.on(Verb::List, GroupResource::SECRETS));
    });
    let ran = run_in(&tree.cluster(), "bundle out.tar.gz -o json");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let files = unpacked(&tree.cluster().join("out.tar.gz"));
    for what in ["the Secrets of other namespaces", "the Secrets of flux-system"] {
        assert!(ran.err.contains(what) && ran.err.contains("may be in the bundle"), "{}", ran.err);
        assert!(ran.json()["not_looked_for"].to_string().contains(what), "{}", ran.out);
        assert!(files["bundle.json"].contains(what), "{}", files["bundle.json"]);
    }
}

#[test]
fn a_cluster_that_is_gone_leaves_its_journal_and_the_reason() {
    let (tree, _) = converged();
    let _turn = crate::served::Turn::take();
    let ran = run_in(&tree.cluster(), "bundle out.tar.gz");
    assert_eq!((ran.code, ran.out.as_str()), (0, "out.tar.gz\n"), "{}", ran.err);
    let files = unpacked(&tree.cluster().join("out.tar.gz"));
    assert!(files["doctor.json"].contains("api-unreachable"));
    assert!(files["journal.jsonl"].lines().count() > 10 && files["ledger.json"].contains("proven"));
    assert!(files["bundle.json"].contains("does not answer"));
    let nowhere = run_in(&tree.cluster(), "bundle no/such/folder/out.tar.gz");
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.err.contains("could not be written"), "{}", nowhere.err);
}
