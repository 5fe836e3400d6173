//! Trees to run the binary in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fluxlift::demo::{Gitops, LIVE, write};
use tempfile::TempDir;

/// A tree in a temporary folder.
pub(crate) struct Tree(TempDir);

impl Tree {
    /// The reference tree, as a demo writes it.
    pub(crate) fn reference() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let gitops = Gitops {
            repository: "http://127.101.0.4:3000/home-ops.git".into(),
            chart: "oci://127.101.0.3:5000/charts/flux-operator".into(),
            operator_version: "0.58.1".into(),
            flux_version: "2.9.4".into(),
        };
        write(folder.path(), &gitops).unwrap();
        Self(folder)
    }

    /// A tree of `files`, by path.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        // The root of the repository.
        fs::create_dir_all(folder.path().join(".git")).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The cluster of the reference tree.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.path().join(LIVE)
    }

    /// Changes a file of the tree, and gives what it was.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) -> String {
        let path = self.path().join(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{} does not hold {from}", path.display());
        fs::write(path, text.replace(from, to)).unwrap();
        text
    }

    /// Runs the binary in the root of the tree.
    pub(crate) fn run(&self, line: &str) -> Ran {
        run_in(self.path(), line)
    }
}

/// What the binary did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// Runs the binary in `folder` with the arguments of `line`, without a terminal and without the user's variables.
pub(crate) fn run_in(folder: &Path, line: &str) -> Ran {
    run_with(folder, line, &[])
}

/// The same with variables.
pub(crate) fn run_with(folder: &Path, line: &str, vars: &[(&str, &str)]) -> Ran {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_fluxlift"))
        .args(line.split_whitespace())
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("PATH", "/usr/bin:/bin")
        .env("RUST_BACKTRACE", "0")
        .envs(vars.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    // The folder has another name in every run.
    let text = |bytes: Vec<u8>| {
        let real = folder.canonicalize().unwrap().display().to_string();
        String::from_utf8(bytes).unwrap().replace(&real, "<tree>").replace(&folder.display().to_string(), "<tree>")
    };
    Ran { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}
