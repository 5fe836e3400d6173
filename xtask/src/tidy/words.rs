//! What may stand nowhere: prints in libraries, sleeps, allowances, stubs, examples that nobody runs, and places outside
//! the repository.

use super::Finding;
use super::source::{Tree, lines_before_tests};

/// A pattern that may not stand in some files, and why.
struct Ban {
    needles: &'static [&'static str],
    /// Paths that may hold it.
    except: &'static [&'static str],
    why: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        needles: &["println!(", "eprintln!(", "print!(", "eprint!(", "dbg!("],
        except: &["crates/fluxlift/src/ui/", "e2e/src/bin/", "xtask/"],
        why: "libraries never print: emit an event",
    },
    Ban {
        needles: &["time::sleep(", "time::sleep_until(", "thread::sleep("],
        except: &["crates/fluxlift-gate/", "crates/fluxlift-sim/", "e2e/src/patience.rs", "xtask/"],
        why: "a wait is a gate: only fluxlift-gate and the sim may let time pass",
    },
    Ban {
        needles: &["#[allow(", "#![allow("],
        except: &["xtask/src/tidy/"],
        why: "say why: #[expect(…, reason = \"…\")]",
    },
    Ban {
        needles: &["todo!(", "unimplemented!(", "panic!(\"not implemented", "panic!(\"not yet implemented"],
        except: &["xtask/src/tidy/"],
        why: "a stub is not done",
    },
    Ban {
        needles: &["TcpStream::connect("],
        except: &["crates/fluxlift-net/src/dial.rs", "e2e/src/etcd_watch.rs", "xtask/"],
        why: "connections come from the injected Dial",
    },
    Ban {
        needles: &["env::var(", "env::var_os(", "env::vars(", "env::vars_os("],
        except: &["crates/fluxlift/src/", "e2e/src/bin/", "xtask/"],
        why: "the environment comes in as a parameter",
    },
];

/// Folders of people, and hosts of package registries: nothing in the repository may name them.
const PLACES: &[&str] =
    &["/home/", "proxy.golang", "sum.golang", "static.crates", "index.crates", "pythonhosted.org", "registry.npmjs"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.product() {
        for ban in BANS.iter().filter(|ban| !ban.except.iter().any(|prefix| path.starts_with(prefix))) {
            for (n, line) in lines_before_tests(text) {
                let code = line.split("//").next().unwrap_or(line);
                if ban.needles.iter().any(|needle| code.contains(needle)) {
                    findings.push(Finding::new(format!("{path}:{n}"), ban.why));
                }
            }
        }
    }
    for (path, text) in tree.product().filter(|(path, _)| path.starts_with("crates/")) {
        findings.extend(examples(text).map(|n| {
            Finding::new(format!("{path}:{n}"), "doc examples are not run here: write a test, or fence it as ```text")
        }));
    }
    for (path, text) in tree.all().filter(|(path, _)| !path.ends_with(".lock") && !path.starts_with("xtask/src/tidy/"))
    {
        for (n, line) in text.lines().enumerate() {
            let mut places = PLACES.iter().copied().chain(tree.here());
            if let Some(place) = places.find(|place| line.contains(place)) {
                findings.push(Finding::new(
                    format!("{path}:{}", n + 1),
                    format!("it names {place}, a place outside the repository"),
                ));
            }
        }
    }
    findings
}

/// The lines at which a doc comment opens a fence that rustdoc would take for Rust.
fn examples(text: &str) -> impl Iterator<Item = usize> {
    let mut inside = false;
    text.lines().enumerate().filter_map(move |(n, line)| {
        let comment = line.trim_start();
        let doc = comment.strip_prefix("//!").or_else(|| comment.strip_prefix("///"))?;
        let language = doc.trim_start().strip_prefix("```")?;
        inside = !inside;
        let is_rust = language.is_empty() || ["rust", "should_panic", "no_run"].iter().any(|l| language.starts_with(l));
        (inside && is_rust).then_some(n + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|f| f.what).collect()
    }

    #[test]
    fn a_library_that_prints_is_found_and_the_terminal_is_not() {
        assert_eq!(found("crates/fluxlift-kube/src/a.rs", "println!(\"x\");").len(), 1);
        assert!(found("crates/fluxlift/src/ui/a.rs", "println!(\"x\");").is_empty());
    }

    #[test]
    fn a_sleep_outside_the_gate_driver_is_found() {
        assert_eq!(found("crates/fluxlift-flux/src/a.rs", "tokio::time::sleep(x).await;").len(), 1);
        assert!(found("crates/fluxlift-gate/src/a.rs", "tokio::time::sleep(x).await;").is_empty());
    }

    #[test]
    fn an_allowance_without_a_reason_is_found() {
        assert_eq!(found("crates/a/src/a.rs", "#[allow(dead_code)]").len(), 1);
    }

    #[test]
    fn a_doc_example_that_nobody_runs_is_found_and_a_drawing_is_not() {
        assert_eq!(found("crates/a/src/a.rs", "/// ```\n/// f();\n/// ```\nfn f() {}").len(), 1);
        assert!(found("crates/a/src/a.rs", "//! ```text\n//! a -> b\n//! ```\n").is_empty());
    }

    #[test]
    fn a_place_of_one_machine_is_found_in_any_text_file() {
        assert_eq!(found("docs/a.md", "see /home/someone/x").len(), 1);
        let tree = Tree::of(&[("docs/a.md", "cd /srv/checkout/x")]).at("/srv/checkout/");
        assert_eq!(check(&tree).len(), 1);
        assert!(check(&Tree::of(&[("docs/a.md", "cd /srv/checkout/x")])).is_empty());
    }

    #[test]
    fn what_stands_in_a_comment_or_a_test_is_let_be() {
        assert!(
            found("crates/a/src/a.rs", "// never println!(\n#[cfg(test)]\nmod tests { fn a() { println!(); } }")
                .is_empty()
        );
    }
}
