//! The request's own commands: real Terragrunt and OpenTofu run the reference tree, through the drop-in modules.

use fluxlift_e2e::laws::{self, Listed};
use fluxlift_e2e::live_tree::LiveTree;
use fluxlift_e2e::terragrunt::{PROGRAMS, Terragrunt};
use fluxlift_e2e::{lab, releases};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::{INSTANCE, OPERATOR, Stage};
use crate::steady::nothing_was_written_since;

pub(crate) const CASES: [Case; 2] = [
    case!(terragrunt_applies_the_two_phases_one_after_the_other_and_takes_them_away, needs PROGRAMS),
    case!(terragrunt_run_all_applies_the_two_phases_in_their_order_and_takes_them_away, needs PROGRAMS),
];

/// The units, in their order, and their modules.
const UNITS: [(&str, &str); 2] = [("flux-operator", OPERATOR), ("flux-instance", INSTANCE)];
/// What tofu says when there is nothing to do.
const NOTHING: &str = "No changes.";

async fn terragrunt_applies_the_two_phases_one_after_the_other_and_takes_them_away(stage: &mut Stage) -> Verdict {
    let terragrunt = set_up(stage)?;
    terragrunt.run("bootstrap", &["apply", "-auto-approve"]).await?;
    for (unit, _) in UNITS {
        let applied = terragrunt.run(unit, &["apply", "-auto-approve"]).await?;
        note(format_args!("terragrunt apply in {unit} took {:.1?}", applied.took));
        // What fluxlift says is the user's to see.
        ensure(applied.said().contains("Proven"), || {
            format!("fluxlift's words are hidden in {unit}:\n{}", applied.said())
        })?;
    }
    judge(stage).await?;

    let before = stage.history().await?;
    let before = laws::writes(&before);
    for (unit, _) in UNITS {
        let again = terragrunt.run(unit, &["apply", "-auto-approve"]).await?;
        ensure(again.said().contains(NOTHING), || format!("{unit} was applied again:\n{}", again.said()))?;
    }
    nothing_was_written_since(&before, &stage.history().await?)?;

    let mut told = String::new();
    for (unit, _) in UNITS.iter().rev() {
        let destroyed = terragrunt.run(unit, &["destroy", "-auto-approve"]).await?;
        note(format_args!("terragrunt destroy in {unit} took {:.1?}", destroyed.took));
        told.push_str(&destroyed.said());
    }
    Ok(laws::only_what_is_listed_is_left(&stage.history().await?, &Listed::told(&told))?)
}

async fn terragrunt_run_all_applies_the_two_phases_in_their_order_and_takes_them_away(stage: &mut Stage) -> Verdict {
    const BOTH: [&str; 4] = ["--filter", "./flux-operator", "--filter", "./flux-instance"];
    let terragrunt = set_up(stage)?;
    terragrunt.run("bootstrap", &["apply", "-auto-approve"]).await?;
    let all = |verb: &'static str| [&["run", "--all"][..], &BOTH, &["--", verb]].concat();
    let applied = terragrunt.run("", &all("apply")).await?;
    note(format_args!("terragrunt run --all apply took {:.1?}", applied.took));
    judge(stage).await?;

    let before = stage.history().await?;
    let before = laws::writes(&before);
    let again = terragrunt.run("", &all("apply")).await?;
    let nothing = again.said().matches(NOTHING).count();
    ensure(nothing == UNITS.len(), || format!("{nothing} units had nothing to do:\n{}", again.said()))?;
    nothing_was_written_since(&before, &stage.history().await?)?;

    let destroyed = terragrunt.run("", &all("destroy")).await?;
    note(format_args!("terragrunt run --all destroy took {:.1?}", destroyed.took));
    Ok(laws::only_what_is_listed_is_left(&stage.history().await?, &Listed::told(&destroyed.said()))?)
}

/// All releases are Ready, and none came before every canary had answered.
async fn judge(stage: &Stage) -> Verdict {
    stage.all_ready().await?;
    laws::nothing_is_synced_before_every_canary_answered(&stage.history().await?)?;
    let states: Vec<_> = UNITS.iter().flat_map(|(_, module)| stage.fluxlift.own_states(module)).collect();
    stage.laws_of(&states).await
}

/// The reference tree, pointed at the lab, with Terragrunt in front of it.
fn set_up(stage: &Stage) -> Result<Terragrunt, Broken> {
    let (git, chart) = (stage.lab.git.url(), stage.lab.registry.flux_operator());
    let versions = [
        ("flux_git_repository", git.as_str()),
        ("flux_version", lab::FLUX_VERSION),
        ("flux_operator_version", lab::FLUX_OPERATOR_VERSION),
        ("flux_operator_chart", chart.as_str()),
    ];
    let root = stage.lab.folder().join("tree");
    let tree = LiveTree::write(root, &versions, releases::PATH, stage.lab.kubeconfig())?;
    Ok(Terragrunt::new(&stage.tools, stage.fluxlift.binary(), stage.fluxlift.home(), tree)?)
}
