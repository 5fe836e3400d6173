//! SHA-2, of texts and of files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Value;
use sha2::{Digest, Sha256, Sha512};

use super::Args;
use super::files::read_argument;
use super::registry::Function;

pub(super) const TABLE: &[Function] = &[
    Function::new("sha256", 1, 1, |_, a| Ok(hex(&Sha256::digest(Args(a).text(0)?)))),
    Function::new("sha512", 1, 1, |_, a| Ok(hex(&Sha512::digest(Args(a).text(0)?)))),
    Function::new("base64sha256", 1, 1, |_, a| Ok(STANDARD.encode(Sha256::digest(Args(a).text(0)?)).into())),
    Function::new("base64sha512", 1, 1, |_, a| Ok(STANDARD.encode(Sha512::digest(Args(a).text(0)?)).into())),
    Function::new("filesha256", 1, 1, |e, a| Ok(hex(&Sha256::digest(&*read_argument(e, Args(a), 0)?)))),
    Function::new("filesha512", 1, 1, |e, a| Ok(hex(&Sha512::digest(&*read_argument(e, Args(a), 0)?)))),
    Function::new("filebase64sha256", 1, 1, |e, a| {
        Ok(STANDARD.encode(Sha256::digest(&*read_argument(e, Args(a), 0)?)).into())
    }),
    Function::new("filebase64sha512", 1, 1, |e, a| {
        Ok(STANDARD.encode(Sha512::digest(&*read_argument(e, Args(a), 0)?)).into())
    }),
];

fn hex(digest: &[u8]) -> Value {
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
