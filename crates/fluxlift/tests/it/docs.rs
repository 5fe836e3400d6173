//! Every command in the documentation is run as it stands there, with the real program and a real shell.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use clap::Parser as _;

use crate::converged::SEED;
use crate::served::Turn;

/// Commands that a test can't run, and why.
const ELSEWHERE: [(&str, &str); 5] = [
    ("terraform state pull > state.json", "it is Terraform's"),
    (
        "fluxlift migrate --check --repo ~/home-ops --terraform-state state.json",
        "it reads somebody's checkout and state; the tests of migrate make both",
    ),
    ("cargo run --release -- demo", "it builds a release; the demo itself is in docs/demo.md"),
    ("cargo test --workspace", "it is what runs this test"),
    (
        "fluxlift bootstrap --kubeconfig try/kubeconfig --git-url http://127.101.0.4:3000/home-ops.git \
         --path kubernetes/clusters/cluster-101 --chart oci://127.101.0.3:5000/charts/flux-operator",
        "it takes three minutes of real time; the tests of bootstrap run it in virtual time",
    ),
];

/// Commands whose exit code is not 0: the text around them says so.
const CODES: [(&str, i32); 3] = [
    ("fluxlift demo --strategy naive", 3),
    ("fluxlift demo --strategy sleep --cache-sync 60s", 3),
    ("fluxlift demo --strategy naive --flux-profile 2.4 --observe-for 10m", 3),
];

/// The documents, by their path in the repository.
fn documents() -> BTreeMap<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let in_docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let markdown = in_docs.filter(|path| path.extension().is_some_and(|kind| kind == "md"));
    let all = markdown.chain([root.join("README.md")]);
    all.map(|path| (path.strip_prefix(&root).unwrap().to_owned(), fs::read_to_string(&path).unwrap())).collect()
}

/// The commands of a document: the lines with a prompt in its fenced blocks, and every line of blocks for a shell.
fn commands(text: &str) -> Vec<String> {
    let mut block: Option<&str> = None;
    let mut found: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines().map(str::trim) {
        if let Some(language) = line.strip_prefix("```") {
            block = if block.is_some() { None } else { Some(language) };
            continue;
        }
        let Some(language) = block else { continue };
        let script = matches!(language, "sh" | "bash" | "shell") && !line.is_empty() && !line.starts_with('#');
        let command = line.strip_prefix("$ ").or_else(|| (script || line.starts_with("fluxlift ")).then_some(line));
        let command = if goes_on { Some(line) } else { command };
        let Some(command) = command else { continue };
        let whole = command.trim_end_matches('\\').trim_end();
        match found.last_mut().filter(|_| goes_on) {
            Some(before) => *before = format!("{before} {whole}"),
            None => found.push(whole.to_owned()),
        }
        goes_on = command.ends_with('\\');
    }
    found
}

/// A shell in `folder` that finds the program by its name.
fn shell(folder: &Path, line: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_fluxlift")).parent().unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .env("FLUXLIFT_SEED", SEED.to_string())
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .stdin(Stdio::null());
    command
}

/// Runs `line` and holds it to its exit code.
fn run(folder: &Path, document: &Path, line: &str) {
    let Output { status, stderr, .. } = shell(folder, line).output().unwrap();
    let code = CODES.iter().find(|(known, _)| *known == line).map_or(0, |(_, code)| *code);
    let said = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(code), "{}: {line}\n{said}", document.display());
}

/// A datacenter that a document serves, until its last command has run.
struct Serving {
    sim: Child,
    _turn: Turn,
}

impl Serving {
    fn start(folder: &Path, line: &str) -> Self {
        let turn = Turn::take();
        let mut sim = shell(folder, &format!("exec {line}")).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(sim.stderr.take().unwrap()).lines().map_while(Result::ok);
        // It says so once it answers at every address.
        assert!(said.any(|line| line.contains("Serving")), "{line} did not serve");
        // What it says later must have somewhere to go.
        std::thread::spawn(move || said.count());
        Self { sim, _turn: turn }
    }

    fn stop(mut self) {
        let pid = self.sim.id();
        assert!(Command::new("sh").args(["-c", &format!("kill -INT {pid}")]).status().unwrap().success());
        assert_eq!(self.sim.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.sim.kill();
        let _ = self.sim.wait();
    }
}

/// The commands of documents that begin with the same one, in one folder, as a reader would type them who goes from page
/// to page and does not make the same thing again.
fn follow(first: &str, documents: &[(PathBuf, Vec<String>)]) {
    let folder = tempfile::tempdir().unwrap();
    for (number, (document, lines)) in documents.iter().enumerate() {
        let is_there = |line: &str| number > 0 && line == first && !serves(line);
        let mut serving = None;
        for line in lines.iter().filter(|line| !is_there(line)) {
            if serves(line) {
                serving = Some(Serving::start(folder.path(), line));
            } else {
                run(folder.path(), document, line);
            }
        }
        if let Some(serving) = serving {
            serving.stop();
        }
    }
}

fn serves(line: &str) -> bool {
    line.starts_with("fluxlift sim ")
}

#[test]
fn every_command_in_the_documentation_does_what_the_text_says() {
    let elsewhere = |line: &str| ELSEWHERE.iter().any(|(known, _)| *known == line);
    let ours = |line: &String| line.split(' ').next() == Some("fluxlift") && !elsewhere(line);
    let mut seen = Vec::new();
    let mut by_first: BTreeMap<String, Vec<(PathBuf, Vec<String>)>> = BTreeMap::new();
    for (document, text) in documents() {
        let (run, others): (Vec<String>, Vec<String>) = commands(&text).into_iter().partition(ours);
        for line in &others {
            assert!(elsewhere(line), "{}: {line} is neither run nor listed as one that can't be", document.display());
        }
        seen.extend(run.iter().cloned().chain(others));
        if let Some(first) = run.first().cloned() {
            by_first.entry(first).or_default().push((document, run));
        }
    }
    std::thread::scope(|scope| {
        for (first, documents) in &by_first {
            scope.spawn(|| follow(first, documents));
        }
    });
    let gone = ELSEWHERE.iter().map(|(line, _)| line).chain(CODES.iter().map(|(line, _)| line));
    let gone: Vec<_> = gone.filter(|line| !seen.iter().any(|one| one == *line)).collect();
    assert!(gone.is_empty(), "no document has these any more: {gone:?}");
}

/// What stands between backquotes in running text and tables, and begins with our name.
fn named_in_passing(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let lines = text.lines().filter(|line| {
        fenced ^= line.trim_start().starts_with("```");
        !fenced
    });
    let spans = lines.flat_map(|line| line.split('`').skip(1).step_by(2));
    spans.filter(|span| span.starts_with("fluxlift ")).collect()
}

#[test]
fn every_command_that_is_named_in_passing_is_one_that_the_program_has() {
    use clap::error::ErrorKind::{self, DisplayHelp, DisplayVersion, MissingRequiredArgument};
    for (document, text) in documents() {
        for span in named_in_passing(&text) {
            // An ellipsis stands for whatever belongs there.
            let words = span.split_whitespace().map(|word| if word == "…" { "x" } else { word });
            if let Err(error) = fluxlift::args::Cli::try_parse_from(words) {
                let kind = error.kind();
                let no_subcommand = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
                let cut_short = [DisplayHelp, DisplayVersion, MissingRequiredArgument, no_subcommand];
                assert!(cut_short.contains(&kind), "{}: `{span}`: {error}", document.display());
            }
        }
    }
}

#[test]
fn commands_are_found_in_blocks_for_a_shell_and_behind_prompts_only() {
    let text = "fluxlift a\n\n```console\n$ fluxlift b \\\n    --c\nout\n```\n\n```bash\n# note\ncargo d\n```\n\n```hcl\ne = 1\n```\n";
    assert_eq!(commands(text), ["fluxlift b --c", "cargo d"]);
}
