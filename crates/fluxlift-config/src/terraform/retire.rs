//! What of a module belongs to the Flux provider, and what is left without it.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde::Serialize;

use super::block::{TfBlock, TfFile};
use super::diff;
use crate::error::ConfigError;

/// The resource that `flux_bootstrap_git` users have.
pub(super) const BOOTSTRAP: &str = "flux_bootstrap_git";
/// The Secret that carries the age key.
pub(super) const SECRET: &str = "sops-age";
/// The key's name in it.
const KEY: &str = "age.agekey";
/// The kinds of resources that are a Secret.
const SECRETS: [&str; 2] = ["kubernetes_secret", "kubernetes_secret_v1"];
/// The kinds of resources by which people make one otherwise. They may as well be something that only names it.
const MAKERS: [&str; 4] = ["kubernetes_manifest", "kubectl_manifest", "null_resource", "terraform_data"];

/// What has to go from one module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Retirement {
    /// The resources that leave the state before their blocks go, such as `flux_bootstrap_git.this`.
    pub addresses: Vec<String>,
    /// Whether one of them is `flux_bootstrap_git` itself.
    pub bootstraps: bool,
    /// Whether a `removed` block already tells Terraform to forget it and not to destroy it.
    pub forgets: bool,
    /// The edits, by file.
    pub edits: Vec<Edit>,
    /// What goes on to name something that goes: for a person to mend.
    pub mentions: Vec<Mention>,
}

/// What goes from one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// The file's name.
    pub file: String,
    /// What goes, in words: `resource "flux_bootstrap_git" "this"`.
    pub removes: Vec<String>,
    /// What the file is then; empty when all of it goes.
    #[serde(skip)]
    pub after: String,
    /// The same as a unified patch.
    #[serde(skip)]
    pub patch: String,
}

/// A line that still names something that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mention {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What it names.
    pub names: String,
}

/// Finds what has to go from the `.tf` files of one module, given by name.
///
/// # Errors
/// When a file is not HCL.
pub fn retire(files: &BTreeMap<String, String>) -> Result<Retirement, ConfigError> {
    let files = files.iter().map(|(name, text)| TfFile::parse(name, text)).collect::<Result<Vec<_>, _>>()?;
    let mut cuts: Vec<Cut<'_>> = files.iter().map(Cut::of).collect();
    let unused = unused_variables(&files, &cuts);
    for cut in &mut cuts {
        let of_file: Vec<&TfBlock> = cut.file.blocks.iter().filter(|block| is_variable(block, &unused)).collect();
        of_file.into_iter().for_each(|block| cut.take(block));
    }
    let resources = |block: &&TfBlock| block.word(0) == "resource";
    let going: Vec<&TfBlock> = cuts.iter().flat_map(|cut| &cut.blocks).copied().filter(resources).collect();
    let addresses: Vec<String> = going.iter().map(|block| format!("{}.{}", block.word(1), block.word(2))).collect();
    Ok(Retirement {
        bootstraps: going.iter().any(|block| block.word(1) == BOOTSTRAP),
        forgets: files.iter().flat_map(|file| &file.blocks).any(forgets),
        mentions: cuts.iter().flat_map(|cut| cut.mentions(&addresses)).collect(),
        edits: cuts.iter().filter_map(Cut::edit).collect(),
        addresses,
    })
}

/// What goes from one file.
struct Cut<'f> {
    file: &'f TfFile,
    blocks: Vec<&'f TfBlock>,
    words: Vec<String>,
    lines: BTreeSet<usize>,
}

impl<'f> Cut<'f> {
    fn of(file: &'f TfFile) -> Self {
        let mut cut = Self { file, blocks: Vec::new(), words: Vec::new(), lines: BTreeSet::new() };
        for block in &file.blocks {
            if goes(block) {
                cut.take(block);
                continue;
            }
            let required = |(within, name, _): &&(String, String, _)| within == "required_providers" && name == "flux";
            for (_, _, lines) in block.inner.iter().filter(required).filter(|_| block.word(0) == "terraform") {
                cut.words.push("required_providers: flux".to_owned());
                cut.lines.extend(lines.clone());
            }
        }
        cut
    }

    fn take(&mut self, block: &'f TfBlock) {
        let labels: Vec<String> = block.words.iter().skip(1).map(|label| format!(" {label:?}")).collect();
        self.words.push(format!("{}{}", block.word(0), labels.concat()));
        self.lines.extend(block.lines.clone());
        self.blocks.push(block);
    }

    /// The lines that go, with those that would be left empty for nothing.
    fn gone(&self) -> BTreeSet<usize> {
        let lines: Vec<&str> = self.file.text.split_inclusive('\n').collect();
        let blank = |at: usize| lines.get(at).is_none_or(|line| line.trim().is_empty());
        let mut gone = self.lines.clone();
        let mut before_is_blank = true;
        for at in 0..lines.len() {
            if gone.contains(&at) {
                continue;
            }
            let after_a_cut = at > 0 && gone.contains(&(at - 1));
            if blank(at) && before_is_blank && after_a_cut {
                gone.insert(at);
            } else {
                before_is_blank = blank(at);
            }
        }
        let left_at_the_end = (0..lines.len()).rev().skip_while(|at| gone.contains(at)).take_while(|at| blank(*at));
        let left: Vec<usize> = left_at_the_end.collect();
        let cut_after = left.first().is_some_and(|last| gone.contains(&(last + 1)));
        gone.extend(left.into_iter().filter(|_| cut_after));
        gone
    }

    fn edit(&self) -> Option<Edit> {
        let gone = self.gone();
        (!self.lines.is_empty()).then(|| Edit {
            file: self.file.name.clone(),
            removes: self.words.clone(),
            after: self.file.without(&gone),
            patch: diff::deletions(&self.file.name, &self.file.text, &gone),
        })
    }

    /// What is left of the file.
    fn rest(&self) -> String {
        self.file.without(&self.lines)
    }

    fn mentions(&self, addresses: &[String]) -> Vec<Mention> {
        let kept = self.file.text.lines().enumerate().filter(|(at, _)| !self.lines.contains(at));
        let mut found = Vec::new();
        for (at, line) in kept {
            let code = line.split('#').next().unwrap_or_default();
            let named = addresses.iter().filter(|address| code.contains(address.as_str()));
            found.extend(named.map(|address| Mention {
                file: self.file.name.clone(),
                line: at + 1,
                names: address.clone(),
            }));
        }
        found
    }
}

fn goes(block: &TfBlock) -> bool {
    match (block.word(0), block.word(1)) {
        ("provider", "flux") | ("resource", BOOTSTRAP) => true,
        ("resource", kind) if SECRETS.contains(&kind) => names_the_key(&block.text),
        ("resource", kind) if MAKERS.contains(&kind) => names_the_key(&block.text) && makes_a_secret(&block.text),
        _ => false,
    }
}

fn names_the_key(text: &str) -> bool {
    [SECRET, KEY].iter().any(|name| text.contains(name))
}

/// `kind = "Secret"` in HCL, `kind: Secret` in YAML, or `kubectl create secret`.
fn makes_a_secret(text: &str) -> bool {
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '"' && *c != '\\').collect();
    ["kind=Secret", "kind:Secret", "createsecret"].iter().any(|word| squeezed.contains(word))
}

/// `removed { from = flux_bootstrap_git.this, lifecycle { destroy = false } }`.
fn forgets(block: &TfBlock) -> bool {
    let squeezed: String = block.text.split_whitespace().collect();
    block.word(0) == "removed" && squeezed.contains(&format!("from={BOOTSTRAP}.")) && squeezed.contains("destroy=false")
}

/// The variables that only what goes has used.
fn unused_variables(files: &[TfFile], cuts: &[Cut<'_>]) -> BTreeSet<String> {
    let going: String = cuts.iter().flat_map(|cut| &cut.blocks).map(|block| block.text.as_str()).collect();
    let rest: String = cuts.iter().map(Cut::rest).collect();
    let used_in = |text: &str| -> BTreeSet<String> {
        let reference = Regex::new(r"\bvar\.([A-Za-z_][A-Za-z0-9_-]*)").ok();
        reference.iter().flat_map(|r| r.captures_iter(text)).map(|found| found[1].to_owned()).collect()
    };
    let (before, still) = (used_in(&going), used_in(&rest));
    let declared = files.iter().flat_map(|file| &file.blocks).filter(|block| block.word(0) == "variable");
    let declared: BTreeSet<String> = declared.map(|block| block.word(1).to_owned()).collect();
    before.difference(&still).filter(|name| declared.contains(*name)).cloned().collect()
}

fn is_variable(block: &TfBlock, names: &BTreeSet<String>) -> bool {
    block.word(0) == "variable" && names.contains(block.word(1))
}
