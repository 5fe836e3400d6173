//! The two phases, gated, against the real programs.

use crate::bench::{Case, Verdict, case};
use crate::laws;
use crate::stage::Stage;

pub(crate) const CASES: [Case; 1] = [case!(fifty_releases_are_ready_and_none_came_before_every_canary_had_answered)];

async fn fifty_releases_are_ready_and_none_came_before_every_canary_had_answered(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    stage.phase_two().await?;
    stage.all_ready().await?;
    let history = stage.lab.history().await?;
    laws::nothing_is_synced_before_every_canary_answered(&history)?;
    laws::nothing_is_left_behind(&history)
}
