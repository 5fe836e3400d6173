//! Opening and sealing a whole file.

use fluxlift_core::Timestamp;
use rand::{CryptoRng, RngCore};
use std::path::Path;

use super::metadata::Metadata;
use super::{Format, Identities, SopsError, tree};
use crate::yaml::Doc;

/// Decrypts `text`, the content of `path`, which is only named in errors. The result has the format of the input.
///
/// # Errors
/// When the file is not one of SOPS, when no identity opens it, or when a value or the MAC does not verify.
pub fn decrypt(path: &Path, text: &str, format: Format, identities: &Identities) -> Result<String, SopsError> {
    let mut doc = format.read(text).map_err(|reason| SopsError::Unreadable { path: path.to_owned(), reason })?;
    let metadata = Metadata::take(path, &mut doc)?;
    let key = metadata.data_key(path, identities)?;
    let (plain, mac) = tree::open(path, doc, &metadata, &key)?;
    metadata.verify(path, &key, &mac)?;
    Ok(format.write(&plain))
}

/// Encrypts the values of `text` for `recipients`, as `sops encrypt --age …` does.
///
/// # Errors
/// When the text does not have the format, or a recipient is not one of age.
pub fn encrypt<R: RngCore + CryptoRng>(
    text: &str,
    format: Format,
    recipients: &[String],
    now: Timestamp,
    rng: &mut R,
) -> Result<String, SopsError> {
    let path = Path::new("the text to encrypt");
    let doc = format.read(text).map_err(|reason| SopsError::Unreadable { path: path.to_owned(), reason })?;
    let mut key = [0; 32];
    rng.fill_bytes(&mut key);
    let mut metadata = Metadata::new(recipients, &key, now)?;
    let (mut sealed, mac) = tree::seal(doc, &metadata, &key, rng);
    metadata.sign(&key, &mac, rng);
    if let Doc::Map(entries) = &mut sealed {
        entries.push(("sops".to_owned(), metadata.into_doc()));
    }
    Ok(format.write_sealed(&sealed))
}
