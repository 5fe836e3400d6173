//! Forgetting a unit by hand.

use fluxlift_core::UnitPath;

use super::{Document, Revision, StateError, Store, UnitDocument};

/// Takes `unit` out of the state in `store`, as the holder of the fencing token `epoch`, and gives what was remembered.
///
/// The envelopes of the others stay as they are, so no key is needed.
///
/// # Errors
/// When there is no such unit, or the state can't be read or written.
pub async fn forget(store: &dyn Store, unit: &UnitPath, epoch: u64) -> Result<UnitDocument, StateError> {
    let unknown = || StateError::NoSuchUnit { unit: unit.clone(), place: store.place() };
    let text = store.load().await?.ok_or_else(unknown)?;
    let mut document = Document::parse(&text, &store.place())?;
    let forgotten = document.units.remove(unit).ok_or_else(unknown)?;
    let before = Revision { lineage: document.lineage.clone(), serial: document.serial };
    document.serial += 1;
    document.epoch = epoch;
    store.save(&document.to_text()?, Some(&before)).await?;
    Ok(forgotten)
}
