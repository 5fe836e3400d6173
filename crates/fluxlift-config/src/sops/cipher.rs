//! One value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:str]`.

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce, Tag};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Number;
use rand::{CryptoRng, RngCore};

use crate::yaml::Doc;

/// SOPS draws 32 bytes of nonce, not GCM's usual twelve.
type Cipher = AesGcm<Aes256, U32>;

/// The key that the values of one file are encrypted with.
pub(super) type DataKey = [u8; 32];

/// Decrypts `text`; `None` when it does not verify with `key` at `aad`.
pub(super) fn open(text: &str, key: &DataKey, aad: &str) -> Option<Doc> {
    let fields = text.strip_prefix("ENC[AES256_GCM,")?.strip_suffix(']')?;
    let field = |name: &str| fields.split(',').find_map(|field| field.strip_prefix(name)?.strip_prefix(':'));
    let mut data = STANDARD.decode(field("data")?).ok()?;
    let iv = STANDARD.decode(field("iv")?).ok()?;
    let tag = STANDARD.decode(field("tag")?).ok()?;
    if iv.len() != 32 || tag.len() != 16 {
        return None;
    }
    let cipher = Cipher::new(key.into());
    cipher.decrypt_in_place_detached(Nonce::from_slice(&iv), aad.as_bytes(), &mut data, Tag::from_slice(&tag)).ok()?;
    let plain = String::from_utf8(data).ok()?;
    Some(match field("type")? {
        "int" => Doc::Number(Number::Int(plain.parse().ok()?)),
        "float" => Doc::Number(Number::from(plain.parse::<f64>().ok()?)),
        "bool" => Doc::Bool(plain.eq_ignore_ascii_case("true")),
        _ => Doc::String(plain),
    })
}

/// Encrypts a scalar; null and the empty text stay as they are.
pub(super) fn seal<R: RngCore + CryptoRng>(plain: Doc, key: &DataKey, aad: &str, rng: &mut R) -> Doc {
    let kind = match &plain {
        Doc::String(text) if !text.is_empty() => "str",
        Doc::Number(Number::Int(_)) => "int",
        Doc::Number(Number::Float(_)) => "float",
        Doc::Bool(_) => "bool",
        _ => return plain,
    };
    let mut data = mac_bytes(&plain).into_bytes();
    let mut iv = [0; 32];
    rng.fill_bytes(&mut iv);
    let cipher = Cipher::new(key.into());
    // Encryption only fails beyond 64 GiB; such a value is left out rather than written in clear.
    let Ok(tag) = cipher.encrypt_in_place_detached(Nonce::from_slice(&iv), aad.as_bytes(), &mut data) else {
        return Doc::Null;
    };
    let (data, iv, tag) = (STANDARD.encode(data), STANDARD.encode(iv), STANDARD.encode(tag));
    Doc::String(format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:{kind}]"))
}

/// A scalar as it enters the MAC; SOPS spells bools as Python does.
pub(super) fn mac_bytes(scalar: &Doc) -> String {
    match scalar {
        Doc::Bool(true) => "True".to_owned(),
        Doc::Bool(false) => "False".to_owned(),
        Doc::Number(n) => n.to_string(),
        Doc::String(s) => s.clone(),
        Doc::Null | Doc::List(_) | Doc::Map(_) => String::new(),
    }
}
