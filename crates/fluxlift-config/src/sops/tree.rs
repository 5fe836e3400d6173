//! The walk over a document: each value with the path of keys that leads to it, and the MAC over all.

use std::path::Path;

use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha512};

use super::SopsError;
use super::cipher::{self, DataKey};
use super::metadata::Metadata;
use crate::yaml::Doc;

/// Decrypts all values of `doc`. Also gives the MAC over them, in hexadecimal.
pub(super) fn open(path: &Path, doc: Doc, metadata: &Metadata, key: &DataKey) -> Result<(Doc, String), SopsError> {
    let mut hash = Sha512::new();
    let plain = walk(doc, &mut Vec::new(), &mut |value, keys| {
        let encrypted = metadata.covers(keys);
        let plain = match &value {
            Doc::String(text) if encrypted && !text.is_empty() => cipher::open(text, key, &aad(keys))
                .ok_or_else(|| SopsError::Value { path: path.to_owned(), key: keys.join(".") })?,
            _ => value,
        };
        if encrypted || !metadata.mac_only_encrypted {
            hash.update(cipher::mac_bytes(&plain));
        }
        Ok(plain)
    })?;
    Ok((plain, hex(&hash.finalize())))
}

/// Encrypts all values of `doc`. Also gives the MAC over them, in hexadecimal.
pub(super) fn seal<R: RngCore + CryptoRng>(doc: Doc, metadata: &Metadata, key: &DataKey, rng: &mut R) -> (Doc, String) {
    let mut hash = Sha512::new();
    let sealed = walk(doc, &mut Vec::new(), &mut |value, keys| {
        hash.update(cipher::mac_bytes(&value));
        Ok::<_, std::convert::Infallible>(if metadata.covers(keys) {
            cipher::seal(value, key, &aad(keys), rng)
        } else {
            value
        })
    });
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(never) => match never {},
    };
    (sealed, hex(&hash.finalize()))
}

/// What is done to each scalar, with the keys that lead to it.
type Visit<'a, E> = &'a mut dyn FnMut(Doc, &[String]) -> Result<Doc, E>;

fn walk<E>(doc: Doc, keys: &mut Vec<String>, visit: Visit<'_, E>) -> Result<Doc, E> {
    match doc {
        Doc::Map(entries) => {
            let mut walked = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                keys.push(key.clone());
                let value = walk(value, keys, visit)?;
                keys.pop();
                walked.push((key, value));
            }
            Ok(Doc::Map(walked))
        }
        // The place in a list is not part of the path.
        Doc::List(items) => {
            items.into_iter().map(|item| walk(item, keys, visit)).collect::<Result<_, _>>().map(Doc::List)
        }
        scalar => visit(scalar, keys),
    }
}

fn aad(keys: &[String]) -> String {
    keys.iter().map(|key| format!("{key}:")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
