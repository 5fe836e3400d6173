//! `sops_decrypt_file`.

use fluxlift_core::Value;

use super::registry::Function;
use super::{Args, CallError};

pub(super) const TABLE: &[Function] = &[Function::new("sops_decrypt_file", 1, 1, |e, a| {
    let session = e.context.session;
    let path = super::files::normal(&e.context.place.unit_dir.join(Args(a).text(0)?));
    match session.decrypted(&path) {
        Ok(text) => Ok(Value::from(&*text).sensitive()),
        Err(error) => {
            let mut failed = CallError::argument(0, error.with_cause()).safe();
            failed.hints.extend(fluxlift_core::Explain::hints(&*error));
            Err(failed)
        }
    }
})];
