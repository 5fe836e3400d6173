//! The two phases, gated, against the real programs.

use crate::bench::{Case, Verdict, case, note};
use crate::laws;
use crate::stage::Stage;

pub(crate) const CASES: [Case; 1] = [case!(fifty_releases_are_ready_and_none_came_before_every_canary_had_answered)];

async fn fifty_releases_are_ready_and_none_came_before_every_canary_had_answered(stage: &mut Stage) -> Verdict {
    let operator = stage.phase_one().await?;
    let instance = stage.phase_two().await?;
    note(format_args!("phase 1 took {:.1?}, phase 2 {:.1?}", operator.took, instance.took));
    for claim in stage.claims()?.iter().filter(|claim| claim.seconds >= 5) {
        note(format_args!("{} s of it for {}", claim.seconds, claim.gate));
    }
    stage.all_ready().await?;
    let history = stage.lab.history().await?;
    laws::nothing_is_synced_before_every_canary_answered(&history)?;
    stage.laws().await
}
