//! ReplicationSources: they back up whatever is in their claim, an empty volume too.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::identity;
use super::machine::{self, Step};
use super::repository::{self, Found};
use crate::controllers::object::{is_deleting, text};
use crate::controllers::{Outcome, Pass, Passed, Step as PassStep};

/// How often a source whose claim is not bound yet is looked at.
const LOOK: SignedDuration = SignedDuration::from_secs(2);

/// Makes a pass over a source.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    machine::synchronize(pass, start)
}

/// Starts the mover, where it can be.
fn start(pass: &mut Pass<'_>, object: &Value) -> Passed {
    match places(pass, object) {
        Err(why) => {
            machine::condition(pass, ["False", "Error", &why])?;
            Ok(Outcome::Failed(why))
        }
        Ok(None) => Ok(Outcome::After(LOOK)),
        Ok(Some(_)) => Ok(Outcome::Busy(pass.world.volsync.moving, PassStep::VolSync(Step::Moved))),
    }
}

/// Ends a backup.
pub fn go_on(pass: &mut Pass<'_>) -> Passed {
    let Some(object) = pass.object().filter(|object| !is_deleting(object)) else { return Ok(Outcome::Done) };
    // Paused meanwhile, its mover has been taken away.
    if machine::is_paused(&object) {
        return machine::end(pass);
    }
    let Ok(Some((place, volume))) = places(pass, &object) else { return Ok(Outcome::After(LOOK)) };
    let bytes = pass.world.volsync.volumes.get(&volume).copied().unwrap_or_default();
    pass.world.volsync.back_up(&place, &identity::of_source(&object), bytes);
    let logs = "Repository connected\nSnapshot created successfully";
    pass.status(|status| status["latestMoverStatus"] = json!({"result": "Successful", "logs": logs}))?;
    machine::end(pass)
}

/// The repository and the volume that is backed up to it; `None` while one of them is not there.
fn places(pass: &Pass<'_>, object: &Value) -> Result<Option<(String, String)>, String> {
    let volume = repository::handle(pass, text(object, "/metadata/namespace"), text(object, "/spec/sourcePVC"));
    match repository::find(pass, object) {
        Found::Refused(why) => Err(why),
        Found::Waits => Ok(None),
        Found::At(place) => Ok(volume.map(|volume| (place, volume))),
    }
}
