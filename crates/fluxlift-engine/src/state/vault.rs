//! Keys: for whom secrets are sealed, and with what they are opened.

use std::fmt;
use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::x25519;
use fluxlift_core::Secret;

use super::VaultError;

/// The recipients that secrets are sealed for, and the keys at hand to open them.
#[derive(Clone, Default)]
pub struct Vault {
    recipients: Vec<x25519::Recipient>,
    identities: Vec<x25519::Identity>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("recipients", &self.recipients())
            .field("identities", &self.identities.len())
            .finish()
    }
}

impl Vault {
    /// A vault without keys: it keeps no secrets.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The same, which also seals for `recipient`, such as `age1…`.
    ///
    /// # Errors
    /// When it is not an age recipient.
    pub fn with_recipient(mut self, recipient: &str) -> Result<Self, VaultError> {
        let parsed = recipient.trim().parse();
        self.recipients.push(parsed.map_err(|why| VaultError::Recipient { given: recipient.to_owned(), why })?);
        Ok(self)
    }

    /// The same, which also opens with the keys in `text`, the content of an age key file called `name`.
    ///
    /// # Errors
    /// When there is none in it, or a line of it is not one.
    pub fn with_keys(mut self, name: &str, text: &Secret<String>) -> Result<Self, VaultError> {
        let before = self.identities.len();
        for line in text.expose().lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            // The parser's own words could hold part of the key.
            self.identities.push(line.parse().map_err(|_| VaultError::Identity(name.to_owned()))?);
        }
        if self.identities.len() == before {
            return Err(VaultError::Identity(name.to_owned()));
        }
        Ok(self)
    }

    /// The same, which also opens with `identities`.
    #[must_use]
    pub fn with_identities(mut self, identities: impl IntoIterator<Item = x25519::Identity>) -> Self {
        self.identities.extend(identities);
        self
    }

    /// Whether secrets can be sealed.
    pub fn can_seal(&self) -> bool {
        !self.recipients.is_empty()
    }

    /// The recipients, in order of their text.
    pub fn recipients(&self) -> Vec<String> {
        let mut names: Vec<String> = self.recipients.iter().map(ToString::to_string).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn seal(&self, clear: &[u8]) -> Result<String, VaultError> {
        let broken = |error: std::io::Error| VaultError::Broken(Box::new(error));
        let encryptor = age::Encryptor::with_recipients(self.recipients.iter().map(|r| r as &dyn age::Recipient))
            .map_err(|error| VaultError::Broken(Box::new(error)))?;
        let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).map_err(broken)?;
        let mut writer = encryptor.wrap_output(armor).map_err(broken)?;
        writer.write_all(clear).map_err(broken)?;
        let sealed = writer.finish().and_then(ArmoredWriter::finish).map_err(broken)?;
        String::from_utf8(sealed).map_err(|error| VaultError::Broken(Box::new(error)))
    }

    pub(super) fn open(&self, sealed: &str) -> Result<Vec<u8>, VaultError> {
        if self.identities.is_empty() {
            return Err(VaultError::NoKey);
        }
        let refused = |error: age::DecryptError| match error {
            age::DecryptError::NoMatchingKeys | age::DecryptError::DecryptionFailed => VaultError::WrongKey,
            other => VaultError::Broken(Box::new(other)),
        };
        let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(sealed.as_bytes())).map_err(refused)?;
        let mut clear = Vec::new();
        decryptor
            .decrypt(self.identities.iter().map(|i| i as &dyn age::Identity))
            .map_err(refused)?
            .read_to_end(&mut clear)
            .map_err(|error| VaultError::Broken(Box::new(error)))?;
        Ok(clear)
    }
}
