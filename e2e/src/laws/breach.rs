//! A law that does not hold.

use thiserror::Error;

/// Which law does not hold, of which object, at which revision.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Breach(pub(super) String);

/// A breach unless `holds`.
pub(super) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Breach> {
    if holds { Ok(()) } else { Err(Breach(otherwise())) }
}
