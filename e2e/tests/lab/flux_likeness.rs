//! The simulated Flux, held against the real one, situation by situation: on a lab, and wherever the tests run against what a
//! lab has shown.

use std::collections::BTreeSet;
use std::time::Instant;

use fluxlift_e2e::flux_likeness::theatre::{self, Shown};
use fluxlift_e2e::flux_likeness::{Real, Simulated, Situation, Theatre, compare, listed, recorded};
use libtest_mimic::Trial;

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::Stage;

pub(crate) const CASES: [Case; 1] = [case!(the_simulated_flux_shows_the_statuses_that_the_real_one_shows)];

/// Set to keep what the lab shows as the new recording.
const RECORD: &str = "FLUXLIFT_RECORD";

/// What was shown, by situation.
type All = Vec<(String, Shown)>;

async fn the_simulated_flux_shows_the_statuses_that_the_real_one_shows(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    let began = Instant::now();
    let real = all(&mut Real::new(&stage.lab)).await?;
    note(format_args!("the real controllers took {:.1?}", began.elapsed()));
    if std::env::var_os(RECORD).is_some() {
        for (name, shown) in &real {
            recorded::keep(name, shown)?;
        }
    }
    let began = Instant::now();
    let simulated = simulated().await?;
    note(format_args!("the simulated ones took {:.1?}", began.elapsed()));
    judge(&simulated, &real)
}

/// The same against recordings: it needs no lab, and so it runs everywhere.
pub(crate) fn without_a_lab() -> Trial {
    Trial::test("the_simulated_flux_shows_the_statuses_that_a_lab_has_shown", || {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let verdict = runtime.block_on(async {
            let simulated = simulated().await?;
            let kept = |(name, _): &(String, Shown)| Ok((name.clone(), recorded::kept(name)?));
            let real: Result<All, Broken> = simulated.iter().map(kept).collect();
            judge(&simulated, &real?)
        });
        verdict.map_err(|Broken(why)| why.into())
    })
}

/// An error unless what differs is what is listed.
fn judge(simulated: &All, real: &All) -> Verdict {
    let mut found = BTreeSet::new();
    for ((name, simulated), (_, real)) in simulated.iter().zip(real) {
        let differences = compare::shown(simulated, real);
        if std::env::var_os(RECORD).is_some() {
            note(format_args!("{name}: {differences:#?}"));
        }
        found.extend(differences);
    }
    let verdict = listed::check(&found, &listed::listed()?);
    ensure(verdict.is_ok(), || verdict.err().unwrap_or_default())
}

async fn simulated() -> Result<All, Broken> {
    all(&mut Simulated::start()?).await
}

/// Plays every situation, and gives what was shown in each.
async fn all(theatre: &mut impl Theatre) -> Result<All, Broken> {
    let mut played = Vec::new();
    for situation in Situation::all(theatre.words())? {
        played.push(theatre::play(theatre, situation).await?);
    }
    let mut shown = Vec::new();
    for one in played {
        shown.push((one.situation.name.clone(), theatre::shown(theatre, &one).await?));
    }
    Ok(shown)
}
