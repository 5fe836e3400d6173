//! Drawing a bundle.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use fluxlift_core::{Secret, Timestamp};
use rand::{CryptoRng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::{Certificates, SecretsBundle, SecretsError};
use crate::config::Contract;
use crate::pki::{PkiError, PrivateKey, authority, service_account_key};

/// What tokens are made of.
const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl SecretsBundle {
    /// Draws everything anew, for clusters of `contract`, valid from `now`.
    ///
    /// The RSA key is begun first, on a thread of its own; the same random numbers give the same bundle.
    ///
    /// # Errors
    /// When a certificate cannot be made.
    pub async fn draw(
        contract: Contract,
        now: Timestamp,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, SecretsError> {
        let mut seed = [0_u8; 32];
        rng.fill_bytes(&mut seed);
        let service_account =
            tokio::task::spawn_blocking(move || service_account_key(&mut ChaCha20Rng::from_seed(seed)));
        let rest = Self::all_but_the_service_account(contract, now, rng)?;
        let key = service_account.await.map_err(|_| SecretsError::Interrupted)??;
        Ok(Self { certs: Certificates { k8s_service_account: key, ..rest.certs }, ..rest })
    }

    fn all_but_the_service_account(
        contract: Contract,
        now: Timestamp,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, PkiError> {
        let os = PrivateKey::ed25519(rng);
        let [etcd, k8s, aggregator] = [(); 3].map(|()| PrivateKey::p256(rng));
        Ok(Self {
            cluster_id: if contract.has_standard_cluster_id() { STANDARD } else { URL_SAFE }.encode(bytes(rng)),
            cluster_secret: Secret::new(STANDARD.encode(bytes(rng))),
            bootstrap_token: token(rng),
            secretbox_encryption_secret: Secret::new(STANDARD.encode(bytes(rng))),
            trustd_token: token(rng),
            certs: Certificates {
                etcd: authority(&etcd, Some("etcd"), now, rng)?,
                k8s: authority(&k8s, Some("kubernetes"), now, rng)?,
                k8s_aggregator: authority(&aggregator, None, now, rng)?,
                k8s_service_account: Secret::default(),
                os: authority(&os, Some("talos"), now, rng)?,
            },
        })
    }
}

fn bytes(rng: &mut impl RngCore) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A token of six characters, a dot and sixteen. Bytes that would favour the first characters are thrown away.
fn token(rng: &mut impl RngCore) -> Secret<String> {
    let fair = u8::MAX - u8::MAX % 36;
    let mut text = String::with_capacity(23);
    while text.len() < 23 {
        if text.len() == 6 {
            text.push('.');
        }
        let mut byte = [0];
        rng.fill_bytes(&mut byte);
        if byte[0] < fair {
            text.push(char::from(ALPHABET[usize::from(byte[0] % 36)]));
        }
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn tokens_favour_no_character() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let mut seen: BTreeMap<char, u32> = BTreeMap::new();
        for _ in 0..4000 {
            let token = token(&mut rng);
            let (first, second) = token.expose().split_once('.').unwrap();
            assert_eq!((first.len(), second.len()), (6, 16));
            token.expose().chars().filter(|c| *c != '.').for_each(|c| *seen.entry(c).or_default() += 1);
        }
        assert_eq!(seen.len(), 36);
        // 88,000 characters: 2,444 each. With `byte % 36` the first four would come 2,750 times.
        assert!(seen.values().all(|n| (2250..2640).contains(n)), "{seen:?}");
    }

    #[test]
    fn the_same_random_numbers_give_the_same_bundle() {
        let draw = |seed| {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            SecretsBundle::all_but_the_service_account(Contract::V1_12, Timestamp::UNIX_EPOCH, &mut rng).unwrap()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
