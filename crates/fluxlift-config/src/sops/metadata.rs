//! The `sops` part of a file: for whom, since when, which values, and the MAC.

use std::io::{Read, Write};
use std::path::Path;
use std::str::FromStr;

use age::armor::{ArmoredReader, ArmoredWriter, Format as Armor};
use fluxlift_core::Timestamp;
use rand::{CryptoRng, RngCore};
use regex::Regex;

use super::cipher::{self, DataKey};
use super::{Identities, SopsError};
use crate::yaml::Doc;

/// The version of SOPS whose format is written.
const VERSION: &str = "3.9.4";

/// Which values are encrypted.
enum Rule {
    UnencryptedSuffix(String),
    EncryptedSuffix(String),
    UnencryptedRegex(Regex),
    EncryptedRegex(Regex),
}

pub(super) struct Metadata {
    /// Recipients and the data key, encrypted for each.
    age: Vec<(String, String)>,
    last_modified: String,
    mac: String,
    rule: Rule,
    /// Whether only encrypted values enter the MAC.
    pub(super) mac_only_encrypted: bool,
}

impl Metadata {
    /// The metadata for a new file.
    pub(super) fn new(recipients: &[String], key: &DataKey, now: Timestamp) -> Result<Self, SopsError> {
        let age = recipients.iter().map(|r| Ok((r.clone(), wrap(r, key)?))).collect::<Result<_, SopsError>>()?;
        Ok(Self {
            age,
            last_modified: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            mac: String::new(),
            rule: Rule::UnencryptedSuffix("_unencrypted".to_owned()),
            mac_only_encrypted: false,
        })
    }

    /// Takes the metadata out of `doc`.
    pub(super) fn take(path: &Path, doc: &mut Doc) -> Result<Self, SopsError> {
        let not_encrypted = || SopsError::NotEncrypted(path.to_owned());
        let unusable = |reason: &str| SopsError::Metadata { path: path.to_owned(), reason: reason.to_owned() };
        let Doc::Map(entries) = doc else { return Err(not_encrypted()) };
        let at = entries.iter().position(|(key, _)| key == "sops").ok_or_else(not_encrypted)?;
        let (_, sops) = entries.remove(at);
        let text = |name: &str| sops.get(name).and_then(Doc::as_str).filter(|s| !s.is_empty()).map(str::to_owned);
        if sops.get("key_groups").is_some_and(|groups| !matches!(groups, Doc::Null)) {
            return Err(unusable("key groups are not supported yet"));
        }
        let Some(Doc::List(age)) = sops.get("age") else {
            return Err(unusable("it is not encrypted for age; other key services are not supported yet"));
        };
        let stanza =
            |doc: &Doc| Some((doc.get("recipient")?.as_str()?.to_owned(), doc.get("enc")?.as_str()?.to_owned()));
        let age: Vec<_> =
            age.iter().map(stanza).collect::<Option<_>>().ok_or_else(|| unusable("an age entry is incomplete"))?;
        if age.is_empty() {
            return Err(unusable("it is not encrypted for age; other key services are not supported yet"));
        }
        let regex = |pattern: String| Regex::new(&pattern).map_err(|_| unusable("its regular expression is not valid"));
        let rule = if let Some(suffix) = text("encrypted_suffix") {
            Rule::EncryptedSuffix(suffix)
        } else if let Some(pattern) = text("encrypted_regex") {
            Rule::EncryptedRegex(regex(pattern)?)
        } else if let Some(pattern) = text("unencrypted_regex") {
            Rule::UnencryptedRegex(regex(pattern)?)
        } else {
            Rule::UnencryptedSuffix(text("unencrypted_suffix").unwrap_or_else(|| "_unencrypted".to_owned()))
        };
        Ok(Self {
            age,
            last_modified: text("lastmodified").ok_or_else(|| unusable("lastmodified is missing"))?,
            mac: text("mac").ok_or_else(|| unusable("the MAC is missing"))?,
            rule,
            mac_only_encrypted: matches!(sops.get("mac_only_encrypted"), Some(Doc::Bool(true)))
                || text("mac_only_encrypted").as_deref() == Some("true"),
        })
    }

    /// Whether the value at `keys` is encrypted.
    pub(super) fn covers(&self, keys: &[String]) -> bool {
        match &self.rule {
            Rule::UnencryptedSuffix(suffix) => !keys.iter().any(|key| key.ends_with(suffix.as_str())),
            Rule::EncryptedSuffix(suffix) => keys.iter().any(|key| key.ends_with(suffix.as_str())),
            Rule::UnencryptedRegex(regex) => !keys.iter().any(|key| regex.is_match(key)),
            Rule::EncryptedRegex(regex) => keys.iter().any(|key| regex.is_match(key)),
        }
    }

    /// The data key, opened with one of `identities`.
    pub(super) fn data_key(&self, path: &Path, identities: &Identities) -> Result<DataKey, SopsError> {
        let recipients: Vec<String> = self.age.iter().map(|(recipient, _)| recipient.clone()).collect();
        let path = path.to_owned();
        if identities.is_empty() {
            return Err(SopsError::NoKey { path, recipients });
        }
        let opened = self.age.iter().find_map(|(_, sealed)| unwrap(sealed, identities));
        opened.ok_or_else(|| SopsError::WrongKey { path, recipients, have: identities.recipients() })
    }

    /// Checks that `mac` is what the file says.
    pub(super) fn verify(&self, path: &Path, key: &DataKey, mac: &str) -> Result<(), SopsError> {
        match cipher::open(&self.mac, key, &self.last_modified) {
            Some(Doc::String(said)) if said.eq_ignore_ascii_case(mac) => Ok(()),
            _ => Err(SopsError::Mac(path.to_owned())),
        }
    }

    /// Puts `mac` into the metadata.
    pub(super) fn sign<R: RngCore + CryptoRng>(&mut self, key: &DataKey, mac: &str, rng: &mut R) {
        if let Doc::String(sealed) = cipher::seal(Doc::String(mac.to_owned()), key, &self.last_modified, rng) {
            self.mac = sealed;
        }
    }

    /// As a document.
    pub(super) fn into_doc(self) -> Doc {
        let text = |s: &str| Doc::String(s.to_owned());
        let stanza = |(recipient, sealed): &(String, String)| {
            Doc::Map(vec![("recipient".to_owned(), text(recipient)), ("enc".to_owned(), text(sealed))])
        };
        let mut entries = vec![
            ("age".to_owned(), Doc::List(self.age.iter().map(stanza).collect())),
            ("lastmodified".to_owned(), text(&self.last_modified)),
            ("mac".to_owned(), text(&self.mac)),
        ];
        if let Rule::UnencryptedSuffix(suffix) = &self.rule {
            entries.push(("unencrypted_suffix".to_owned(), text(suffix)));
        }
        entries.push(("version".to_owned(), text(VERSION)));
        Doc::Map(entries)
    }
}

fn wrap(recipient: &str, key: &DataKey) -> Result<String, SopsError> {
    let parsed =
        age::x25519::Recipient::from_str(recipient).map_err(|_| SopsError::BadRecipient(recipient.to_owned()))?;
    let recipients: [&dyn age::Recipient; 1] = [&parsed];
    let sealed = age::Encryptor::with_recipients(recipients.into_iter()).and_then(|encryptor| {
        let mut armored = Vec::new();
        let mut writer = encryptor.wrap_output(ArmoredWriter::wrap_output(&mut armored, Armor::AsciiArmor)?)?;
        writer.write_all(key)?;
        writer.finish()?.finish()?;
        Ok(armored)
    });
    let sealed = sealed.map_err(SopsError::Seal)?;
    Ok(String::from_utf8_lossy(&sealed).into_owned())
}

fn unwrap(sealed: &str, identities: &Identities) -> Option<DataKey> {
    let decryptor = age::Decryptor::new(ArmoredReader::new(sealed.as_bytes())).ok()?;
    let mut reader = decryptor.decrypt(identities.iter()).ok()?;
    let mut key = DataKey::default();
    reader.read_exact(&mut key).ok()?;
    Some(key)
}
