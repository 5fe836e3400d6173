//! Checksums. `sha1sum` is missing: no crate here brings SHA-1.

use sha2::{Digest, Sha256, Sha512};

use super::arguments::string;
use super::table::Table;

pub(super) fn register(table: &mut Table) {
    table.add("sha256sum", |a| Ok(string(hex(&Sha256::digest(a.exactly(1)?.string(0)?)))));
    table.add("sha512sum", |a| Ok(string(hex(&Sha512::digest(a.exactly(1)?.string(0)?)))));
    table.add("adler32sum", |a| Ok(string(adler32(a.exactly(1)?.string(0)?.as_bytes()).to_string())));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}
