//! The images of destinations that no claim asks for yet.

use std::collections::BTreeMap;

use fluxlift_kube::{Class, Cluster, Object, ObjectRef};

use super::kinds::SNAPSHOT;
use super::{CopyMethod, Destination, Reading};
use crate::restore::RestoreError;

/// What was seen of each: the VolumeSnapshot if there is one, or why it may not be read.
pub(super) type Images = BTreeMap<ObjectRef, Result<Option<Object>, String>>;

/// The VolumeSnapshot `name` of `destination`.
pub(super) fn image(destination: &Destination, name: &str) -> ObjectRef {
    ObjectRef::namespaced(SNAPSHOT, &destination.namespace, name)
}

/// Looks at the images of those of `objects` that say that they are restored.
pub(super) async fn images(cluster: &Cluster, objects: &[&Object]) -> Result<Images, RestoreError> {
    let mut images = Images::new();
    for object in objects.iter().filter(|object| Reading(object).is_restored()) {
        let destination = Destination::of(object).filter(|one| one.copy == CopyMethod::Snapshot);
        let (Some(destination), Some(name)) = (destination, Reading(object).image()) else { continue };
        let target = image(&destination, name);
        let found = match cluster.get(&target).await {
            Err(error) if error.class() == Class::Forbidden => Err(error.to_string()),
            found => Ok(found?),
        };
        images.insert(target, found);
    }
    Ok(images)
}
