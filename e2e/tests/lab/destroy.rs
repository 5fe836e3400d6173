//! Taking everything away, and what may be left.

use fluxlift_e2e::laws::{self, Listed};
use fluxlift_e2e::releases;

use crate::bench::{Case, Verdict, case, ensure, note};
use crate::stage::{INSTANCE, OPERATOR, RELEASES, Stage, done};

pub(crate) const CASES: [Case; 1] = [case!(after_destroy_nothing_that_fluxlift_made_is_left)];

async fn after_destroy_nothing_that_fluxlift_made_is_left(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    stage.phase_two().await?;
    let early = stage.run("destroy", OPERATOR, &stage.operator()).await?;
    ensure(early.code == Some(1) && early.stderr.contains("fluxinstance/flux-system/flux still exists"), || {
        format!("the operator was destroyed below its instance: {:?} {}", early.code, early.stderr)
    })?;
    let instance = done(stage.run("destroy", INSTANCE, &stage.instance()).await?)?;
    let operator = done(stage.run("destroy", OPERATOR, &stage.operator()).await?)?;
    note(format_args!("destroyed in {:.1?} and {:.1?}", instance.took, operator.took));

    let history = stage.history().await?;
    laws::no_trace_is_left(&history)?;
    laws::only_what_is_listed_is_left(&history, &Listed::told(&operator.stderr))?;
    let now = history.now();
    let workloads =
        now.keys().filter(|key| key.starts_with(&format!("configmaps/{}/app-", releases::NAMESPACE))).count();
    let locked = format!("secrets/{}/sh.helm.release.v1.app-", releases::NAMESPACE);
    let stored = now.keys().filter(|key| key.starts_with(&locked)).count();
    note(format_args!("{workloads} workloads and {stored} Helm releases run on"));
    ensure(workloads == RELEASES && stored == RELEASES, || format!("workloads were lost: {workloads}, {stored}"))
}
