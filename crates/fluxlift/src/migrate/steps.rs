//! What is left for a person after the cluster was handed over, in the only safe order.

use serde::Serialize;

use super::{Code, Migration, hcl};

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What it is.
    pub title: String,
    /// Why, and why not later.
    pub why: String,
    /// The commands.
    pub commands: Vec<String>,
    /// What the files are to look like: a patch, or lines to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The steps: the state, the code, Git, and what keeps it so.
pub fn steps(migration: &Migration) -> Vec<Step> {
    let mut steps = Vec::new();
    match &migration.code {
        Some(code) => steps.extend([state(code), edits(code)].into_iter().flatten()),
        None => steps.push(unseen_code()),
    }
    steps.extend(moves(migration));
    steps.extend(git(migration));
    if migration.is_adopted() {
        steps.push(Step {
            title: "See that nothing was lost".to_owned(),
            why: "every Kustomization and HelmRelease must still be there and Ready".to_owned(),
            commands: vec!["fluxlift status".to_owned()],
            text: None,
        });
    }
    steps.push(keep(migration));
    steps
}

/// What the edits are where the files are not to be seen.
const EDITS: &str = "  flux.tf       remove the resource flux_bootstrap_git
  providers.tf  remove the provider flux
  versions.tf   remove flux from required_providers
  variables.tf  remove the variables that only these have used
  main.tf       remove the resource that makes the Secret sops-age: the flux-instance unit has it now
";
/// What a block does that goes too early.
const UNINSTALLS: &str = "a block that is removed while its resource is in the state makes the provider delete the \
                          controllers, their definitions and the namespace, and commit \"Uninstall Flux\"";

/// Nobody said where Terraform's code is, or whether there is any.
fn unseen_code() -> Step {
    let rm = ["flux_bootstrap_git.this", "kubernetes_secret.sops_age"]
        .map(|address| format!("terraform state rm '{address}'"));
    Step {
        title: "If Terraform's flux_bootstrap_git installed it: take it out of the state first, then out of the code"
            .to_owned(),
        why: format!(
            "{UNINSTALLS}\nthe addresses are those that `terraform state list` shows; with --repo or --terraform they are read, \
             and the edits become a patch"
        ),
        commands: [vec!["terraform state list".to_owned()], rm.to_vec()].concat(),
        text: Some(EDITS.to_owned()),
    }
}

fn state(code: &Code) -> Option<Step> {
    let mut commands = Vec::new();
    match code.units.as_slice() {
        [] => commands.clone_from(&code.farewell.commands),
        units => commands.extend(
            units.iter().flat_map(|unit| code.farewell.commands.iter().map(move |rm| format!("(cd {unit} && {rm})"))),
        ),
    }
    let mut why = UNINSTALLS.to_owned();
    if !code.farewell.from_state {
        why += "; compare the addresses with `terraform state list`, or give a state with --terraform-state";
    }
    let title = "Take Flux out of the Terraform state, before any block goes".to_owned();
    (!commands.is_empty()).then_some(Step { title, why, commands, text: None })
}

fn edits(code: &Code) -> Option<Step> {
    if code.retirement.edits.is_empty() {
        return None;
    }
    let mut why: Vec<String> =
        code.retirement.edits.iter().map(|edit| format!("{}: {}", edit.file, edit.removes.join(", "))).collect();
    why.extend(code.retirement.mentions.iter().map(|mention| {
        format!("{} line {} still names {}: mend it by hand", mention.file, mention.line, mention.names)
    }));
    let plan = if code.units.is_empty() { "terraform" } else { "terragrunt" };
    Some(Step {
        title: "Take the Flux provider out of the code: the patch below, kept as flux.patch".to_owned(),
        why: why.join("\n"),
        commands: vec!["git apply flux.patch".to_owned(), format!("{plan} plan -detailed-exitcode")],
        text: Some(code.patch()),
    })
}

/// What is delivered from the folder alone and is not of `flux bootstrap`: it would be deleted with the folder.
fn moves(migration: &Migration) -> Option<Step> {
    let plan = &migration.plan;
    let others: Vec<&String> = migration.deleted_with_folder.iter().collect();
    let stays = plan.moves.is_empty() && plan.elsewhere.is_empty();
    if stays && (others.is_empty() || !migration.is_adopted()) {
        return None;
    }
    let above = parent(&plan.folder);
    let commands = plan.moves.iter().map(|file| format!("git mv {}/{file} {above}/", plan.folder));
    let mut why = "what `flux bootstrap` did not write is delivered from this folder too, and is deleted with it; list what moves \
                   in the kustomization.yaml above, and no longer in the folder's own"
        .to_owned();
    if !plan.elsewhere.is_empty() {
        let entries: Vec<String> = plan.elsewhere.iter().map(|name| seen_from_above(name)).collect();
        why += &format!(
            "\nwhat lies somewhere else and is listed only here stays where it is; list it in {above}/kustomization.yaml \
             instead, as {}",
            entries.join(", ")
        );
    }
    if migration.is_adopted() && !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|name| name.as_str()).collect();
        why += &format!("\nwould be deleted now: {}", names.join(", "));
    }
    let published = ["git commit -am \"Move what is ours out of flux-system\"", "git push"].map(str::to_owned);
    let commands = commands.chain(published.into_iter().filter(|_| !stays));
    Some(Step {
        title: format!("Move what is yours out of {}", plan.folder),
        why,
        commands: commands.collect(),
        text: None,
    })
}

/// A resource that a folder lists, as the folder above it has to list it.
fn seen_from_above(resource: &str) -> String {
    match resource.strip_prefix("../") {
        Some(path) if path.starts_with("../") => path.to_owned(),
        Some(path) => format!("./{path}"),
        None => resource.to_owned(),
    }
}

fn git(migration: &Migration) -> Option<Step> {
    migration.folder.as_ref()?;
    let folder = &migration.plan.folder;
    Some(Step {
        title: format!("Only then remove {folder} from Git"),
        why: "it describes controllers that the operator has now; take it out of a kustomization.yaml that lists it as well"
            .to_owned(),
        commands: vec![
            format!("git rm -r {folder}"),
            "git commit -m \"Hand Flux over to flux-operator\"".to_owned(),
            "git push".to_owned(),
        ],
        text: None,
    })
}

fn keep(migration: &Migration) -> Step {
    Step {
        title: "If a tree shall look after it, give its flux-instance unit these inputs".to_owned(),
        why: "with others the next apply would change the instance".to_owned(),
        commands: Vec::new(),
        text: Some(hcl::inputs(&migration.plan.inputs())),
    }
}

fn parent(folder: &str) -> &str {
    folder.rsplit_once('/').map_or(".", |(parent, _)| parent)
}
