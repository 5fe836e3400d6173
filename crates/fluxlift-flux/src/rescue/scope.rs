//! Which objects are meant: by their title, or by as much of it as is unique.

use std::collections::BTreeSet;

use super::error::RescueError;
use crate::diagnosis::{Place, Scene};

/// The titles of the objects that `names` mean in `scene`: `helmrelease/apps/podinfo`, `apps/podinfo` or `podinfo`.
///
/// # Errors
/// When there is no such object, or more than one.
pub(super) fn titles(names: &BTreeSet<String>, scene: &Scene) -> Result<BTreeSet<String>, RescueError> {
    names.iter().map(|name| title(name, scene)).collect()
}

fn title(name: &str, scene: &Scene) -> Result<String, RescueError> {
    let meant = |place: &Place| {
        let title = place.to_string();
        let mut tails = title.match_indices('/').map(|(at, _)| &title[at + 1..]);
        title.eq_ignore_ascii_case(name) || tails.any(|tail| tail == name)
    };
    let mut found: Vec<&Place> = scene.subjects().map(|subject| &subject.place).filter(|place| meant(place)).collect();
    // A release and the source that it is fetched from often share a name: the source is never what is to be rescued.
    if found.len() > 1 && found.iter().any(|place| !place.is_source()) {
        found.retain(|place| !place.is_source());
    }
    match found.as_slice() {
        [] => Err(RescueError::Unknown(name.to_owned())),
        [one] => Ok(one.to_string()),
        many => {
            let titles: Vec<String> = many.iter().take(5).map(ToString::to_string).collect();
            Err(RescueError::Ambiguous { name: name.to_owned(), titles: titles.join(", ") })
        }
    }
}
