//! Content addresses.

use sha2::{Digest, Sha256};

/// The address of `bytes`: `sha256:` and 64 hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
